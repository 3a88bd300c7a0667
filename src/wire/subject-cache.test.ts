import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { Kind } from "./frame.js";
import { kindOfPublish, kindOfRequest, SubjectCache } from "./subject-cache.js";

describe("the cache", () => {
  it("gives the encoded beginning of the frame, in UTF-8", () => {
    expect(Buffer.from(new SubjectCache().get("a.主").prefix).toString()).toBe("PUB a.主 ");
  });

  it("checks and encodes a subject once", () => {
    const cache = new SubjectCache();
    const first = cache.get("a");
    cache.get("b");
    expect(cache.get("a")).toBe(first);
    expect(cache.get("a")).toBe(first);
  });

  it("keeps no more memory than the beginning of the frame needs", () => {
    const { prefix } = new SubjectCache().get("a");
    expect(prefix.buffer.byteLength).toBe(prefix.length);
  });

  it("tells subjects apart in any order, repeated or not", () => {
    const cache = new SubjectCache(4);
    for (const subject of ["aa", "aa", "aa", "ab", "aa", "ab", "ab", "ab", "aa", "aa", "ac"]) {
      expect(cache.get(subject).subject).toBe(subject);
    }
  });

  it("hands over what was counted for each subject, once, and before it drops one", () => {
    const cache = new SubjectCache(2);
    const counts: [string, number][] = [];
    const visit = (subject: string, messages: number) => counts.push([subject, messages]);
    cache.onDrop = visit;
    cache.get("a").published += 3;
    cache.count(visit);
    cache.get("b").published++;
    cache.count(visit);
    cache.count(visit);
    expect(counts).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
    cache.get("a").published += 5;
    for (let i = 0; i < 100; i++) cache.get(`other.${i}`);
    expect(counts.at(-1)).toEqual(["a", 5]);
  });

  it("shows what it keeps, and does not end what is counted by that", () => {
    const cache = new SubjectCache(2);
    const kept = () => [...cache.kept()].map(({ subject }) => subject);
    expect(kept()).toEqual([]);
    cache.get("a").published++;
    expect(kept()).toEqual(["a"]);
    cache.get("b");
    cache.get("c");
    expect(kept()).toEqual(["a", "b"]);
    expect(cache.get("a").published).toBe(1);
  });

  it("refuses a bad subject every time, and stays as it was", () => {
    const cache = new SubjectCache();
    const good = cache.get("good");
    for (let i = 0; i < 3; i++) expect(() => cache.get("bad subject")).toThrow(CodedError);
    expect(cache.get("good")).toBe(good);
  });

  it("keeps what it has when it is full: others are encoded for their call", () => {
    const cache = new SubjectCache(4);
    const used = ["a", "b", "c", "d"].map((subject) => cache.get(subject));
    for (let i = 0; i < 8; i++) {
      expect(cache.get(`other.${i}`).subject).toBe(`other.${i}`);
      expect(["a", "b", "c", "d"].map((subject) => cache.get(subject))).toEqual(used);
      expect(cache.get("a")).toBe(used[0]);
    }
    const one = cache.get("other.0");
    cache.get("a");
    expect(cache.get("other.0")).not.toBe(one);
    expect(cache.get("other.0")).toEqual(one);
  });

  it("encodes one that finds no room once while it is repeated", () => {
    const cache = new SubjectCache(1);
    cache.get("a");
    const one = cache.get("b");
    for (let i = 0; i < 3; i++) expect(cache.get("b")).toBe(one);
  });

  it("refuses what is no string, also as the very first", () => {
    expect(() => new SubjectCache().get(undefined as unknown as string)).toThrow(CodedError);
  });

  it("begins anew when what it has is not used any more", () => {
    const cache = new SubjectCache(4);
    const old = ["a", "b", "c", "d"].map((subject) => cache.get(subject));
    for (let i = 0; i < 8 * 4; i++) cache.get(`other.${i}`);
    expect(cache.get("a")).toBe(old[0]);
    const fresh = cache.get("new");
    cache.get("newer");
    expect(cache.get("new")).toBe(fresh);
    expect(cache.get("a")).not.toBe(old[0]);
  });

  it("keeps no more than its capacity, however many come", () => {
    const cache = new SubjectCache(4);
    for (let i = 0; i < 1000; i++) {
      cache.get(`other.${i}`);
      expect((cache as unknown as { entries?: Map<string, unknown> }).entries?.size ?? 0).toBeLessThanOrEqual(
        4,
      );
    }
  });
});

describe("kinds of a publish", () => {
  it.each([
    ["orders.new", Kind.Data],
    ["$KV.bucket.key", Kind.Data],
    ["$SYS.REQ.SERVER.PING", Kind.Data],
    ["$JSX.API.INFO", Kind.Data],
    ["x.$JS.API.INFO", Kind.Data],
    ["$JS.API.INFO", Kind.Control],
    ["$JS.API.STREAM.CREATE.S", Kind.Control],
    ["$JS.hub.API.STREAM.CREATE.S", Kind.Control],
    ["$JS.API.CONSUMER.MSG.NEXT.S.C", Kind.Pull],
    ["$JS.hub.API.CONSUMER.MSG.NEXT.S.C", Kind.Pull],
    ["$JS.ACK.S.C.1.2.3.4.5", Kind.Control],
    ["$JS.ACK.hub.hash.S.C.1.2.3.4.5.x", Kind.Control],
    ["$JS.API.CONSUMER.CREATE.S.C.a.API.CONSUMER.MSG.NEXT.b", Kind.Control],
  ])("to %s", (subject, kind) => {
    expect(kindOfPublish(subject)).toBe(kind);
    expect(new SubjectCache().get(subject).kind).toBe(kind);
  });
});

describe("kinds of a request", () => {
  it.each([
    "INFO",
    "STREAM.INFO.S",
    "STREAM.NAMES",
    "STREAM.LIST",
    "CONSUMER.INFO.S.C",
    "CONSUMER.NAMES.S",
    "CONSUMER.LIST.S",
  ])("%s only reads, with and without a domain: it may be sent again", (call) => {
    expect(kindOfRequest(`$JS.API.${call}`)).toBe(Kind.SafeRequest);
    expect(kindOfRequest(`$JS.hub.API.${call}`)).toBe(Kind.SafeRequest);
    expect(new SubjectCache().get(`$JS.API.${call}`).requestKind).toBe(Kind.SafeRequest);
  });

  it.each([
    "orders.INFO",
    "x.API.INFO",
    "$JS.API.STREAM.CREATE.S",
    "$JS.API.STREAM.DELETE.INFO",
    "$JS.API.STREAM.PURGE.S",
    "$JS.API.STREAM.MSG.DELETE.S",
    "$JS.API.CONSUMER.CREATE.S.C",
    "$JS.API.CONSUMER.DURABLE.CREATE.S.C",
    "$JS.API.CONSUMER.MSG.NEXT.S.C",
    "$JS.API.STREAM.INFOX",
    "$JS.API.INFORM",
    "$JS.API.CONSUMER.CREATE.S.C.orders.API.INFO",
    "$JS.hub.API.CONSUMER.CREATE.S.C.x.API.STREAM.LIST",
  ])("%s does something: it is never silently sent twice", (subject) => {
    expect(kindOfRequest(subject)).toBe(Kind.Request);
  });
});
