import { describe, expect, it } from "vitest";
import type { OverflowMessage } from "../index.js";
import type { Batch, Entry } from "./journal/entry.js";
import { KeptMessages } from "./kept-messages.js";
import type { Portion } from "./send/sender.js";

const ROOM = 1024 ** 2;

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
const textOf = (payload: Uint8Array | string): string => Buffer.from(payload as Uint8Array).toString();

/** A batch of one-letter entries. */
function portion(letters: string, id: number): Portion {
  const batch: Batch = {
    id,
    recovered: false,
    stored: true,
    bytes: 0,
    entries: [...letters].map(entry),
  };
  return { batch, from: 0, to: letters.length };
}

/** What is sent after the end of a connection: its window, of which the outbox has published the batches `own`, and what it has not published yet. */
function sequence(window: string, own: readonly string[], unsent = "|"): string {
  const onTheWay = own.map(portion);
  const messages = new KeptMessages({ onTheWay });
  for (const letter of window) expect(messages.add(message(letter), true, ROOM)).toBe(true);
  let front = "";
  const behind = own.map(() => "");
  const keep = ({ payload }: OverflowMessage, _: boolean, batch?: Batch) => {
    const letter = textOf(payload);
    if (batch === undefined) front += letter;
    else behind[batch.id] += letter;
    return true;
  };
  expect(messages.giveTo({ keep })).toBe(0);
  return front + own.map((letters, i) => letters + behind[i]).join("") + unsent;
}

describe("what a connection hands back", () => {
  it("goes between the outbox's own messages as they were published, and before what waits", () => {
    expect(sequence("abc", [])).toBe("abc|");
    expect(sequence("abXYcd", ["XY"])).toBe("abXYcd|");
    expect(sequence("XcYdeZ", ["X", "Y", "Z"])).toBe("XcYdeZ|");
    expect(sequence("aWXbcYZd", ["WX", "YZ"])).toBe("aWXbcYZd|");
  });

  it("may lack the first of what the outbox has published, which a server may have confirmed", () => {
    expect(sequence("Ycd", ["WXY"])).toBe("WXYcd|");
    expect(sequence("cYd", ["WX", "Y"])).toBe("WXcYd|");
    expect(sequence("cd", ["WX", "Y"])).toBe("WXYcd|");
  });

  it("may lack others, which have expired, without the rest being taken for somebody else's", () => {
    expect(sequence("aWYb", ["WXY"])).toBe("aWXYb|");
    expect(sequence("aWXb", ["WXY"])).toBe("aWXYb|");
    expect(sequence("aWbZc", ["WX", "YZ"])).toBe("aWXbYZc|");
  });

  it("keeps its order and its number when messages are alike", () => {
    expect(sequence("xxxx", ["xx"])).toBe("xxxx|");
    expect(sequence("YWXY", ["WXY"])).toBe("YWXY|");
    expect(sequence("WXYY", ["WXY"])).toBe("WXYY|");
    expect(sequence("WYXqYX", ["WYX"])).toBe("WYXqYX|");
    expect(sequence("ababab", ["ab", "a"])).toBe("ababab|");
  });

  it("is copied", () => {
    const messages = new KeptMessages({ onTheWay: [] });
    const payload = Buffer.from("old");
    messages.add({ ...message(""), payload }, false, ROOM);
    payload.write("new");
    const seen: string[] = [];
    const keep = (one: OverflowMessage) => {
      seen.push(textOf(one.payload));
      return false;
    };
    expect(messages.giveTo({ keep })).toBe(1);
    expect(seen).toEqual(["old"]);
    expect(messages.giveTo({ keep })).toBe(0);
  });

  it("takes room, but for what the outbox has already", () => {
    const messages = new KeptMessages({ onTheWay: [portion("XYZ", 0)] });
    const kept = [..."aXYZbcd"].map((letter) => messages.add(message(letter), true, 1_100));
    expect(kept).toEqual([true, true, true, true, true, true, false]);
  });
});
