import { crc32 } from "node:zlib";
import type { OverflowMessage } from "../index.js";
import type { Batch, Entry } from "./journal/entry.js";
import type { Portion } from "./send/sender.js";

type Message = Pick<OverflowMessage, "subject" | "reply" | "headers" | "payload">;

/** What a message of a connection's window is to the outbox. */
export interface Place {
  /** The journal has it: the outbox itself has published it. */
  readonly isOwn: boolean;
  /** The last batch that was published before it, of those that have messages without an outcome; undefined: none was. */
  readonly behind: Batch | undefined;
}

/** Entries of one batch. */
interface Block {
  readonly batch: Batch;
  readonly entries: readonly Entry[];
}

const NOTHING = new Uint8Array(0);
/** Places that are looked at where many messages are alike. */
const MOST_TRIES = 32;

/** What messages that are the same to everybody have in common; what differs has another one, almost always. */
export function keyOf({ subject, reply, headers, payload }: Message): string {
  const size = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  return `${crc32(payload, crc32(headers ?? NOTHING))} ${size} ${subject} ${reply}`;
}

export function entriesOf(portions: readonly Portion[]): Entry[] {
  return portions.flatMap(({ batch, from, to }) => batch.entries.slice(from, to));
}

/**
 * Finds out which messages of a window, in order, are the outbox's own, and between which of these the others were published. A connection does not hand back all that is
 * on its way: the first of it a server may have confirmed, others had no time left. And others may look alike. But while a batch is being published, nothing else is: the
 * entries of one stand together.
 */
export function placesIn(messages: readonly Message[], portions: readonly Portion[]): Place[] {
  if (portions.length === 0) return messages.map(() => ({ isOwn: false, behind: undefined }));
  return new Alignment(messages, blocksOf(portions)).places();
}

class Alignment {
  private readonly messages: readonly Message[];
  private readonly blocks: readonly Block[];
  private readonly positions = new Map<string, number[]>();
  private readonly isOwn: boolean[];

  constructor(messages: readonly Message[], blocks: readonly Block[]) {
    this.messages = messages;
    this.blocks = blocks;
    this.isOwn = messages.map(() => false);
    for (const [i, message] of messages.entries()) {
      const key = keyOf(message);
      const known = this.positions.get(key);
      if (known) known.push(i);
      else this.positions.set(key, [i]);
    }
  }

  places(): Place[] {
    const { blocks, isOwn } = this;
    // From the end: what is not there is mostly at the beginning.
    const starts: { block: number; at: number }[] = [];
    let bound = this.messages.length;
    for (let block = blocks.length - 1; block >= 0; block--) {
      const at = this.together(blocks[block], bound) ?? this.oneByOne(blocks[block], bound);
      if (at === undefined) continue;
      starts.push({ block, at });
      bound = at;
    }
    let next = starts.pop();
    return isOwn.map((own, i) => {
      while (next !== undefined && next.at <= i) next = starts.pop();
      // What was confirmed, and is not in the window, was published before what is in it.
      return { isOwn: own, behind: blocks[(next?.block ?? blocks.length) - 1]?.batch };
    });
  }

  /** The block as a whole, or the end of it at the beginning of the window: gives where it begins. */
  private together({ entries }: Block, bound: number): number | undefined {
    for (const end of this.candidates(entries[entries.length - 1], bound, MOST_TRIES)) {
      const start = Math.max(0, end + 1 - entries.length);
      let at = end;
      while (at >= start && isSame(this.messages[at], entries[entries.length - 1 - (end - at)])) at--;
      if (at >= start) continue;
      this.isOwn.fill(true, start, end + 1);
      return start;
    }
    return undefined;
  }

  /** As much of the block as there is, in its order. */
  private oneByOne({ entries }: Block, bound: number): number | undefined {
    let first: number | undefined;
    for (let i = entries.length - 1; i >= 0; i--) {
      for (const at of this.candidates(entries[i], first ?? bound, 1)) {
        if (!isSame(this.messages[at], entries[i])) continue;
        this.isOwn[at] = true;
        first = at;
      }
    }
    return first;
  }

  /** Where something like the entry is, in front of `bound`: the last places, from behind. */
  private candidates(entry: Entry, bound: number, most: number): readonly number[] {
    const known = this.positions.get(keyOf(entry)) ?? [];
    let end = known.length;
    let low = 0;
    while (low < end) {
      const middle = (low + end) >> 1;
      if (known[middle] < bound) low = middle + 1;
      else end = middle;
    }
    return known.slice(Math.max(0, end - most), end).reverse();
  }
}

function blocksOf(portions: readonly Portion[]): Block[] {
  const blocks: { batch: Batch; entries: Entry[] }[] = [];
  for (const portion of portions) {
    const { batch } = portion;
    const entries = entriesOf([portion]);
    const last = blocks.at(-1);
    if (last?.batch === batch) last.entries.push(...entries);
    else if (entries.length > 0) blocks.push({ batch, entries });
  }
  return blocks;
}

function isSame(message: Message, entry: Entry): boolean {
  const { subject, reply, headers, payload } = message;
  return (
    subject === entry.subject &&
    reply === entry.reply &&
    Buffer.compare(headers ?? NOTHING, entry.headers ?? NOTHING) === 0 &&
    Buffer.compare(typeof payload === "string" ? Buffer.from(payload) : payload, entry.payload) === 0
  );
}
