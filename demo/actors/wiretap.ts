import { connect, type Socket } from "node:net";
import { now } from "../clock.js";
import type { Bitmap } from "../ledger/bitmap.js";
import { DATA_SUBJECT } from "../payload.js";
import { type SequenceReader, TapParser } from "./tap-parser.js";

/** How soon a wiretap knocks again at a node that is down: before any client can have finished its handshake. */
const KNOCK_EVERY = 2;
const READ_BUFFER = 256 * 1024;

/** Where a node listens. */
export interface TapTarget {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** For a node that lets only known users in. */
  readonly user?: string;
  readonly pass?: string;
}

/** The sequences that a wiretap has heard. */
export interface HeardBook {
  /** Notes one; false if it was heard before. */
  add(sequence: number): boolean;
}

/** How a wiretap listens, where it is not to the demo's messages. */
export interface TapHabits {
  /** Default: the demo's subject. */
  readonly subject?: string;
  /** Default: the demo's payloads. */
  readonly reader?: SequenceReader;
  /** A message that is none of the counted ones. */
  stranger?(payload: Buffer): void;
}

/** A message that a node passed on for the first time after it had passed on a newer one. */
export interface Inversion {
  readonly sequence: number;
  readonly node: string;
  readonly at: number;
}

/** One stretch in which a wiretap was connected to its node. */
export interface TapSpan {
  readonly node: string;
  /** When the node accepted the connection. */
  readonly connectedAt: number;
  /** When the node confirmed the subscription: from here on nothing escapes. */
  readyAt: number;
  /** Infinity while it lasts. */
  closedAt: number;
}

/** What the witness does with what its wiretaps hear. */
export interface TapReports {
  firstSeenHere(sequence: number, at: number): void;
  chunkEnd(sentAt: number, at: number): void;
  inversion(inversion: Inversion): void;
  span(span: TapSpan): void;
  serverVersion(version: string): void;
}

/**
 * A subscriber of the plainest kind on one node: a raw socket that only notes which sequences the node passed on.
 * It depends on neither of the clients under test.
 */
export class Wiretap<Book extends HeardBook = Bitmap> {
  readonly seen: Book;
  readonly #target: TapTarget;
  readonly #reports: TapReports;
  readonly #habits: TapHabits;
  #socket: Socket | undefined;
  #stopped = false;
  /** Messages heard, duplicates included. */
  heard = 0;

  constructor(target: TapTarget, seen: Book, reports: TapReports, habits: TapHabits = {}) {
    this.#target = target;
    this.seen = seen;
    this.#reports = reports;
    this.#habits = habits;
  }

  start(): void {
    this.#knock();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  #knock(): void {
    if (this.#stopped) return;
    const { name, host, port, user, pass } = this.#target;
    const { subject = DATA_SUBJECT, reader, stranger } = this.#habits;
    let span: TapSpan | undefined;
    // The order watch is per connection, and begins with its first message: what is older than that passed while
    // this node was away, and has every right to come now, in a replay.
    let first = -1;
    let newest = -1;
    let chunkAt = 0;
    const listener = {
      stranger,
      message: (sequence: number) => {
        this.heard++;
        const isNew = this.seen.add(sequence);
        if (isNew) this.#reports.firstSeenHere(sequence, chunkAt);
        if (sequence > newest) {
          if (first < 0) first = sequence;
          newest = sequence;
        } else if (isNew && sequence > first) {
          this.#reports.inversion({ sequence, node: name, at: chunkAt });
        }
      },
      chunkEnd: (sentAt: number) => this.#reports.chunkEnd(sentAt, chunkAt),
      line: (text: string) => {
        if (text === "PING") socket.write("PONG\r\n");
        else if (text === "PONG" && span !== undefined && span.readyAt === 0) {
          span.readyAt = now();
          this.#reports.span(span);
        } else if (text.startsWith("INFO ")) {
          this.#reports.serverVersion(String(JSON.parse(text.slice(5)).version));
        }
      },
    };
    const parser = new TapParser(listener, reader);
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER),
        callback: (length, buffer) => {
          chunkAt = now();
          parser.feed(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.on("connect", () => {
      span = { node: name, connectedAt: now(), readyAt: 0, closedAt: Number.POSITIVE_INFINITY };
      const options = JSON.stringify({
        verbose: false,
        pedantic: false,
        name: `wiretap ${name}`,
        lang: "raw",
        user,
        pass,
      });
      socket.write(`CONNECT ${options}\r\nSUB ${subject} 1\r\nPING\r\n`);
    });
    // A refused or broken connection shows in "close" as well; there is nothing else to do about it.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (span !== undefined && span.readyAt !== 0) {
        span.closedAt = now();
        this.#reports.span(span);
      }
      setTimeout(() => this.#knock(), KNOCK_EVERY);
    });
  }
}
