import { describe, expect, it } from "vitest";
import type { ClientConnection } from "./client-connection.js";
import { covers } from "./subject.js";
import { Sublist, type Subscription } from "./sublist.js";

let serials = 0;
function sub(subject: string, clientId = 1, queue?: string): Subscription {
  const client = { id: clientId } as ClientConnection;
  const serial = ++serials;
  return {
    ...{ client, sid: String(serial), subject, queue, serial },
    ...{ max: undefined, delivered: 0, ended: false, filtered: false },
  };
}

const PATTERNS = [
  "a",
  "a.b",
  "a.*",
  "*.b",
  "a.>",
  ">",
  "*",
  "*.*",
  "a.*.c",
  "*.>",
  "b.>",
  "a.b.c",
  "a.b.*.d",
];
const SUBJECTS = ["a", "b", "a.b", "a.c", "b.b", "a.b.c", "a.x.c", "a.b.c.d", "x.y.z", "a.>", "a.*"];

describe("a sublist", () => {
  it("finds exactly the subscriptions that cover a subject", () => {
    const list = new Sublist();
    const subs = PATTERNS.map((pattern) => sub(pattern));
    for (const one of subs) list.insert(one);
    for (const subject of SUBJECTS) {
      const expected = PATTERNS.filter((pattern) => covers(pattern, subject));
      // Twice: from the trie, and from the cache.
      for (const _ of [1, 2]) {
        expect(list.match(subject).plain.map((one) => one.subject)).toEqual(expected);
      }
    }
  });

  it("forgets what is removed, and what it had found before", () => {
    const list = new Sublist();
    const [kept, gone] = [sub("a.*"), sub("a.>")];
    list.insert(kept);
    list.insert(gone);
    expect(list.match("a.b").plain).toEqual([kept, gone]);
    list.remove(gone);
    expect(gone.ended).toBe(true);
    expect(list.match("a.b").plain).toEqual([kept]);
    expect(list.size).toBe(1);
    list.remove(gone);
    expect(list.size).toBe(1);
  });

  it("gives the oldest connection's first, and queue groups apart", () => {
    const list = new Sublist();
    const [late, early] = [sub("a", 2), sub("a", 1)];
    const members = [sub("a", 1, "q"), sub("*", 2, "q")];
    for (const one of [late, early, ...members]) list.insert(one);
    const { plain, groups } = list.match("a");
    expect(plain).toEqual([early, late]);
    expect([...groups]).toEqual([["q", members]]);
  });

  it("gives nobody a subject with an empty token", () => {
    const list = new Sublist();
    list.insert(sub(">"));
    for (const subject of ["", ".", "a.", ".a", "a..b"]) expect(list.match(subject).plain).toEqual([]);
  });

  it("remembers a bounded number of subjects", () => {
    const list = new Sublist();
    list.insert(sub("a.*"));
    for (let i = 0; i < 5000; i++) list.match(`a.${i}`);
    expect(list.remembered).toBeLessThanOrEqual(1024);
  });
});
