import { NO_STALL, type Stall, type Standing } from "./crew.js";
import type { Gap } from "./protocol.js";

/** Nothing of one publisher came to one receiver. */
export interface Pause extends Gap {
  readonly receiver: string;
  /** ms of it during which one of our processes could have gone on, and had no processor. */
  readonly machine: number;
}

/** The longest pauses of a while. */
export interface Pauses {
  readonly longest: Pause;
  /** The longest without what the machine has added. */
  readonly own: Pause;
  /** The longest time for which one of our processes stood still. */
  readonly stall: Stall;
}

const NONE: Pause = { at: 0, ms: 0, receiver: "nobody", machine: 0 };

/** Finds them among those that ended between two moments. */
export function pausesOf(
  { receipts, stalls }: Pick<Standing, "receipts" | "stalls">,
  since = Number.NEGATIVE_INFINITY,
  until = Number.POSITIVE_INFINITY,
): Pauses {
  const isWithin = ({ at }: Gap) => at >= since && at < until;
  const pauses = receipts.flatMap(({ receiver, gaps }) =>
    gaps.filter(isWithin).map((gap): Pause => ({ ...gap, receiver, machine: machineOf(gap, stalls) })),
  );
  return {
    longest: most(pauses, ({ ms }) => ms, NONE),
    own: most(pauses, ownOf, NONE),
    stall: most(stalls.filter(isWithin), ({ ms }) => ms, NO_STALL),
  };
}

/** ms of a pause that the machine has not added. */
export function ownOf({ ms, machine }: Pause): number {
  return ms - machine;
}

/** Several processes can be without a processor at once: the one that was for longest counts. */
function machineOf(gap: Gap, stalls: readonly Stall[]): number {
  const idle = new Map<string, number>();
  for (const { at, ms, busy, process } of stalls) {
    const overlap = Math.min(at, gap.at) - Math.max(at - ms, gap.at - gap.ms);
    if (overlap <= 0) continue;
    const without = (Math.max(0, ms - busy) * overlap) / ms;
    idle.set(process, (idle.get(process) ?? 0) + without);
  }
  return Math.max(0, ...idle.values());
}

function most<T>(all: readonly T[], figure: (one: T) => number, otherwise: T): T {
  return all.reduce((best, one) => (figure(one) > figure(best) ? one : best), otherwise);
}
