import { between, seeded } from "../random.js";

/** What the servers are doing while a publisher lives. */
export type Act = "up" | "outage" | "replay";

/** One life of the publisher, and the way in which it ends. */
export interface PlannedLife {
  readonly act: Act;
  /** ms from the moment that the act wants to see (see {@link PlannedLife.act}) until the kill. */
  readonly kill: number;
}

/**
 * The shortest and longest time until the kill, ms. While servers are there it counts from the first confirmation of this life: so it dies while it publishes, is
 * confirmed and deletes. In the outage it counts from the first message on disk. In the replay it is short, to hit what is left of the outage.
 */
const SPANS: Record<Act, readonly [number, number]> = {
  up: [150, 1100],
  outage: [150, 1700],
  replay: [5, 350],
};

/** The lives of a run but for the last one, which nobody kills: a quarter before the outage of all servers, a third after it, the others within. */
export function planLives(seed: number, kills: number): PlannedLife[] {
  const random = seeded(seed);
  const before = Math.max(1, Math.floor(kills / 4));
  const after = Math.max(1, Math.floor(kills / 3));
  return Array.from({ length: kills }, (_, index) => {
    const act = index < before ? "up" : index < kills - after ? "outage" : "replay";
    return { act, kill: between(random, ...SPANS[act]) };
  });
}
