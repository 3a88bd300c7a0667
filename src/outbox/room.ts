import { codedError } from "../checks/coded-error.js";
import { stackless } from "../errors.js";
import type { HoldfastError, OverflowMessage } from "../index.js";

const MIB = 1024 * 1024;

/** What is asked of the journal. */
export interface Storage {
  readonly path: string;
  /** What counts against `maxBytes`. */
  readonly bytes: number;
  /** Whether a message of so many encoded bytes would be taken. */
  hasRoomFor(bytes: number): boolean;
}

/** Whether there is room for more: why not, and who waits until there is. */
export class Room {
  private readonly storage: Storage;
  private readonly maxBytes: number;
  /** Bytes for which there has to be room before anybody is told that there is; 0: nothing was refused since something was taken. */
  private wanted = 0;
  private waiting: (() => void)[] = [];
  /** Of the message that was refused last. */
  private subject: string | undefined;

  constructor(storage: Storage, maxBytes: number) {
    this.storage = storage;
    this.maxBytes = maxBytes;
  }

  /** A message was refused: with room for its bytes alone the next one would be, too. */
  refused({ subject, bytes }: Pick<OverflowMessage, "subject" | "bytes">): void {
    this.subject = subject;
    this.wanted = Math.max(bytes, Math.min(this.maxBytes / 8, MIB));
  }

  taken(): void {
    this.wanted = 0;
  }

  /** Why the message was refused that was refused last. */
  error(): HoldfastError {
    const { subject } = this;
    const { path, bytes } = this.storage;
    const text = `outbox ${path} is full: it holds ${bytes} bytes, and option "maxBytes" is ${this.maxBytes}`;
    return stackless(codedError, "OUTBOX_FULL", text, subject === undefined ? {} : { subject });
  }

  /** Resolves when what was refused last would be taken. */
  writable(): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Something has left. */
  look(): void {
    if (this.waiting.length > 0 && this.isOpen) this.end();
  }

  /** Nobody waits any more. */
  end(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private get isOpen(): boolean {
    return this.wanted === 0 || this.storage.hasRoomFor(this.wanted);
  }
}
