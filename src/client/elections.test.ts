import { describe, expect, it } from "vitest";
import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError } from "../errors.js";
import { Elections, type ElectionsEngine } from "./elections.js";

const CONSUMER = "$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.s.c";
const STREAM = "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.s";

function world() {
  const sinks = new Map<string, MessageSink>();
  const engine: ElectionsEngine = {
    subscribe: (subject, _queue, _max, sink) => {
      if (sinks.has(subject)) throw new Error(`${subject} twice`);
      sinks.set(subject, sink);
      return { subject, sink } as SubscriptionEntry;
    },
    drainSubscription: ({ subject, sink }) => {
      sinks.delete(subject);
      sink.onEnd(undefined);
    },
  };
  const elections = new Elections(engine, () => 0);
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

  it("are subscribed to anew while the old subscription has not ended yet", () => {
    const subscribed: { subject: string; sink: MessageSink }[] = [];
    const engine: ElectionsEngine = {
      subscribe: (subject, _queue, _max, sink) => {
        subscribed.push({ subject, sink });
        return { subject, sink } as SubscriptionEntry;
      },
      drainSubscription: () => {},
    };
    const elections = new Elections(engine, () => 0);
    elections.watch("s.c", () => {})();
    const stop = elections.watch("s.c", () => {});
    expect(subscribed.map(({ subject }) => subject)).toEqual([CONSUMER, STREAM, CONSUMER, STREAM]);
    subscribed[0].sink.onEnd(undefined);
    elections.watch("s.c", () => {});
    expect(subscribed).toHaveLength(4);
    stop();
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
  const violation = (subject: string) =>
    new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "subscription", subject });

  it("of what is subscribed to here is known, and no other of the same subject", () => {
    const { elections, sinks } = world();
    elections.watch("s.c", () => {});
    const [ours, theirs] = [violation(CONSUMER), violation(CONSUMER)];
    sinks.get(CONSUMER)!.onEnd(ours);
    expect([ours, theirs, new Error("none")].map(Elections.isOwn)).toEqual([true, false, false]);
  });
});
