import { describe, expect, it } from "vitest";
import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError } from "../errors.js";
import { Elections } from "./elections.js";

const CONSUMER = "$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.s.c";
const STREAM = "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.s";

function world() {
  const sinks = new Map<string, MessageSink>();
  const elections = new Elections({
    subscribe: (subject, _queue, _max, sink) => {
      if (sinks.has(subject)) throw new Error(`${subject} twice`);
      sinks.set(subject, sink);
      return { subject, sink } as SubscriptionEntry;
    },
    unsubscribe: ({ subject, sink }) => {
      sinks.delete(subject);
      sink.onEnd(undefined);
    },
  });
  const tell = (subject: string) => sinks.get(subject)?.onMessage(Buffer.alloc(0), 0, 0, 0, 0, 0, 0, 0);
  return { elections, sinks, tell, subjects: () => [...sinks.keys()] };
}

describe("elections", () => {
  it("of a consumer and of its stream are told to all who watch it", () => {
    const { elections, tell } = world();
    const told: string[] = [];
    elections.watch("s.c", () => told.push("a"));
    elections.watch("s.c", () => told.push("b"));
    elections.watch("s.d", () => told.push("d"));
    tell(CONSUMER);
    expect(told.splice(0)).toEqual(["a", "b"]);
    tell(STREAM);
    expect(told).toEqual(["a", "b", "d"]);
  });

  it("are subscribed to as long as somebody watches", () => {
    const { elections, tell, subjects } = world();
    const told: string[] = [];
    const stop = [elections.watch("s.c", () => told.push("a")), elections.watch("s.c", () => told.push("b"))];
    stop[0]();
    stop[0]();
    tell(CONSUMER);
    expect(told).toEqual(["b"]);
    expect(subjects()).toEqual([CONSUMER, STREAM]);
    stop[1]();
    expect(subjects()).toEqual([]);
    elections.watch("s.c", () => {});
    expect(subjects()).toEqual([CONSUMER, STREAM]);
    stop[1]();
    expect(subjects()).toEqual([CONSUMER, STREAM]);
  });

  it("may be left in the middle of one", () => {
    const { elections, tell, subjects } = world();
    const stop = elections.watch("s.c", () => stop());
    tell(CONSUMER);
    expect(subjects()).toEqual([]);
  });

  it("are not asked for again where they may not be heard", () => {
    const { elections, sinks, subjects } = world();
    const stop = elections.watch("s.c", () => {});
    const sink = sinks.get(CONSUMER)!;
    sinks.clear();
    sink.onEnd(new CodedError("PERMISSIONS_VIOLATION", "no"));
    elections.watch("s.d", () => {})();
    expect(subjects()).toEqual([]);
    stop();
  });
});

describe("a refusal", () => {
  const violation = (operation: "publish" | "subscription", subject: string) =>
    new CodedError("PERMISSIONS_VIOLATION", "no", { operation, subject });

  it.each([
    ["ours", violation("subscription", CONSUMER), true],
    ["ours, of a stream", violation("subscription", STREAM), true],
    ["the application's", violation("subscription", "$JS.EVENT.ADVISORY.>"), false],
    ["a publish", violation("publish", CONSUMER), false],
    ["another error", new CodedError("TIMEOUT", "no", { subject: CONSUMER }), false],
    ["none", new Error(CONSUMER), false],
  ])("is %s", (_what, error, expected) => {
    expect(Elections.isOwn(error)).toBe(expected);
  });
});
