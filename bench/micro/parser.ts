import type { ParserSink } from "../../src/wire/parser.js";
import { keep, type Micro, payloadOf } from "./micro.js";

type Parsers = typeof import("../../src/wire/parser.js");

/** Bytes of a read of a busy socket, and of one packet. */
const READ = 64 * 1024;
const PACKET = 1460;

/** Parsing what a server sends. */
export const PARSER: readonly Micro[] = [
  parsing("parse-16", "MSG frame of 16 B, in reads of 64 KiB", message(16), READ),
  parsing("parse-128", "MSG frame of 128 B, in reads of 64 KiB", message(128), READ),
  parsing("parse-1024", "MSG frame of 1 KiB, in reads of 64 KiB", message(1024), READ),
  parsing("parse-packets", "MSG frame of 128 B, in reads of 1,460 B: some are cut", message(128), PACKET),
  parsing("parse-headers", "HMSG frame of 128 B, in reads of 64 KiB", withHeaders(128), READ),
  parsing("parse-pong", "PONG", Buffer.from("PONG\r\n"), READ),
];

function message(size: number): Buffer {
  return Buffer.concat([Buffer.from(`MSG bench.micro 17 ${size}\r\n`), payloadOf(size), Buffer.from("\r\n")]);
}

function withHeaders(size: number): Buffer {
  const headers = "NATS/1.0\r\ntrace: 4bf92f3577b34da6\r\n\r\n";
  const line = `HMSG bench.micro 17 ${headers.length} ${headers.length + size}\r\n`;
  return Buffer.concat([Buffer.from(line + headers), payloadOf(size), Buffer.from("\r\n")]);
}

/** Counts bytes of payloads, and PONGs. */
class Counter implements ParserSink {
  seen = 0;

  onMessage(
    _buf: Buffer,
    _sid: number,
    _subject: number,
    _subjectEnd: number,
    _reply: number,
    _replyEnd: number,
    _start: number,
    body: number,
    end: number,
  ): void {
    this.seen += end - body;
  }
  onInfo(): void {}
  onPing(): void {}
  onPong(): void {
    this.seen++;
  }
  onOk(): void {}
  onError(): void {}
}

function parsing(name: string, title: string, frame: Buffer, read: number): Micro {
  return {
    name,
    title,
    async prepare(load) {
      const { Parser } = await load<Parsers>("wire/parser.js");
      const sink = new Counter();
      const parser = new Parser(sink);
      // As many frames as end with a read, so that the bytes may come again and again.
      const frames = Math.ceil(READ / frame.length);
      const all = Buffer.concat(Array.from({ length: frames }, () => frame));
      const reads: Buffer[] = [];
      for (let at = 0; at < all.length; at += read) reads.push(all.subarray(at, at + read));
      return (count) => {
        let done = 0;
        for (; done < count; done += frames) for (const one of reads) parser.parse(one);
        keep(sink.seen);
        return done;
      };
    },
  };
}
