import { expect } from "vitest";
import { Books, type DropReason } from "../../core/books.js";
import { Margin } from "../../core/margin.js";
import { Window, type WindowSink } from "../../core/window.js";
import { CHUNK_BYTES, type Chunk, ChunkPool } from "../../wire/chunk.js";
import { decodePublish } from "../../wire/encoder.js";
import { Kind } from "../../wire/frame.js";
import { SubjectCache } from "../../wire/subject-cache.js";
import { FrameBook } from "./frame-book.js";
import type { Step } from "./window-step.js";

const subjects = new SubjectCache();

const HEADERS = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");

/** The window once more, as simple as can be: an array of frames and three numbers. */
export class WindowModel extends FrameBook implements WindowSink {
  confirmed = 0;
  cursor = 0;
  handed = 0;
  up = false;
  now = 0;
  /** The next link has not yet confirmed what is written once more because of the margin. */
  private owing = 0;
  private limit = Number.POSITIVE_INFINITY;
  private pings: number[] = [];
  private marks: { seq: number; at: number }[] = [];
  private kept = 0;
  private writes: { chunk: Chunk; start: number; bytes: Buffer }[] = [];
  private readonly duration: number;
  private readonly pool = new ChunkPool();
  private readonly books = new Books();
  private readonly window: Window;
  private readonly heard: string[] = [];

  constructor(duration: number) {
    super();
    this.duration = duration;
    this.window = new Window(this.pool, this.books, this, new Margin(duration, 2 ** 40));
  }

  onSettled(_window: Window, chunk: Chunk, frame: number, outcome: string): void {
    this.heard.push(`${outcome} ${chunk.base + frame}`);
  }

  isWanted(_window: Window, seq: number): boolean {
    return seq % 3 > 0;
  }

  onDropped(_window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    const seq = chunk.base + frame;
    expect(decodePublish(chunk, frame).subject).toBe(this.frames[seq].subject);
    this.heard.push(`${reason} ${seq}`);
  }

  /** A PING may have been put in front of what was appended, to close a chunk. */
  private appended(count: number, push: () => void): void {
    const extra = this.window.position - this.position - count;
    expect(extra === 0 || (extra === 1 && this.unfenced)).toBe(true);
    if (extra === 1) this.push(Kind.Ping, "", Buffer.from("PING\r\n"));
    push();
  }

  step(step: Step): void {
    switch (step.op) {
      case "append":
        return this.append(step);
      case "ping": {
        const { unfenced } = this;
        const position = this.window.appendPing(this.now);
        this.lookForSwept();
        if (unfenced || this.confirmed === this.position) this.push(Kind.Ping, "", Buffer.from("PING\r\n"));
        expect(position).toBe(this.position);
        return;
      }
      case "sub": {
        const line = Buffer.from(`SUB s ${this.position}\r\n`);
        this.window.appendProtocol(line, this.now);
        return this.appended(1, () => this.push(Kind.Protocol, "", line));
      }
      case "write":
        for (let i = 0; i < step.runs && this.up; i++) if (!this.write()) return;
        return;
      case "ended":
        for (let i = 0; i < step.count; i++) this.ended();
        return;
      case "pong":
        for (let i = 0; i < step.count && this.pings.length > 0; i++) this.pong();
        return;
      case "refuse":
        return this.refuse(step.subject);
      case "takeBack":
        return this.takeBack(this.position - 1 - step.back);
      case "ttl":
        return this.expire(this.position - 1 - step.back);
      case "dropOldest":
        return this.dropOldest(step.messages, step.bytes);
      case "sweep":
        return this.sweep();
      case "limit":
        return this.setLimit(step.suspects);
      case "probe":
        return this.probe();
      case "die":
        return this.die(step.unclean);
      case "connect":
        return this.connect(step.maxPayload, step.headers);
      case "wait":
        this.now += step.ms;
        if (this.window.releaseAt <= this.now) this.window.release(this.now);
    }
  }

