import { Fifo } from "../../core/fifo.js";
import type { Timer } from "../../io/clock.js";
import { type End, Stage } from "./stage.js";

/** At 100 ms, this lets 80 MB/s through. */
const ROOM = 8 * 1024 * 1024;

interface Delayed {
  readonly item: Buffer | End;
  readonly since: number;
  /** -1 to 1: how much of the jitter it gets. */
  readonly draw: number;
}

/** Hands everything on later, in order. An update holds for what waits already, too. */
export class Latency extends Stage<"latency"> {
  override readonly room = ROOM;
  private head: Delayed | undefined;
  private readonly queue = new Fifo<Delayed>();
  private timer: Timer | undefined;

  write(data: Buffer): void {
    this.hit();
    this.held += data.length;
    this.take(data);
  }

  override end(how: End): void {
    this.take(how);
  }

  override updated(): void {
    this.pass();
  }

  override release(): void {
    this.pass(Number.POSITIVE_INFINITY);
  }

  override dispose(): void {
    this.site.clock.clearTimeout(this.timer);
    this.head = undefined;
    this.queue.clear();
  }

  private take(item: Buffer | End): void {
    const delayed = { item, since: this.site.clock.now(), draw: this.site.random.between(-1, 1) };
    if (this.head !== undefined) {
      this.queue.push(delayed);
      return;
    }
    this.head = delayed;
    this.pass();
  }

  /** Hands on what is due. */
  private pass(now = this.site.clock.now()): void {
    const { clock } = this.site;
    clock.clearTimeout(this.timer);
    this.timer = undefined;
    while (this.head !== undefined) {
      const { item, since, draw } = this.head;
      const { latency, jitter } = this.attributes;
      const wait = since + Math.max(0, latency + draw * jitter) - now;
      if (wait > 0) {
        this.timer = clock.setTimeout(() => this.pass(), Math.ceil(wait));
        break;
      }
      this.head = this.queue.shift();
      if (typeof item === "string") this.next.end(item);
      else {
        this.held -= item.length;
        this.next.write(item);
      }
    }
    this.site.flow();
  }
}
