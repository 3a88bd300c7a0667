import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError, OverflowMessage } from "../../index.js";
import type { Holdings } from "./holdings.js";
import { RECORD_OVERHEAD } from "./journal-record.js";

/** How much a journal holds at most, bytes. */
export interface Bounds {
  /** Of all that it holds. */
  readonly maxBytes: number;
  /** Of what is not on disk yet. */
  readonly memoryLimit: number;
}

/** Whether a journal takes a message, and why not. */
export class Limits {
  /** Nothing more is taken: the journal is closed. */
  isClosed = false;
  private readonly path: string;
  private readonly bounds: Bounds;
  private readonly holdings: Pick<Holdings, "bytes" | "memoryBytes">;

  /** @param path of the outbox, for errors */
  constructor(path: string, bounds: Bounds, holdings: Pick<Holdings, "bytes" | "memoryBytes">) {
    this.path = path;
    this.bounds = bounds;
    this.holdings = holdings;
  }

  /** Whether there is room for so many encoded bytes, as far as what is held is concerned. */
  hasRoom(bytes: number): boolean {
    return !this.isClosed && this.holdings.bytes + bytes + RECORD_OVERHEAD <= this.bounds.maxBytes;
  }

  /** Whether so many are taken now: what is on its way to the disk is bounded as well. */
  hasRoomFor(bytes: number): boolean {
    return this.hasRoom(bytes) && this.holdings.memoryBytes + bytes <= this.bounds.memoryLimit;
  }

  /** Why this message is not taken: `INVALID_OPERATION`, `OUTBOX_FULL`; undefined: it is. */
  refusal({ subject, bytes }: Pick<OverflowMessage, "subject" | "bytes">): HoldfastError | undefined {
    if (this.hasRoomFor(bytes)) return undefined;
    const { path, holdings } = this;
    const { maxBytes, memoryLimit } = this.bounds;
    if (this.isClosed) return codedError("INVALID_OPERATION", `outbox ${path}: it is closed`, { subject });
    const why = this.hasRoom(bytes)
      ? `${holdings.memoryBytes} bytes are on their way to the disk, and more than ${memoryLimit} are not taken: await what was stored`
      : `it holds ${holdings.bytes} bytes, and option maxBytes is ${maxBytes}`;
    return codedError("OUTBOX_FULL", `outbox ${path}: ${why}`, { subject });
  }
}
