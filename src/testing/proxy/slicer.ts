import { Fifo } from "../../core/fifo.js";
import type { Timer } from "../../io/clock.js";
import { Slices } from "./slices.js";
import { type End, type Site, Stage, type ToxicState } from "./stage.js";

/** Writes the stream in slices, with a pause behind each. */
export class Slicer extends Stage<"slicer"> {
  private readonly slices: Slices;
  private head: Buffer | End | undefined;
  private readonly queue = new Fifo<Buffer | End>();
  private pausing = false;
  private timer: Timer | undefined;

  constructor(toxic: ToxicState<"slicer">, site: Site) {
    super(toxic, site);
    this.slices = new Slices(site.random.float);
  }

  write(data: Buffer): void {
    this.held += data.length;
    this.take(data);
  }

  override end(how: End): void {
    this.take(how);
  }

  override updated(): void {
    if (this.timer === undefined) return;
    this.site.clock.clearTimeout(this.timer);
    this.goOn();
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
    if (this.head === undefined) this.head = item;
    else this.queue.push(item);
    if (!this.pausing) this.pass();
  }

  private pass(): void {
    while (this.head !== undefined && !this.pausing) {
      if (typeof this.head === "string") {
        this.passHead(0);
        continue;
      }
      const { averageSize, sizeVariation } = this.attributes;
      this.passHead(this.slices.take(this.head.length, averageSize, sizeVariation));
      if (this.slices.complete) this.pause();
    }
    this.site.flow();
  }

  private pause(): void {
    const { clock } = this.site;
    const { delay } = this.attributes;
    this.hit();
    this.pausing = true;
    if (delay === 0) clock.setImmediate(() => this.goOn());
    else this.timer = clock.setTimeout(() => this.goOn(), delay);
  }

  private goOn(): void {
    this.timer = undefined;
    this.pausing = false;
    this.pass();
  }

  private passHead(limit: number): void {
    const head = this.head!;
    if (typeof head === "string") {
      this.head = this.queue.shift();
      this.next.end(head);
      return;
    }
    const data = head.subarray(0, limit);
    this.head = data.length < head.length ? head.subarray(data.length) : this.queue.shift();
    this.held -= data.length;
    this.next.write(data);
  }
}
