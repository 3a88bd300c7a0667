import { Books, type DropReason } from "../../core/books.js";
import { Margin } from "../../core/margin.js";
import { Window, type WindowSink } from "../../core/window.js";
import { type Chunk, ChunkPool } from "../../wire/chunk.js";
import { decodePublish } from "../../wire/encoder.js";
import { Kind } from "../../wire/frame.js";
import { SubjectCache } from "../../wire/subject-cache.js";

const subjects = new SubjectCache();

/** Kinds of frames that are messages. */
export const MESSAGES: readonly number[] = [
  Kind.Data,
  Kind.DataOnce,
  Kind.Request,
  Kind.SafeRequest,
  Kind.Control,
  Kind.Pull,
];

/** A window with a link that the test plays: what is written, answered and lost is in its hands. */
export class WindowWorld implements WindowSink {
  readonly pool = new ChunkPool();
  readonly books = new Books();
  readonly window: Window;
  /** What the sink was told, as text. */
  readonly told: string[] = [];
  /** Positions of the PINGs that wait for their PONG. */
  pings: number[] = [];

  /** Read-only requests that someone still waits for. */
  isWanted: (window: Window, seq: number) => boolean = () => true;

  constructor(margin = new Margin(0, 0)) {
    this.window = new Window(this.pool, this.books, this, margin);
  }

  onSettled(_window: Window, chunk: Chunk, frame: number, outcome: string): void {
    this.told.push(`${outcome} ${chunk.base + frame}`);
  }

  onDropped(_window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    this.told.push(`${reason} ${chunk.base + frame} ${decodePublish(chunk, frame).subject}`);
  }

  append(kind: number, subject: string, payload: Uint8Array | string = "x", now = 0): number {
    this.window.append(kind, subjects.get(subject), "", undefined, payload, now);
    return this.window.position - 1;
  }

  refuse(subject: string): boolean {
    return this.window.refuse((frame) => frame.subject === subject);
  }

  data(...names: string[]): void {
    for (const name of names) this.append(Kind.Data, name);
  }

  /** Takes one run, as text; the write is over at once. */
  run(): string | undefined {
    const { window, pool } = this;
    if (!window.nextRun()) return undefined;
    const chunk = window.outChunk!;
    for (const ping of chunk.pings) {
      if (ping >= window.outFirst && ping < window.outLast) this.pings.push(chunk.base + ping + 1);
    }
    const text = chunk.bytes.toString("utf8", window.outStart, window.outEnd);
    pool.unref(chunk);
    return text;
  }

  /** Writes all there is; returns the subjects of messages and the names of other frames. */
  write(): string[] {
    let text = "";
    for (let run = this.run(); run !== undefined; run = this.run()) text += run;
    return [...text.matchAll(/^(?:H?PUB (\S+) .*\r\n.*|(PING|SUB|UNSUB)\b.*)\r\n/gm)].map(
      (m) => m[1] ?? m[2],
    );
  }

  pong(now = 0, behindSince = 0): void {
    this.window.confirm(this.pings.shift()!, now, behindSince);
  }

  die(now = 0, unclean = true) {
    this.pings = [];
    return this.window.rewind(now, unclean);
  }
}
