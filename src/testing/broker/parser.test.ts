import { describe, expect, it } from "vitest";
import type { ParserHost } from "./client-frames.js";
import { ProtocolParser } from "./parser.js";

/** Notes what a parser takes, in short. */
class Notes implements ParserHost {
  mustAuthenticate = false;
  takesHeaders = true;
  maxControlLine = 64;
  maxPayload = 1000;
  readonly heard: string[] = [];
  readonly parser = new ProtocolParser(this);

  connect = (json: string) => this.heard.push(`connect ${json}`);
  ping = () => this.heard.push("ping");
  pong = () => this.heard.push("pong");
  sub = (subject: string, queue: string | undefined, sid: string) =>
    this.heard.push(`sub ${subject} ${queue} ${sid}`);
  unsub = (sid: string, max: number | undefined) => this.heard.push(`unsub ${sid} ${max}`);
  publishing = () => {};
  publish = (subject: string, reply: string, headers: Buffer | undefined, payload: Buffer) =>
    this.heard.push(`publish ${subject} ${reply} ${headers} ${payload}`);

  refuse(error: string | undefined): void {
    this.heard.push(`refused ${error}`);
    this.parser.stop();
  }

  /** Takes reads of `size` bytes. */
  feed(text: string, size = text.length): string[] {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) this.parser.feed(bytes.subarray(at, at + size));
    return this.heard;
  }
}

const EVERYTHING =
  'CONNECT {"a":1}\r\nping\nSUB a.* 1\r\nsub  b\tq  2 \r\nPUB a.b 5\r\nhe\r\no\r\nHPUB c r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 1\r\nUNSUB 2 7\r\nPONG\r\n+OK\r\n';
const TAKEN = [
  'connect {"a":1}',
  "ping",
  "sub a.* undefined 1",
  "sub b q 2",
  "publish a.b  undefined he\r\no",
  "publish c r NATS/1.0\r\n\r\n hi",
  "unsub 1 undefined",
  "unsub 2 7",
  "pong",
];

describe("the parser of a test server", () => {
  it.each([1, 2, 3, 5, 7, 11, 1000])("takes frames in reads of %i bytes", (size) => {
    const notes = new Notes();
    expect(notes.feed(EVERYTHING, size)).toEqual(TAKEN);
    expect(notes.parser.held).toBe(0);
  });

  it("stops at what it refuses, also in the middle of a read", () => {
    expect(new Notes().feed("PING\r\nFOO\r\nPING\r\n")).toEqual([
      "ping",
      "refused Unknown Protocol Operation",
    ]);
  });

  it("takes nothing but CONNECT until the client is known", () => {
    const notes = new Notes();
    notes.mustAuthenticate = true;
    expect(notes.feed("PING\r\n")).toEqual(["refused Authorization Violation"]);
  });

  it.each(["SUB ", "PUB ", "CONNECT ", "+OK", "PING"])(
    "bounds an endless line that begins with %s",
    (verb) => {
      const notes = new Notes();
      for (let i = 0; i < 1000 && notes.heard.length === 0; i++) notes.feed(i === 0 ? verb : "xxxxxxxxxx");
      expect(notes.heard).toEqual(["refused maximum control line exceeded"]);
      expect(notes.parser.held).toBe(0);
    },
  );

  it("holds one of any number of blanks", () => {
    const notes = new Notes();
    notes.feed("SUB ");
    for (let i = 0; i < 100; i++) notes.feed(" \t \t");
    expect(notes.parser.held).toBeLessThan(10);
    expect(notes.feed("a 1\r\n")).toEqual(["sub a undefined 1"]);
  });

  it("refuses a size over the limit before it takes memory for it", () => {
    expect(new Notes().feed("PUB a 1001\r\n")).toEqual(["refused Maximum Payload Violation"]);
  });

  it("takes memory for a message as it comes, not as it is announced", () => {
    const notes = new Notes();
    notes.maxPayload = 1 << 30;
    const before = process.memoryUsage().arrayBuffers;
    notes.feed("PUB a 900000000\r\nabc");
    expect(notes.parser.held).toBe(3);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
    notes.parser.stop();
    expect(notes.parser.held).toBe(0);
  });
});