  private append(step: Step & { op: "append" }): void {
    const { kind, subject, reply } = step;
    const { of, times } = step.payload;
    const payload = of === "" ? Buffer.alloc(times, "0123456789") : of.repeat(times);
    const headers = step.headers ? HEADERS : undefined;
    this.window.append(kind, subjects.get(subject), reply, headers, payload, this.now);
    const body = Buffer.from(payload as string);
    const size = body.length + (headers?.length ?? 0);
    const sizes = headers === undefined ? `${size}` : `${headers.length} ${size}`;
    const line = `${headers ? "HPUB" : "PUB"} ${subject} ${reply === "" ? "" : `${reply} `}${sizes}\r\n`;
    const bytes = Buffer.concat([Buffer.from(line), headers ?? Buffer.alloc(0), body, Buffer.from("\r\n")]);
    this.appended(1, () => this.push(kind, subject, bytes, size, step.headers));
    this.sums.accepted++;
    this.sums.pending++;
    this.sizes.accepted += size;
    this.sizes.pending += size;
  }

  /** Takes one run: whole frames, none that is gone, none twice, none left out. */
  private write(): boolean {
    const { window, frames } = this;
    let first = this.cursor;
    while (first < this.position && frames[first].gone) first++;
    const found = window.nextRun();
    expect(found).toBe(first < Math.min(this.position, this.limit));
    if (!found) return false;
    const chunk = window.outChunk!;
    const last = first + window.outLast - window.outFirst;
    expect(chunk.base + window.outFirst).toBe(first);
    expect(last).toBeGreaterThan(first);
    expect(last).toBeLessThanOrEqual(this.limit);
    const run = frames.slice(first, last);
    expect(run.some((frame) => frame.gone)).toBe(false);
    const bytes = Buffer.concat(run.map((frame) => frame.bytes));
    expect(chunk.bytes.subarray(window.outStart, window.outEnd).equals(bytes)).toBe(true);
    this.writes.push({ chunk, start: window.outStart, bytes });
    run.forEach((frame, i) => {
      if (frame.kind === Kind.Ping) this.pings.push(first + i + 1);
      else if (first + i < this.handed && this.isMessage(frame)) this.sums.replayed++;
    });
    const pings = chunk.pings.filter((ping) => ping >= window.outFirst && ping < window.outLast);
    expect(pings.map((ping) => chunk.base + ping)).toEqual(
      run.flatMap((frame, i) => (frame.kind === Kind.Ping ? [first + i] : [])),
    );
    this.cursor = last;
    this.handed = Math.max(this.handed, last);
    return true;
  }

