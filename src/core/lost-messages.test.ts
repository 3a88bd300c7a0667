import { describe, expect, it } from "vitest";
import { Chunk } from "../wire/chunk.js";
import { encodePublish } from "../wire/encoder.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { LostMessages } from "./lost-messages.js";

const HEADERS = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");

function chunkOf(...payloads: string[]): Chunk {
  const chunk = new Chunk(1000, 10);
  const entry = new SubjectCache().get("a.b");
  for (const payload of payloads) encodePublish(chunk, Kind.Data, entry, "reply", HEADERS, payload);
  chunk.openedAt = 100;
  return chunk;
}

describe("lost messages", () => {
  it("are told in one batch, with subject, size, age, reason and whether they may have arrived", () => {
    const lost = new LostMessages();
    expect(lost.take()).toBeUndefined();
    const chunk = chunkOf("one", "second");
    lost.add(chunk, 0, "max-payload", false, 150);
    lost.add(chunk, 1, "closed", true, 160);
    expect(lost.take()).toEqual([
      { subject: "a.b", size: 21, age: 50, reason: "max-payload", maybeDelivered: false, data: undefined },
      { subject: "a.b", size: 24, age: 60, reason: "closed", maybeDelivered: true, data: undefined },
    ]);
    expect(lost.take()).toBeUndefined();
  });

  it("carry their payload, without the headers, when someone listens", () => {
    const lost = new LostMessages();
    lost.audience = { has: () => true };
    lost.add(chunkOf("first", "second"), 1, "closed", false, 100);
    expect(Buffer.from(lost.take()![0].data!).toString()).toBe("second");
  });

  it("carry a copy: their chunk is used again at once", () => {
    const lost = new LostMessages();
    lost.audience = { has: () => true };
    const chunk = chunkOf("first");
    lost.add(chunk, 0, "closed", false, 100);
    chunk.bytes.fill(0);
    expect(Buffer.from(lost.take()![0].data!).toString()).toBe("first");
  });

  it("are not those whose caller was told, or that are sent again", () => {
    const lost = new LostMessages();
    for (const reason of ["pull", "timeout", "unsent"] as const) lost.add(chunkOf("x"), 0, reason, false, 0);
    expect(lost.take()).toBeUndefined();
  });

  it("are never younger than nothing", () => {
    const lost = new LostMessages();
    lost.add(chunkOf("x"), 0, "closed", false, 50);
    expect(lost.take()![0].age).toBe(0);
  });

  it("that never were in a window are told like the others, with a copy of their payload", () => {
    const lost = new LostMessages();
    lost.audience = { has: () => true };
    const payload = Buffer.from("bytes");
    lost.addUnsent("a", HEADERS, payload, "drop-newest");
    payload.fill(0);
    lost.addUnsent("b", undefined, "text", "drop-newest");
    const [bytes, text] = lost.take()!;
    expect(bytes).toMatchObject({ subject: "a", size: HEADERS.length + 5, age: 0, reason: "drop-newest" });
    expect(Buffer.from(bytes.data!).toString()).toBe("bytes");
    expect(Buffer.from(text.data!).toString()).toBe("text");
    expect([bytes, text].map(({ maybeDelivered }) => maybeDelivered)).toEqual([false, false]);
    lost.audience = { has: () => false };
    lost.addUnsent("c", undefined, "text", "drop-newest");
    expect(lost.take()![0].data).toBeUndefined();
  });

  it("are told before the turn ends when they are many, or large", () => {
    const lost = new LostMessages();
    for (let i = 0; i < 9999; i++) lost.addUnsent("a", undefined, "", "drop-newest");
    expect(lost.crowded).toBe(false);
    lost.addUnsent("a", undefined, "", "drop-newest");
    expect(lost.crowded).toBe(true);
    lost.take();
    expect(lost.crowded).toBe(false);
    lost.audience = { has: () => true };
    for (let i = 0; i < 16; i++) lost.addUnsent("a", undefined, Buffer.alloc(1024 * 1024), "drop-newest");
    expect(lost.crowded).toBe(true);
    lost.take();
    expect(lost.crowded).toBe(false);
  });
});
