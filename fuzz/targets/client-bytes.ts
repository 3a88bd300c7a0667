import assert from "node:assert/strict";
import fc from "fast-check";
import type { ParserHost } from "../../src/testing/broker/client-frames.js";
import { ProtocolParser } from "../../src/testing/broker/parser.js";
import { FrameScanner } from "../../src/testing/proxy/frame-scanner.js";
import { mutated } from "../mutations.js";
import { target } from "../target.js";

/** What a client sends, and where the reads end. */
export interface ClientBytesInput {
  /** One character is one byte. */
  readonly bytes: string;
  /** Offsets, taken modulo the length. */
  readonly cuts: readonly number[];
}

const MAX_CONTROL_LINE = 100;
const MAX_PAYLOAD = 1000;

/** Writes down what the parser of the test server tells. */
class Recorder implements ParserHost {
  readonly told: string[][] = [];
  readonly mustAuthenticate = false;
  readonly takesHeaders = true;
  readonly maxControlLine = MAX_CONTROL_LINE;
  readonly maxPayload = MAX_PAYLOAD;
  parser!: ProtocolParser;

  connect(json: string): void {
    this.told.push(["connect", json]);
  }
  ping(): void {
    this.told.push(["ping"]);
  }
  pong(): void {
    this.told.push(["pong"]);
  }
  sub(subject: string, queue: string | undefined, sid: string): void {
    this.told.push(["sub", subject, queue ?? "", sid]);
  }
  unsub(sid: string, max: number | undefined): void {
    this.told.push(["unsub", sid, String(max)]);
  }
  publishing(subject: string): void {
    this.told.push(["publishing", subject]);
  }
  publish(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): void {
    const bytes = (part: Buffer | undefined) => part?.toString("latin1") ?? "";
    this.told.push(["publish", subject, reply, bytes(headers), bytes(payload)]);
  }
  refuse(error: string | undefined): void {
    this.told.push(["refuse", error ?? ""]);
    this.parser.stop();
  }
}

function parse(reads: readonly Buffer[]): string[][] {
  const host = new Recorder();
  host.parser = new ProtocolParser(host);
  for (const read of reads) {
    host.parser.feed(read);
    // A line, a verb before it, and the blanks between them, which a server does not count; or a message.
    assert(
      host.parser.held <= Math.max(MAX_PAYLOAD + 2, read.length + MAX_CONTROL_LINE),
      `holds ${host.parser.held}`,
    );
  }
  return host.told;
}

/** A scanner under test: the product's, or a spoilt one of a test. */
export type MakeScanner = () => Pick<FrameScanner, "skip" | "scan" | "place" | "frames">;

function scan(reads: readonly Buffer[], make: MakeScanner): { place: string; frames: number } {
  const scanner = make();
  for (const read of reads) {
    for (let at = 0; at < read.length; ) {
      const next = scanner.scan(read, at);
      assert(next > at && next <= read.length, `goes from ${at} to ${next} of ${read.length}`);
      at = next;
    }
  }
  return { place: scanner.place, frames: scanner.frames };
}

function skip(reads: readonly Buffer[], make: MakeScanner): { place: string; frames: number } {
  const scanner = make();
  for (const read of reads) scanner.skip(read);
  return { place: scanner.place, frames: scanner.frames };
}

export function checkClientBytes(
  { bytes, cuts }: ClientBytesInput,
  make: MakeScanner = () => new FrameScanner(),
): void {
  const whole = Buffer.from(bytes, "latin1");
  const at = cuts.map((offset) => offset % (whole.length + 1)).sort((a, b) => a - b);
  const pieces = [...at, whole.length].map((to, i) => whole.subarray(i === 0 ? 0 : at[i - 1], to));
  const single = Array.from(whole, (byte) => Buffer.from([byte]));
  const wanted = parse([whole]);
  assert.deepEqual(parse(pieces), wanted, "the test server, cut");
  assert.deepEqual(parse(single), wanted, "the test server, byte by byte");
  const place = scan([whole], make);
  for (const [how, reads] of Object.entries({ whole: [whole], pieces, single })) {
    assert.deepEqual(scan(reads, make), place, `the proxy, ${how}`);
    assert.deepEqual(skip(reads, make), place, `the proxy in a hurry, ${how}`);
  }
}

const FRAMES = [
  "CONNECT {}\r\n",
  "PING\r\n",
  "pong\r\n",
  "SUB a 1\r\n",
  "SUB a.> q 2\r\n",
  "UNSUB 1 5\r\n",
  "PUB a 3\r\nabc\r\n",
  "PUB a r 0\r\n\r\n",
  "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
  "PUB a 13\r\nPUB b 1\r\nx\r\n\r\n",
  "MSG a 1 2\r\nhi\r\n",
];
const WORDS = [
  "PUB ",
  "HPUB ",
  "SUB ",
  "UNSUB ",
  "CONNECT ",
  "+OK",
  "-ERR",
  "INFO ",
  "\r\n",
  "\r",
  "\n",
  " ",
  "\t",
  "1",
  "{}",
  "pub",
  "\xff",
  "\0",
];

export const clientBytes = target<ClientBytesInput>({
  name: "client-bytes",
  about:
    "any bytes of a client in any reads: the test server and the fault proxy see the same in all ways of cutting",
  inputs: (known) => {
    const frames = fc.array(fc.constantFrom(...FRAMES), { maxLength: 8 }).map((list) => list.join(""));
    const bytes = fc.oneof(
      frames,
      frames.chain((text) => mutated([text], WORDS)),
      mutated(
        known.map((entry) => entry.bytes).filter((text) => text.length < 500),
        WORDS,
      ),
      fc.array(fc.constantFrom(...WORDS), { maxLength: 20 }).map((list) => list.join("")),
    );
    return fc.record({ bytes, cuts: fc.array(fc.nat(0xffff), { maxLength: 6 }) });
  },
  check: (input) => checkClientBytes(input),
});
