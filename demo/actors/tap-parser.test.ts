import { describe, expect, it } from "vitest";
import { PayloadMaker } from "../payload.js";
import { TapParser } from "./tap-parser.js";

function frame(sequence: number, sentAt: number, size = 32, subject = "demo.data"): Buffer {
  const payload = new PayloadMaker(size).make(sequence, sentAt);
  return Buffer.concat([Buffer.from(`MSG ${subject} 1 ${size}\r\n`), payload, Buffer.from("\r\n")]);
}

function hear(chunks: Buffer[]) {
  const heard = { sequences: [] as number[], lines: [] as string[], ends: [] as number[] };
  const parser = new TapParser({
    message: (sequence) => heard.sequences.push(sequence),
    chunkEnd: (sentAt) => heard.ends.push(sentAt),
    line: (text) => heard.lines.push(text),
  });
  const reused = Buffer.alloc(1 << 16);
  for (const chunk of chunks) {
    chunk.copy(reused);
    parser.feed(reused.subarray(0, chunk.length));
  }
  return heard;
}

const TALK = Buffer.concat([
  Buffer.from('INFO {"version":"2.15.1"}\r\nPONG\r\n'),
  frame(0, 1000.5),
  frame(1, 1001.5),
  Buffer.from("PING\r\n"),
  frame(70_000, 1002.5),
  frame(3_000_000_000, 1003.5),
]);

describe("the wiretap's parser", () => {
  it("reads messages and lines", () => {
    const heard = hear([TALK]);
    expect(heard.sequences).toEqual([0, 1, 70_000, 3_000_000_000]);
    expect(heard.lines).toEqual(['INFO {"version":"2.15.1"}', "PONG", "PING"]);
    expect(heard.ends.at(-1)).toBe(1003.5);
  });

  it("reads the same however the bytes are cut", () => {
    for (let cut = 1; cut < TALK.length; cut++) {
      const heard = hear([TALK.subarray(0, cut), TALK.subarray(cut)]);
      expect(heard.sequences).toEqual([0, 1, 70_000, 3_000_000_000]);
      expect(heard.lines).toHaveLength(3);
    }
    const bytewise = hear(Array.from(TALK, (_, at) => TALK.subarray(at, at + 1)));
    expect(bytewise.sequences).toEqual([0, 1, 70_000, 3_000_000_000]);
  });

  it("passes over messages that are none of ours, and goes on", () => {
    const stranger = Buffer.from("MSG demo.data 1 32\r\n12345678901234567890123456789012\r\n");
    const longer = Buffer.from("MSG demo.data 1 40\r\n1234567890123456789012345678901234567890\r\n");
    const heard = hear([
      Buffer.concat([frame(1, 1), stranger, longer, frame(2, 2), frame(3, 3, 200), frame(4, 4)]),
    ]);
    expect(heard.sequences).toEqual([1, 2, 3, 4]);
  });
});
