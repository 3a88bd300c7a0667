import { Copies } from "./copies.js";
import type { HoldfastMsg } from "./msg.js";
import { MessageQueue } from "./queue.js";

/** Bytes that a backlog may keep alive beyond twice what waits in it, before it copies. */
const SLACK = 256 * 1024;

/**
 * The queue of a subscription: it knows how many bytes wait in it, and what they keep alive. A message is a
 * view of the read that it came in, up to 64 KiB with mostly other subscriptions' messages. A backlog that
 * keeps much more alive than it counts copies what it holds of such reads, and lets them go.
 */
export class Backlog extends MessageQueue<HoldfastMsg> {
  /** Bytes of headers and payloads that wait. */
  bytes = 0;
  /** Bytes of the reads that messages lie in: each run of messages in one read counts it once. */
  retained = 0;
  /** The read of the newest message, while something waits. */
  private read: Buffer | undefined;
  /** Messages in the newest run; some may have been taken. */
  private run = 0;
  private readonly copies = new Copies();

  protected override append(msg: HoldfastMsg): void {
    if (msg.read !== this.read) this.beginRun(msg.read);
    this.bytes += msg.contentSize;
    this.run++;
    this.items.push(msg);
  }

  override shift(): HoldfastMsg {
    const msg = super.shift();
    this.bytes -= msg.contentSize;
    if (this.size === 0) this.forget();
    else if (this.items[this.head].read !== msg.read) this.retained -= msg.read.length;
    return msg;
  }

  protected override clear(): void {
    super.clear();
    this.bytes = 0;
    this.forget();
  }

  /** Nothing waits. */
  private forget(): void {
    this.retained = 0;
    this.read = undefined;
    this.copies.close();
  }

  private beginRun(read: Buffer): void {
    if (this.retained > 2 * this.bytes + SLACK) this.copyRun(this.read!);
    this.read = read;
    this.run = 0;
    this.retained += read.length;
  }

  /** Copies the newest run out of its read, unless it fills much of it. */
  private copyRun(read: Buffer): void {
    const { items } = this;
    const from = items.length - Math.min(this.run, this.size);
    let bytes = 0;
    for (let at = from; at < items.length; at++) bytes += items[at].size();
    if (bytes * 2 > read.length) return;
    for (let at = from; at < items.length; at++) this.copies.take(items[at]);
    // Copies of neighbouring runs may lie in the same block: such runs have become one.
    this.retained -= read.length;
    for (let at = from; at < items.length; at++) {
      const isFirst = at === this.head || items[at].read !== items[at - 1].read;
      if (isFirst) this.retained += items[at].read.length;
    }
  }
}
