import { describe, expect, it } from "vitest";
import type { OverflowMessage } from "../index.js";
import type { Entry } from "./journal/entry.js";
import type { Journal } from "./journal/journal.js";
import { KeptMessages } from "./kept-messages.js";

const message = (payload: string): OverflowMessage => ({
  subject: "s",
  reply: "",
  headers: undefined,
  payload: Buffer.from(payload),
  bytes: 20,
});
const entry = (payload: string): Entry => ({
  subject: "s",
  reply: "",
  headers: undefined,
  payload: Buffer.from(payload),
  at: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  messageId: "",
});

/** What ends up in front of what the journal holds, and what behind. */
function given(kept: string, open: string, isFree = true): { front: string; back: string } {
  const messages = new KeptMessages();
  for (const one of kept) messages.add(message(one), true);
  const places = { front: "", back: "" };
  const note = (place: "front" | "back") => (one: OverflowMessage) => {
    places[place] += Buffer.from(one.payload as Uint8Array).toString();
    return true;
  };
  const journal = { keep: note("front"), take: note("back") } as unknown as Journal;
  expect(messages.giveTo(journal, [...open].map(entry), isFree)).toBe(0);
  return places;
}

describe("what a connection hands back", () => {
  it("goes in front, without what the outbox has itself, and behind that if it is newer", () => {
    expect(given("abc", "")).toEqual({ front: "abc", back: "" });
    expect(given("abXYcd", "XY")).toEqual({ front: "ab", back: "cd" });
    expect(given("abXYcd", "XY", false)).toEqual({ front: "abcd", back: "" });
    expect(given("XcY", "XY")).toEqual({ front: "", back: "c" });
  });

  it("may lack the first of what the outbox has published", () => {
    expect(given("Ycd", "WXY")).toEqual({ front: "", back: "cd" });
    expect(given("ab", "WXY")).toEqual({ front: "ab", back: "" });
  });

  it("is counted, when it is all alike", () => {
    expect(given("xxxx", "xx")).toEqual({ front: "xx", back: "" });
  });

  it("is copied, and told of when there is no room", () => {
    const messages = new KeptMessages();
    const payload = Buffer.from("old");
    messages.add({ ...message(""), payload }, false);
    payload.write("new");
    const seen: string[] = [];
    const journal = {
      keep: (one: OverflowMessage) => {
        seen.push(String(one.payload && Buffer.from(one.payload as Uint8Array)));
        return false;
      },
    } as unknown as Journal;
    expect(messages.bytes).toBe(20);
    expect(messages.giveTo(journal, [], true)).toBe(1);
    expect(seen).toEqual(["old"]);
    expect(messages.bytes).toBe(0);
  });
});
