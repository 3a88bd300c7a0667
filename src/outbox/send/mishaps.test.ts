import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../index.js";
import type { Entry } from "../journal/entry.js";
import { Mishaps, MOST_TOLD } from "./mishaps.js";

const entry = (subject: string, rest: Partial<Entry> = {}): Entry => ({
  subject,
  reply: "",
  headers: undefined,
  payload: Buffer.from("12345"),
  at: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  messageId: "",
  ...rest,
});
const shortLived = (subject: string) => entry(subject, { expiresAt: 1 });

let events: EventEmitter;
let traffic: { busy: boolean; entries: Entry[] };
let mishaps: Mishaps;
beforeEach(() => {
  events = new EventEmitter();
  traffic = { busy: true, entries: [] };
  mishaps = new Mishaps(events as unknown as Connection, traffic);
});

function refuse(subject: string, reply?: string): void {
  const error = new Error(`Permissions Violation for Publish to "${subject}"`);
  events.emit(
    "error",
    Object.assign(error, { code: "PERMISSIONS_VIOLATION", operation: "publish", subject, reply }),
  );
}
function lose(reason: string, ...subjects: string[]): void {
  events.emit(
    "messageLost",
    subjects.map((subject) => ({ subject, size: 5, reason })),
  );
}

describe("what is told of messages", () => {
  it("is about those that were on the way, by subject, reply subject, or size", () => {
    refuse("old");
    const { mark } = mishaps;
    refuse("a");
    refuse("a", "answers");
    lose("max-payload", "b");
    expect(mishaps.of(entry("old"), mark)).toBeUndefined();
    expect(mishaps.of(entry("a"), mark)).toMatchObject({ kind: "refused", code: "PERMISSIONS_VIOLATION" });
    expect(mishaps.of(entry("c", { reply: "answers" }), mark)).toMatchObject({ kind: "refused" });
    expect(mishaps.of(entry("b"), mark)).toMatchObject({
      code: "MESSAGE_DROPPED",
      reason: expect.stringContaining("max_payload"),
    });
    expect(mishaps.of(entry("b", { payload: Buffer.alloc(4) }), mark)).toBeUndefined();
    lose("kept", "d");
    expect(mishaps.of(entry("d"), mark)).toBeUndefined();
  });

  it("takes all that are alike for refused, and as many for expired as have", () => {
    refuse("a");
    lose("ttl", "b", "b");
    const kinds = (subject: string) => [1, 2, 3].map(() => mishaps.of(shortLived(subject), 0)?.kind);
    expect(kinds("a")).toEqual(["refused", "refused", "refused"]);
    expect(kinds("b")).toEqual(["expired", "expired", undefined]);
  });

  it("takes for expired the one that has, whatever is like it", () => {
    const payloads = ["12345", "abcde", "abcde", "fghij"].map((text) => Buffer.from(text));
    const [arrived, gone, alike, other] = payloads.map((payload) => entry("a", { expiresAt: 1, payload }));
    for (const data of [payloads[3], payloads[1]])
      events.emit("messageLost", [{ subject: "a", size: 5, reason: "ttl", data }]);
    const all = [arrived, gone, alike, other];
    expect(all.map((one) => mishaps.of(one, 0)?.kind)).toEqual([undefined, "expired", undefined, "expired"]);
  });

  it("says nothing of the time of a message that has all the time, or that came later", () => {
    lose("ttl", "a");
    const { mark } = mishaps;
    lose("ttl", "a");
    expect(mishaps.of(entry("a"), 0)).toBeUndefined();
    expect(mishaps.of(shortLived("a"), mark)).toMatchObject({ kind: "expired" });
    expect(mishaps.of(shortLived("a"), mark)).toBeUndefined();
  });

  it("is not remembered while nothing is on the way", () => {
    traffic.busy = false;
    for (let i = 0; i < 100; i++) {
      refuse(`s.${i}`);
      lose("ttl", `s.${i}`);
    }
    expect(mishaps.remembered).toBe(0);
    traffic.busy = true;
    refuse("a");
    expect(mishaps.remembered).toBe(1);
    mishaps.clear();
    expect(mishaps.remembered).toBe(0);
    expect(mishaps.of(entry("a"), 0)).toBeUndefined();
  });

  it("is bounded by what is on the way, whatever others have refused or lost", () => {
    const own = Array.from({ length: 100 }, (_, i) => shortLived(`own.${i}`));
    traffic.entries = own;
    for (const { subject } of own.slice(50)) refuse(subject);
    for (const { subject } of own.slice(0, 50)) lose("ttl", subject);
    for (let i = 0; i < 5 * MOST_TOLD; i++) {
      refuse(`other.${i}`);
      lose("ttl", "other", "own.0");
    }
    expect(mishaps.remembered).toBeLessThanOrEqual(MOST_TOLD);
    expect(own.map((one) => mishaps.of(one, 0)?.kind)).toEqual(
      own.map((_, i) => (i < 50 ? "expired" : "refused")),
    );
  });

  it("is not listened to after the end", () => {
    mishaps.end();
    expect(events.listenerCount("error") + events.listenerCount("messageLost")).toBe(0);
  });
});
