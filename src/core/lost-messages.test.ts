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
    lost.keepData = true;
    lost.add(chunkOf("first", "second"), 1, "closed", false, 100);
    expect(Buffer.from(lost.take()![0].data!).toString()).toBe("second");
  });

  it("carry a copy: their chunk is used again at once", () => {
    const lost = new LostMessages();
    lost.keepData = true;
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
});
