/** Names of what a run is about. */
export const STREAM = "OUTBOX";
export const SUBJECT = "outbox.work";
export const HEADER = "Number";
/** ms that the stream knows message ids for: longer than any run. */
export const WINDOW = 60 * 60 * 1000;

/** An instant of a process at which it is to die. */
export interface Aim {
  /**
   * `opening`: it is about to open the outbox; `linked`: it has a link; `resolved`: a `publishDurable()` has resolved; `storing`: a commit with messages begins; `removing`: a
   * commit that removes some begins.
   */
  readonly at: "opening" | "linked" | "resolved" | "storing" | "removing";
  /** The so-manieth of them, from 1. */
  readonly nth: number;
  /** And so many microseconds later. */
  readonly micros: number;
}

/** What a process is to do. */
export interface Order {
  readonly type: "work";
  /** Number of the process, from 1; it is in every message. */
  readonly process: number;
  /** Folder of the outbox. */
  readonly path: string;
  /** File that it writes down in what happens. */
  readonly record: string;
  readonly servers: string[];
  readonly stream: string | undefined;
  /** Who publish at the same time, each one message after the other; 0: nobody. */
  readonly callers: number;
  readonly aim: Aim | undefined;
  /** Commits are written down as well, by a store that stands between. */
  readonly spied: boolean;
  /** Its store says that it has written before it has. */
  readonly sabotaged: boolean;
  /** It sends all there is, and ends by itself. */
  readonly drains: boolean;
}

/** What a process says. */
export type FromWorker =
  /** All its code is loaded; it waits for its order. */
  | { readonly type: "ready" }
  /** It publishes nothing, and its outbox is empty. */
  | { readonly type: "idle" };

/** Bytes of the payload of a message: some are long. */
export function sizeOf(process: number, number: number): number {
  const mixed = Math.imul(process * 65_537 + number, 0x9e3779b1) >>> 0;
  if (mixed % 97 === 0) return 4_000 + (mixed % 60_000);
  return 40 + (mixed % 1_500);
}

/** What a message says: whose it is, and letters that follow from that. */
export function payloadOf(process: number, number: number): Buffer {
  const payload = Buffer.alloc(sizeOf(process, number), 97 + (number % 26));
  payload.write(`${process} ${number}|`, 0, "latin1");
  return payload;
}

/** Whether a message has headers: every third. */
export function hasHeaders(number: number): boolean {
  return number % 3 === 0;
}

/** A message that has arrived. */
export interface Arrival {
  readonly process: number;
  readonly number: number;
  /** It says what it was told to say, to the last byte. */
  readonly whole: boolean;
  /** The process that was alive then; undefined when nobody has looked. */
  readonly during?: number | undefined;
}

/** Reads a message. */
export function readArrival(data: Uint8Array, header: string | undefined): Arrival {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, 40)).toString("latin1");
  const [, process, number] = /^(\d+) (\d+)\|/.exec(text) ?? [];
  if (number === undefined) return { process: 0, number: 0, whole: false };
  const which = { process: Number(process), number: Number(number) };
  const expected = hasHeaders(which.number) ? number : undefined;
  return {
    ...which,
    whole: header === expected && payloadOf(which.process, which.number).equals(data),
  };
}
