import { Fifo } from "../../core/fifo.js";
import type { Timer } from "../../io/clock.js";
import { Pacer } from "./pacer.js";
import { type End, type Site, Stage, type ToxicState } from "./stage.js";

/** Lets through so many bytes a second. */
export class Bandwidth extends Stage<"bandwidth"> {
  private readonly pacer: Pacer;
  private head: Buffer | End | undefined;
  private readonly queue = new Fifo<Buffer | End>();
  private timer: Timer | undefined;

  constructor(toxic: ToxicState<"bandwidth">, site: Site) {
    super(toxic, site);
    this.pacer = new Pacer(site.clock.now());
  }

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
    this.site.clock.clearTimeout(this.timer);
    while (this.head !== undefined) this.passHead(Number.POSITIVE_INFINITY);
  }

  override dispose(): void {
    this.site.clock.clearTimeout(this.timer);
    this.head = undefined;
    this.queue.clear();
  }

  private take(item: Buffer | End): void {
    if (this.head !== undefined) {
      this.queue.push(item);
      return;
    }
    this.head = item;
    this.pass();
  }

  private pass(): void {
    const { clock } = this.site;
    const { rate } = this.attributes;
    clock.clearTimeout(this.timer);
    while (this.head !== undefined) {
      const wanted = typeof this.head === "string" ? 0 : this.held;
      const bytes = this.pacer.take(clock.now(), rate, wanted);
      if (bytes === 0 && wanted > 0) {
        this.timer = clock.setTimeout(() => this.pass(), this.pacer.wait(clock.now(), rate, wanted));
        break;
      }
      for (let left = bytes; left > 0 && this.head !== undefined; ) left -= this.passHead(left);
      if (typeof this.head === "string") this.passHead(0);
    }
    this.site.flow();
  }

  /** Hands on at most `limit` bytes of what is first; returns how many. */
  private passHead(limit: number): number {
    const head = this.head!;
    if (typeof head === "string") {
      this.head = this.queue.shift();
      this.next.end(head);
      return 0;
    }
    const data = head.subarray(0, limit);
    this.head = data.length < head.length ? head.subarray(data.length) : this.queue.shift();
    this.held -= data.length;
    this.next.write(data);
    return data.length;
  }
}