  /** The oldest write has ended: until then its bytes must have stayed what they were. */
  private ended(): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    const { chunk, start, bytes } = write;
    expect(chunk.bytes.subarray(start, start + bytes.length).equals(bytes)).toBe(true);
    this.pool.unref(chunk);
  }

  private pong(): void {
    const position = this.pings.shift()!;
    this.window.confirm(position, this.now, this.now);
    for (let seq = this.confirmed; seq < position; seq++) {
      if (this.isMessage(this.frames[seq])) this.settle(seq, "confirmed");
    }
    if (position > this.confirmed) {
      this.confirmed = position;
      this.marks.push({ seq: position, at: this.now });
    }
  }

  private refusedBehind = 0;

  private refuse(subject: string): void {
    // Errors come in the order of what they answer: behind the last refused frame first.
    let wanted = -1;
    for (const from of [Math.max(this.confirmed, this.refusedBehind), this.confirmed]) {
      for (let seq = from; seq < this.cursor && wanted === -1; seq++) {
        if (this.isMessage(this.frames[seq]) && this.frames[seq].subject === subject) wanted = seq;
      }
    }
    if (wanted !== -1) this.refusedBehind = wanted + 1;
    expect(this.window.refuse((frame) => frame.subject === subject)).toBe(wanted !== -1);
    if (wanted !== -1) this.end(wanted, "refused");
  }

  private takeBack(seq: number): void {
    if (seq < 0) return;
    const pending = seq >= this.confirmed && this.isMessage(this.frames[seq]);
    expect(this.window.isPending(seq)).toBe(pending);
    expect(this.window.isHanded(seq)).toBe(seq < this.handed);
    const there = pending && seq >= this.cursor;
    expect(this.window.takeBack(seq, "timeout")).toBe(there);
    if (!there) return;
    if (seq < this.handed) this.end(seq, "unconfirmed");
    else this.drop(seq, "timeout");
  }

  private isPending(seq: number): boolean {
    return seq >= this.confirmed && this.isMessage(this.frames[seq]);
  }

  private expire(seq: number): void {
    if (seq < 0) return;
    const there = this.isPending(seq) && seq >= this.cursor;
    expect(this.window.dropFrame(seq, "ttl")).toBe(there);
    if (there) this.drop(seq, "ttl");
  }

  private dropOldest(messages: number, bytes: number): void {
    const mayGo = (seq: number) => seq % 5 > 0;
    const found: number[] = [];
    let left = bytes;
    for (let seq = this.cursor; seq < this.position && (left > 0 || found.length < messages); seq++) {
      const { kind, bytes: frame } = this.frames[seq];
      if (!this.isPending(seq) || kind > Kind.DataOnce || !mayGo(seq)) continue;
      found.push(seq);
      left -= frame.length;
    }
    const enough = left <= 0 && found.length >= messages;
    expect(this.window.dropOldest(messages, bytes, mayGo)).toBe(enough);
    if (enough) for (const seq of found) this.drop(seq, "drop-oldest");
  }

  /** No chunk is held that nobody needs. */
  private sweep(): void {
    this.window.sweep();
    for (const chunk of this.chunks.slice(0, -1)) {
      const frames = this.frames.slice(chunk.base, chunk.base + chunk.count);
      if (!frames.some(({ gone }) => gone)) continue;
      const needed = frames.some(({ gone, kind }) => !gone && kind !== Kind.Ping);
      expect(needed || chunk.base < this.confirmed || chunk.base < this.window.handed).toBe(true);
    }
  }

  private setLimit(suspects: number): void {
    this.limit = Number.POSITIVE_INFINITY;
    const pending = [...this.frames.keys()].filter((seq) => this.isPending(seq)).slice(0, suspects);
    const limit = pending.length === 0 ? this.confirmed : pending[pending.length - 1] + 1;
    expect(this.window.positionAfter(this.confirmed, suspects)).toBe(limit);
    expect(this.window.countPending(this.confirmed, limit)).toBe(pending.length);
    if (pending.length > 0 && limit >= this.cursor) this.limit = limit;
    this.window.limit = this.limit;
  }

  /** A PING of the link's own that confirms what is before the limit. */
  private probe(): void {
    if (this.up && this.window.handed >= this.limit && this.owing === 0) this.pings.push(this.limit);
  }

  private get chunks(): Chunk[] {
    return (this.window as unknown as { chunks: Chunk[] }).chunks;
  }

  /** Chunks of nothing but tombstones may have gone back, and their PINGs with them; nothing else may. */
  private lookForSwept(): void {
    const { chunks, frames } = this;
    let seq = this.confirmed;
    for (const { base, count } of [...chunks, { base: this.window.position, count: 0 }]) {
      for (; seq < Math.min(base, this.position); seq++) {
        const { gone, kind } = frames[seq];
        if (gone) continue;
        expect(kind).toBe(Kind.Ping);
        expect(seq).toBeGreaterThanOrEqual(this.cursor);
        frames[seq].gone = true;
        this.fenced = Math.min(this.fenced, this.chunkOf(seq));
      }
      seq = Math.max(seq, base + count);
    }
  }

  /** Where the chunk that frame `seq` was in began: behind the last frame that is still there. */
  private chunkOf(seq: number): number {
    const before = this.chunks.findLast(({ base }) => base <= seq);
    return before === undefined ? 0 : before.base + before.count;
  }

  private die(unclean: boolean): void {
    // What becomes of a margin that the next link did not confirm either has tests of its own.
    if (this.owing > 0) return;
    for (const mark of this.marks) if (mark.at + this.duration <= this.now) this.kept = mark.seq;
    const from = unclean ? Math.min(this.kept, this.confirmed) : this.confirmed;
    const result = { replay: 0, unconfirmed: 0 };
    for (let seq = from; seq < this.position; seq++) this.rewound(seq, result);
    this.refusedBehind = 0;
    expect(this.window.rewind(this.now, unclean)).toEqual(result);
    this.owing = from < this.confirmed ? this.position : 0;
    this.cursor = from;
    this.pings = [];
    this.up = false;
  }

  private rewound(seq: number, result: { replay: number; unconfirmed: number }): void {
    const frame = this.frames[seq];
    if (frame.kind === Kind.Protocol) frame.gone = true;
    if (!this.isMessage(frame)) return;
    const handed = seq < this.cursor;
    const confirmed = seq < this.confirmed;
    const safe = frame.kind === Kind.SafeRequest && !confirmed && this.isWanted(this.window, seq);
    if (frame.kind === Kind.Data || safe) {
      if (handed) result.replay++;
    } else if (confirmed) {
      frame.gone = true;
    } else if (handed) {
      result.unconfirmed++;
      this.end(seq, "unconfirmed");
    } else if (frame.kind === Kind.Pull) {
      this.drop(seq, "pull");
    }
  }

  private connect(maxPayload: number, headers: boolean): void {
    if (this.up) return;
    this.up = true;
    this.window.recheck(maxPayload, headers);
    this.frames.forEach((frame, seq) => {
      if (!this.isMessage(frame) || seq < this.cursor) return;
      const reason =
        frame.size > maxPayload ? "max-payload" : !headers && frame.headers ? "headers" : undefined;
      if (reason === undefined) return;
      if (seq >= this.confirmed) this.drop(seq, reason);
      else frame.gone = true;
    });
    if (this.owing === 0) return;
    while (this.write());
    // What no PING of the log answers is answered by one of the link's own.
    const { handed } = this.window;
    if (handed > (this.pings.at(-1) ?? 0)) this.pings.push(handed);
    while (this.pings.length > 0) this.pong();
    this.owing = 0;
  }

  check(): void {
    this.lookForSwept();
    const { window } = this;
    this.compare(this.books);
    expect(this.heard).toEqual(this.told);
    expect(window.position).toBe(this.position);
    expect(window.confirmed).toBe(this.confirmed);
    expect(window.unfenced).toBe(this.unfenced);
    expect(window.bytes).toBe(
      this.frames.slice(this.confirmed).reduce((sum, { gone, bytes }) => sum + (gone ? 0 : bytes.length), 0),
    );
    if (this.duration === 0 && this.confirmed === this.position && this.cursor === this.position) {
      expect(window.held).toBe(0);
    }
    const leaving = new Set(this.writes.map(({ chunk }) => chunk).filter(({ released }) => released));
    const pooled = [...this.chunks, ...leaving].filter(({ bytes }) => bytes.length === CHUNK_BYTES);
    expect(this.pool.used).toBe(pooled.length);
  }

  close(): void {
    this.window.close();
    for (let seq = this.confirmed; seq < this.position; seq++) {
      if (!this.isMessage(this.frames[seq])) continue;
      if (seq < this.handed) this.end(seq, "unconfirmed");
      else this.drop(seq, "closed");
    }
    this.confirmed = this.position;
    this.cursor = this.position;
    expect(this.window.held).toBe(0);
    this.check();
    expect(this.books.pending).toBe(0);
    while (this.writes.length > 0) this.ended();
    expect(this.pool.used).toBe(0);
  }
}
