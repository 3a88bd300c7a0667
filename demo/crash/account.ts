import type { Name } from "./names.js";
import type { Resolved } from "./protocol.js";

/** What became of the messages of all lives. */
export interface Account {
  /** Messages whose promise had resolved, as far as the publisher could still say so. */
  readonly resolved: number;
  /** Messages in the stream, with those that are there twice. */
  readonly stored: number;
  /** Resolved, and not in the stream. */
  readonly missing: number;
  /** In the stream more than once; each further one counts. */
  readonly twice: number;
  /** In the stream after a message that was published later. */
  readonly outOfOrder: number;
  /** In the stream although no promise had resolved: killed between the disk and the promise. */
  readonly unasked: number;
  /** In the stream, and not of this run. */
  readonly strangers: number;
  /** Some of those that are missing, twice or out of order, as `life.sequence`. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** The promises that have resolved, life by life. */
export class Resolutions {
  readonly #lives = new Map<number, Resolved[]>();
  total = 0;

  add(life: number, range: Resolved): void {
    const ranges = this.#lives.get(life);
    if (ranges === undefined) this.#lives.set(life, [range]);
    else ranges.push(range);
    this.total += range.to - range.from + 1;
  }

  *names(): Iterable<Name> {
    for (const [life, ranges] of this.#lives) {
      for (const { from, to } of ranges) {
        for (let sequence = from; sequence <= to; sequence++) yield { life, sequence };
      }
    }
  }
}

/**
 * Compares what has resolved with what the stream has.
 *
 * @param stored the stream's messages in its order; undefined for one without a name
 */
export function settle(resolved: Resolutions, stored: readonly (Name | undefined)[]): Account {
  const seen = new Map<string, number>();
  const examples: string[] = [];
  const note = (name: Name) => {
    if (examples.length < EXAMPLES) examples.push(key(name));
  };
  let [twice, outOfOrder, strangers] = [0, 0, 0];
  let newest: Name = { life: 0, sequence: -1 };
  for (const name of stored) {
    if (name === undefined) {
      strangers++;
      continue;
    }
    const times = seen.get(key(name)) ?? 0;
    seen.set(key(name), times + 1);
    const late = name.life < newest.life || (name.life === newest.life && name.sequence < newest.sequence);
    if (times > 0) twice++;
    else if (late) outOfOrder++;
    if (times > 0 || late) note(name);
    if (!late) newest = name;
  }
  let missing = 0;
  let found = 0;
  for (const name of resolved.names()) {
    if (seen.has(key(name))) {
      found++;
    } else {
      missing++;
      note(name);
    }
  }
  return {
    resolved: resolved.total,
    stored: stored.length,
    missing,
    twice,
    outOfOrder,
    unasked: seen.size - found,
    strangers,
    examples,
  };
}

/** What of the promise was broken, in words; empty when it was kept. */
export function brokenPromises({
  resolved,
  missing,
  twice,
  outOfOrder,
  strangers,
  examples,
}: Account): string[] {
  const broken: string[] = [];
  const such = examples.length === 0 ? "" : `, such as ${examples.join(", ")}`;
  if (resolved === 0) broken.push("no publishDurable() has resolved");
  if (missing > 0)
    broken.push(`${missing} messages whose publishDurable() had resolved are not in the stream${such}`);
  if (twice > 0) broken.push(`${twice} messages are in the stream a second time${such}`);
  if (outOfOrder > 0) broken.push(`${outOfOrder} messages are in the stream out of order${such}`);
  if (strangers > 0) broken.push(`${strangers} messages in the stream are of somebody else`);
  return broken;
}

function key({ life, sequence }: Name): string {
  return `${life}.${sequence}`;
}
