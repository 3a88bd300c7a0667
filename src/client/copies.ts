import type { HoldfastMsg } from "./msg.js";

/** Bytes of a block: large enough to cost little per message, small enough not to be what it is against. */
const BLOCK = 16 * 1024;

/** Copies messages out of their reads, one behind the other into blocks. */
export class Copies {
  private block: Buffer | undefined;
  private fill = 0;

  /** The message lies in a block from now on; data that was taken from it before stays where it was. */
  take(msg: HoldfastMsg): void {
    const size = msg.size();
    if (this.block === undefined || this.block.length - this.fill < size) {
      this.block = Buffer.allocUnsafeSlow(Math.max(BLOCK, size));
      this.fill = 0;
    }
    msg.moveTo(this.block, this.fill);
    this.fill += size;
  }

  /** Lets go of the block that is being filled: the messages in it keep it. */
  close(): void {
    this.block = undefined;
  }
}
