import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError } from "../errors.js";
import type { Msg } from "../interop/nats-core.js";
import { systemClock } from "../io/clock.js";
import { subscriptionWorld } from "../testing/worlds/subscription-world.js";
import { Kind } from "../wire/frame.js";
import { isPull, Pulls } from "./pulls.js";
import type { SubscriptionOptions } from "./subscription-options.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const PULL = "$JS.API.CONSUMER.MSG.NEXT.s.c";
const EXPIRED = "408 Nats-Pending-Messages: 100, Nats-Pending-Bytes: 0";
const ASK = JSON.stringify({ batch: 100, expires: 30e9 });

/** An inbox `a.b`, and what it gets; a connection and an engine that the test plays. */
function world(options: SubscriptionOptions = {}) {
  const got: string[] = [];
  const callback = (_: unknown, msg: Msg) => {
    const { headers } = msg;
    if (headers === undefined) return got.push(msg.string());
    const fields = [...headers].map(([name, values]) => `${name}: ${values}`);
    return got.push([headers.code, fields.join(", ")].join(" ").trim());
  };
  const inbox = subscriptionWorld({ callback, ...options });
  const { entry } = inbox;
  const session = { connected: true };
  const listeners = new Map<string, () => void>();
  /** The advisories that are subscribed to, and where they go. */
  const advisories = new Map<string, MessageSink>();
  const engine = {
    session,
    intake: { subjects: { get: (subject: string) => ({ kind: subject === PULL ? Kind.Pull : Kind.Data }) } },
    subscriptions: { find: (subject: string) => (subject === entry.subject ? entry : undefined) },
    subscribe: (subject: string, _queue: undefined, _max: undefined, sink: MessageSink) => {
      advisories.set(subject, sink);
      return { ...entry, subject, sink };
    },
    drainSubscription: ({ subject, sink }: SubscriptionEntry) => {
      advisories.delete(subject);
      sink.onEnd(undefined);
    },
  };
  const on = (event: string, listener: () => void) => listeners.set(event, listener);
  const pulls = new Pulls({ clock: systemClock, on }, engine);
  return {
    ...inbox,
    got,
    advisories,
    engine,
    pulls,
    pull: (payload: string | Uint8Array = ASK) => pulls.published(PULL, entry.subject, payload),
    lose: () => {
      session.connected = false;
      listeners.get("disconnect")?.();
    },
    reconnect: () => {
      session.connected = true;
      listeners.get("reconnect")?.();
    },
    status: (line: string) => {
      const buf = Buffer.from(`a.bNATS/1.0 ${line}\r\n\r\n`);
      entry.received++;
      inbox.subscription.onMessage(buf, 0, 3, 3, 3, 3, buf.length, buf.length);
    },
    elected: (of = "CONSUMER.LEADER_ELECTED.s.c") => {
      advisories.get(`$JS.EVENT.ADVISORY.${of}`)!.onMessage(Buffer.alloc(0), 0, 0, 0, 0, 0, 0, 0);
    },
  };
}

