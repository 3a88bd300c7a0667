import type { HoldfastError } from "../../index.js";
import { storeError } from "../errors.js";
import type { Bodies } from "./bodies.js";
import type { StoredEntry } from "./body-codec.js";
import type { JournalRecord } from "./journal-record.js";
import type { JournalClock } from "./options.js";

/** Waits before a body that could not be read is read again, ms. */
const READ_AGAIN = [100, 1000];

/** What reading needs from around it. */
interface Surroundings {
  /** The outbox's own id. */
  readonly outbox: string;
  readonly path: string;
  readonly bodies: Bodies;
  readonly clock: JournalClock;
  readonly maxAge: number;
  failed(error: HoldfastError): void;
}

/** Brings the entries of a record from the disk, with patience. */
export class BatchReader {
  private readonly around: Surroundings;
  /** The last one could not be read after all patience. */
  private unreadable = false;
  private stopped = false;
  private resume: (() => void) | undefined;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `read` or `decrypt` after some tries, or `decode` */
  async body(record: JournalRecord): Promise<Uint8Array> {
    const { bodies } = this.around;
    // After one that could not be read, the next need not take as long.
    for (const wait of this.unreadable ? [] : READ_AGAIN) {
      try {
        return await bodies.read(record.id, record);
      } catch (error) {
        if ((error as { operation?: string }).operation === "decode") throw error;
        this.around.failed(error as HoldfastError);
        await this.pause(wait);
      }
    }
    this.unreadable = true;
    const body = await bodies.read(record.id, record);
    this.unreadable = false;
    return body;
  }

  /** @throws HoldfastError `OUTBOX_FAILED`, operation `decode` */
  decode(record: JournalRecord, body: Uint8Array): (StoredEntry | undefined)[] {
    const { outbox, path, maxAge } = this.around;
    try {
      return record.decode(body, outbox, maxAge).entries;
    } catch (error) {
      throw storeError("decode", path, error, `record ${record.id} is damaged: ${(error as Error).message}`);
    }
  }

  /** Whoever waits does so no longer. */
  stop(): void {
    this.stopped = true;
    this.resume?.();
  }

  private pause(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.around.clock.setTimeout(resolve, ms);
      this.resume = () => {
        this.around.clock.clearTimeout(timer);
        resolve();
      };
    });
  }
}
