import { describe, expect, it } from "vitest";
import { type Arrival, type Content, certainTwins, isSecond, Twins } from "./twins.js";

/** A message as it is remembered. */
function arrival(subject: string, payload: string, { sid = 1, reply = "", headers = "" } = {}): Arrival {
  const bytes = Buffer.from(subject + reply + headers + payload);
  const replyEnd = subject.length + reply.length;
  return {
    sid,
    bytes,
    subjectEnd: subject.length,
    reply: subject.length,
    replyEnd,
    start: replyEnd,
    body: replyEnd + headers.length,
  };
}

/** What it has of messages whose hashes are the same. */
const buckets = (twins: Twins) => Reflect.get(twins, "contents").values() as Iterable<Content[]>;

const content = (counts: Partial<Content>): Content => ({
  sample: arrival("s", ""),
  early: 0,
  earlySince: Number.POSITIVE_INFINITY,
  proven: 0,
  beside: 0,
  late: 0,
  removed: 0,
  ...counts,
});

describe("two messages", () => {
  it("are the same by subscription, subject, reply, headers and payload", () => {
    const twins = new Twins("");
    const first = twins.old(arrival("s", "x", { reply: "r", headers: "h" }), true, 0);
    expect(twins.fresh(arrival("s", "x", { reply: "r", headers: "h" }), false)).toBe(first);
  });

  it.each<[string, Arrival]>([
    ["subscription", arrival("s", "x", { sid: 2, reply: "r", headers: "h" })],
    ["subject", arrival("t", "x", { reply: "r", headers: "h" })],
    ["reply", arrival("s", "x", { reply: "q", headers: "h" })],
    ["headers", arrival("s", "x", { reply: "r", headers: "i" })],
    ["payload", arrival("s", "y", { reply: "r", headers: "h" })],
    ["border of subject and reply", arrival("sr", "x", { headers: "h" })],
    ["border of headers and payload", arrival("s", "hx", { reply: "r" })],
    ["length", arrival("s", "xx", { reply: "r", headers: "h" })],
  ])("with another %s are not", (_, other) => {
    const twins = new Twins("");
    const first = twins.old(arrival("s", "x", { reply: "r", headers: "h" }), true, 0);
    expect(twins.fresh(other, false)).not.toBe(first);
  });

  it("are told apart although their hashes are the same; which are depends on the secret", () => {
    const twins = new Twins("a");
    // Among so many there are some with the same 32 bits, whatever the hash.
    let taken = 0;
    for (let i = 0; i < 200_000; i++)
      taken = Math.max(taken, twins.old(arrival("s", `${i}`), false, 0).early);
    expect(taken).toBe(1);
    const crowds = [...buckets(twins)].filter(({ length }) => length > 1);
    expect(crowds.length).toBeGreaterThan(0);
    const others = Array.from({ length: 100 }, (_, i) => new Twins(`${i}`));
    const still = crowds.map((crowd) =>
      others.filter((other) => {
        for (const { sample } of crowd) other.old(sample, false, 0);
        return [...buckets(other)].some(({ length }) => length > 1);
      }),
    );
    expect(still.flat()).toEqual([]);
  });

  it("are no twins any more where too many have the same hash: looking through them would take too long", () => {
    const twins = new Twins("");
    const bucket: Content[] = [];
    Object.assign(twins, { contents: { get: () => bucket } });
    for (let i = 0; i < 20; i++) twins.old(arrival("s", `${i}`), true, 0);
    expect(bucket).toHaveLength(16);
    expect([0, 19].map((i) => twins.trails(arrival("s", `${i}`), false))).toEqual([true, false]);
  });

  it("are counted, each of them, and their bytes once", () => {
    const twins = new Twins("");
    twins.old(arrival("s", "xyz"), false, 0);
    twins.fresh(arrival("s", "xyz"), false);
    expect([twins.size, twins.bytes]).toEqual([2, 4]);
  });
});

describe("of messages that nobody can tell apart", () => {
  it.each<[string, Partial<Content>, number]>([
    ["one by each link, after the proof", { proven: 1, beside: 1 }, 1],
    ["one by the old link before the proof, one by the new", { early: 1, beside: 1 }, 1],
    ["one by the old link before the proof, one by the new when the old was left", { early: 1, late: 1 }, 0],
    ["one proven by the old link, one by the new when the old was left", { proven: 1, late: 1 }, 1],
    ["three by the new link beside one by the old", { proven: 1, beside: 3 }, 1],
    ["three by the old link beside one by the new", { proven: 3, beside: 1 }, 1],
    ["two early ones, one beside and one late: only what must be", { early: 2, beside: 1, late: 1 }, 1],
    ["one of each: the proven one may be the one beside", { early: 1, proven: 1, beside: 1, late: 1 }, 1],
    ["nothing by the old link", { beside: 2, late: 1 }, 0],
    ["nothing by the new link", { early: 1, proven: 2 }, 0],
  ])("as many are twins as must be: %s", (_, counts, expected) => {
    expect(certainTwins(content(counts))).toBe(expected);
  });
});

describe("behind the end of the old link", () => {
  it("what that had brought, and the new one had to, is a twin, as often as it had", () => {
    const twins = new Twins("");
    twins.old(arrival("s", "x"), true, 0);
    twins.old(arrival("s", "x"), false, 0);
    const trails = () => twins.trails(arrival("s", "x"), false);
    expect([trails(), trails()]).toEqual([true, false]);
  });

  it("so is, for a subscription that both links have had from its beginning, all that it had brought", () => {
    const twins = new Twins("");
    twins.old(arrival("s", "x"), false, 0);
    expect([twins.trails(arrival("s", "x"), true), twins.trails(arrival("s", "x"), true)]).toEqual([
      true,
      false,
    ]);
  });

  it("nothing else is, and what was delivered once is not removed twice", () => {
    const twins = new Twins("");
    const first = twins.old(arrival("s", "x"), true, 0);
    first.removed++;
    expect(twins.trails(arrival("s", "x"), false)).toBe(false);
    expect(twins.trails(arrival("s", "y"), false)).toBe(false);
  });
});

describe("first come, first delivered", () => {
  it("the second of a pair is the one by the link that has brought fewer", () => {
    const twins = new Twins("");
    const first = twins.fresh(arrival("s", "x"), false);
    expect(isSecond(first, "fresh")).toBe(false);
    twins.old(arrival("s", "x"), false, 0);
    expect(isSecond(first, "old")).toBe(true);
  });
});

describe("from when on the new link gets what the old one brings", () => {
  it("may be known later: what has come since then has a twin", () => {
    const twins = new Twins("");
    const [before, since, both] = ["x", "y", "z"].map((text, i) =>
      twins.old(arrival("s", text), false, 10 * i),
    );
    twins.old(arrival("s", "z"), false, 5);
    twins.proven(10);
    expect(before).toMatchObject({ early: 1, proven: 0 });
    expect(since).toMatchObject({ early: 0, proven: 1 });
    // Some of these may be older.
    expect(both).toMatchObject({ early: 2, proven: 0 });
  });
});