describe("a pull whose link is lost", () => {
  it("ends as an expired one when nobody has pulled anew half a second after the reconnect", () => {
    const { pull, lose, reconnect, got, check } = world();
    pull();
    lose();
    vi.advanceTimersByTime(60_000);
    reconnect();
    vi.advanceTimersByTime(499);
    expect(got).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(got).toEqual([EXPIRED]);
    check();
    vi.advanceTimersByTime(60_000);
    expect(got).toHaveLength(1);
  });

  it("does not when somebody has, but for a pull that was published in the outage, and never left", () => {
    const { pull, lose, reconnect, got } = world();
    pull();
    lose();
    reconnect();
    pull();
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual([]);
    lose();
    pull();
    reconnect();
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual([EXPIRED]);
  });

  it("waits for a link that stays", () => {
    const { pull, lose, reconnect, got } = world();
    pull();
    lose();
    reconnect();
    vi.advanceTimersByTime(400);
    lose();
    vi.advanceTimersByTime(400);
    expect(got).toEqual([]);
    reconnect();
    vi.advanceTimersByTime(500);
    expect(got).toEqual([EXPIRED]);
  });

  it("is told what the first pull asked for: later ones ask for what has come", () => {
    const { pull, lose, reconnect, got } = world();
    pull(JSON.stringify({ batch: 100, max_bytes: 4096 }));
    pull(JSON.stringify({ batch: 150 }));
    lose();
    reconnect();
    vi.advanceTimersByTime(500);
    expect(got).toEqual(["408 Nats-Pending-Messages: 100, Nats-Pending-Bytes: 4096"]);
  });

  it.each([
    ["a number", "7", 7],
    ["bytes", Buffer.from('{"batch":3}'), 3],
    ["nothing", "", 1],
    ["no number", '{"expires":1}', 1],
  ])("asks by %s", (_what, payload, batch) => {
    const { pull, lose, reconnect, got } = world();
    pull(payload);
    lose();
    reconnect();
    vi.advanceTimersByTime(500);
    expect(got).toEqual([`408 Nats-Pending-Messages: ${batch}, Nats-Pending-Bytes: 0`]);
  });

  it.each([
    ["does not wait", '{"batch":3,"no_wait":true}', {}],
    ["nobody understands", "{", {}],
    ["is null", "null", {}],
    ["goes to a subscription with a max", ASK, { max: 3 }],
  ])("is none of ours when it %s", (_what, payload, { max }: { max?: number }) => {
    const { pull, lose, reconnect, got, entry } = world();
    entry.max = max;
    pull(payload);
    lose();
    reconnect();
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual([]);
  });

  it("is forgotten with its inbox", async () => {
    const { pull, lose, reconnect, got, subscription } = world();
    pull();
    subscription.onEnd(undefined);
    await subscription.closed;
    lose();
    reconnect();
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a pull that nobody takes", () => {
  it("ends after a growing pause, within 30 s of a reconnect", () => {
    const { pull, lose, reconnect, status, got } = world();
    pull();
    lose();
    reconnect();
    pull();
    const since = performance.now();
    const times: number[] = [];
    for (let i = 1; i <= 6; i++) {
      status("503");
      while (got.length < i) vi.advanceTimersByTime(50);
      times.push(performance.now() - since);
    }
    expect(times).toEqual([100, 300, 700, 1500, 2500, 3500]);
    expect(new Set(got)).toEqual(new Set([EXPIRED]));
  });

  it("is nothing any more when its inbox has ended, or is being drained, in the pause", async () => {
    const { pull, lose, reconnect, status, got, subscription, entry } = world();
    pull();
    lose();
    reconnect();
    status("503");
    entry.draining = true;
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual([]);
    status("503");
    subscription.onEnd(undefined);
    await subscription.closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is told at once when no link was lost", () => {
    const { pull, status, got } = world();
    pull();
    status("503");
    expect(got).toEqual(["503"]);
  });

  it("is told 30 s after the reconnect", () => {
    const { pull, lose, reconnect, status, got } = world();
    pull();
    lose();
    reconnect();
    pull();
    vi.advanceTimersByTime(30_000);
    status("503");
    expect(got).toEqual(["503"]);
  });
});

describe("a pull whose leader goes", () => {
  it.each(["409 Leadership Change", "409 Server Shutdown"])("ends once more after %s", (line) => {
    const { pull, status, got } = world();
    pull();
    status(line);
    expect(got).toEqual(["409"]);
    vi.advanceTimersByTime(100);
    expect(got).toEqual(["409", "408 Nats-Pending-Messages: 0, Nats-Pending-Bytes: 0"]);
    status("503");
    expect(got).toHaveLength(2);
  });

  it("stays as it is after another 409", () => {
    const { pull, status, got } = world();
    pull();
    status("409 Consumer Deleted");
    vi.advanceTimersByTime(60_000);
    expect(got).toEqual(["409"]);
  });

  it.each(["CONSUMER.LEADER_ELECTED.s.c", "STREAM.LEADER_ELECTED.s"])("ends on %s", (advisory) => {
    const { pull, elected, got, advisories } = world();
    pull();
    vi.advanceTimersByTime(999);
    expect(advisories.size).toBe(0);
    vi.advanceTimersByTime(1);
    elected(advisory);
    vi.advanceTimersByTime(100);
    expect(got).toEqual([EXPIRED]);
  });

  it("is not heard of when the inbox has ended, nor by those who may not", async () => {
    const { pull, advisories, subscription } = world();
    pull();
    vi.advanceTimersByTime(1_000);
    expect(advisories.size).toBe(2);
    subscription.onEnd(undefined);
    await subscription.closed;
    expect(advisories.size).toBe(0);

    const other = world();
    other.pull();
    vi.advanceTimersByTime(1_000);
    const denied = new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "subscription" });
    for (const sink of [...other.advisories.values()]) sink.onEnd(denied);
    other.advisories.clear();
    other.pulls.published("$JS.API.CONSUMER.MSG.NEXT.s.d", "a.b", ASK);
    vi.advanceTimersByTime(1_000);
    expect(other.advisories.size).toBe(0);
  });
});

describe("an inbox that pulls from another consumer", () => {
  const other = "$JS.API.CONSUMER.MSG.NEXT.s.c_2";

  it("does not wait for what the old one was asked for", () => {
    const { pull, entry, got, advisories, pulls } = world();
    pull();
    vi.advanceTimersByTime(1_000);
    entry.subject = "a.c";
    pulls.published(other, "a.c", JSON.stringify({ batch: 40 }));
    vi.advanceTimersByTime(100);
    expect(got).toEqual(["408 Nats-Pending-Messages: 60, Nats-Pending-Bytes: 0"]);
    vi.advanceTimersByTime(1_000);
    expect([...advisories.keys()]).toEqual([
      "$JS.EVENT.ADVISORY.CONSUMER.LEADER_ELECTED.s.c_2",
      "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.s",
    ]);
  });

  it("does not when something smaller is about to be told", () => {
    const { pull, got, pulls, status } = world();
    pull();
    status("409 Leadership Change");
    pulls.published(other, "a.b", JSON.stringify({ batch: 0 }));
    status("409 Leadership Change");
    vi.advanceTimersByTime(1_000);
    expect(got).toEqual(["409", "409", "408 Nats-Pending-Messages: 99, Nats-Pending-Bytes: 0"]);
  });
});

it("only pulls are pulls, and messages come as they are", () => {
  const { engine, pull, deliver, got } = world();
  expect([isPull(engine, PULL), isPull(engine, "a")]).toEqual([true, false]);
  pull();
  deliver("1", "2");
  expect(got).toEqual(["1", "2"]);
});
