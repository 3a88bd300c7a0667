import { FrameScanner } from "./frame-scanner.js";
import type { End, Outlet } from "./stage.js";
import type { Verb } from "./toxics.js";

/** What becomes of a frame: it passes, it is dropped with its payload, or another line stands in place of its own. */
export type Verdict = "pass" | "drop" | Buffer;

/** A NATS-aware toxic in one direction of one link. */
export interface FrameRule {
  /** @param line with its line end */
  judge(verb: Verb, line: Buffer): Verdict;
  /** The toxic's attributes have changed. */
  updated(): void;
  /** The toxic is gone, the link goes on. */
  release(): void;
  /** The link is gone: no timer may be left. */
  dispose(): void;
}

/** Something that waits for the next boundary; asked for its bytes there, undefined for none. */
export type Insertion = () => Buffer | undefined;

/**
 * Knows the frames of one direction, and applies rules to them. Without rules it looks only for their boundaries, so that a
 * rule that comes later begins with a whole frame, and hands on the very buffers that it is given.
 */
export class FrameFilter implements Outlet {
  /** Set by the channel, before anything comes. */
  next!: Outlet;
  private readonly scanner = new FrameScanner();
  private rules: readonly FrameRule[] = [];
  private waiting: Insertion[] = [];
  /** The beginning of a line that is not complete; nothing is decided about it yet. */
  private begun: Buffer | undefined;
  /** Whether the payload that comes belongs to a frame that is dropped. */
  private dropping = false;
  private busy = false;

  setRules(rules: readonly FrameRule[]): void {
    this.rules = rules;
    if (rules.length > 0 || this.begun === undefined || this.busy) return;
    const { begun } = this;
    this.begun = undefined;
    this.next.write(begun);
  }

  /** Puts something in at the next boundary: at once if there is one, and behind the first frame at the earliest. */
  insert(insertion: Insertion): void {
    this.waiting.push(insertion);
    if (!this.busy) this.insertWaiting();
  }

  /** Takes back what was to be inserted. */
  retract(insertion: Insertion): void {
    this.waiting = this.waiting.filter((other) => other !== insertion);
  }

  write(data: Buffer): void {
    const { begun } = this;
    if (this.rules.length > 0 || begun !== undefined || this.dropping || this.waiting.length > 0) {
      this.begun = undefined;
      this.busy = true;
      if (begun === undefined) this.apply(data, 0, -1);
      else this.apply(Buffer.concat([begun, data]), begun.length, 0);
      this.busy = false;
      this.insertWaiting();
    } else {
      this.scanner.skip(data);
      this.next.write(data);
    }
  }

  end(how: End): void {
    const { begun } = this;
    this.begun = undefined;
    if (begun !== undefined) this.next.write(begun);
    this.next.end(how);
  }

  /**
   * @param from where the scanner stands
   * @param lineStart where the current line begins; -1 when that has been handed on already
   */
  private apply(data: Buffer, from: number, lineStart: number): void {
    const { scanner } = this;
    /** What lies between here and `at` is to be handed on. */
    let kept = this.dropping ? from : 0;
    for (let at = from; at < data.length && scanner.place !== "lost"; ) {
      const { place } = scanner;
      if (place === "boundary") {
        if (this.waiting.length > 0 && scanner.frames > 0) {
          this.pass(data, kept, at);
          kept = at;
          this.insertWaiting();
        }
        lineStart = at;
      }
      const next = scanner.scan(data, at);
      if (place === "payload") {
        if (this.dropping) kept = next;
      } else if (scanner.place === "line" && lineStart !== -1) {
        this.pass(data, kept, lineStart);
        this.begun = data.subarray(lineStart);
        return;
      } else if (scanner.place === "boundary" || scanner.place === "payload") {
        const verdict = lineStart === -1 ? "pass" : this.judge(data.subarray(lineStart, next));
        if (verdict !== "pass") {
          this.pass(data, kept, lineStart);
          kept = next;
          if (verdict !== "drop") this.next.write(verdict);
        }
        this.dropping = verdict === "drop";
      }
      if (scanner.place !== "payload") this.dropping = false;
      at = next;
    }
    this.pass(data, kept, data.length);
  }

  private pass(data: Buffer, start: number, end: number): void {
    if (start < end) this.next.write(start === 0 && end === data.length ? data : data.subarray(start, end));
  }

  private judge(line: Buffer): Verdict {
    const verb = this.scanner.verb!;
    let current = line;
    for (const rule of this.rules) {
      const verdict = rule.judge(verb, current);
      if (verdict === "drop") return verdict;
      if (verdict !== "pass") current = verdict;
    }
    return current === line ? "pass" : current;
  }

  private insertWaiting(): void {
    const { place, frames } = this.scanner;
    if (place === "lost") this.waiting = [];
    if (place !== "boundary" || frames === 0) return;
    for (const insertion of this.waiting.splice(0)) {
      const data = insertion();
      if (data !== undefined) this.next.write(data);
    }
  }
}
