import { between, type Random, seeded, shuffled } from "./random.js";

/**
 * Whom a step hits, by role: "the node the publisher is connected to", not "node 2". The two clients move to
 * different nodes after the first kill; by role both still get the same treatment.
 */
export type Target = "publisher" | "subscriber" | "idle" | "all";

/** One SIGKILL and the restart that belongs to it. */
export interface Step {
  /** Milliseconds after publishing began. */
  readonly at: number;
  readonly target: Target;
  /** Milliseconds from the kill to the restart. */
  readonly down: number;
  /** Strike only once the publisher's new link has lived for {@link YOUNG_LINK} milliseconds. */
  readonly young: boolean;
}

/** The age at which a young link is cut: long enough to be working, too short to be trusted by anybody. */
export const YOUNG_LINK = 300;
/** How long everything is up and running at the end, at the least. */
export const QUIET_TAIL = 2000;
/** The shortest run that still holds a kill of one node, a kill of all, and the quiet tail. */
export const MIN_SECONDS = 5;

interface Scene {
  readonly length: number;
  readonly steps: (random: Random, length: number) => Omit<Step, "at">[];
}

/** Pause between the first kill of a pair and the second, in which the first node is back already. */
const PAIR_GAP = 400;
const PAIR_DOWN = 250;

const kill = (target: Target, down: number, young = false) => ({ target, down, young });

/** A scene is over before the next begins, with time for a client that sleeps two seconds to come back. */
const SCENES = {
  publisher: { length: 3000, steps: (r, length) => [kill("publisher", downtime(r, 500, 1500, length))] },
  subscriber: { length: 2200, steps: (r, length) => [kill("subscriber", downtime(r, 500, 1500, length))] },
  young: {
    length: 4300,
    steps: (r, length) => [
      kill("publisher", Math.min(PAIR_DOWN, length / 5)),
      kill("publisher", downtime(r, 500, 1500, length - PAIR_GAP), true),
    ],
  },
  all: { length: 4300, steps: (r, length) => [kill("all", downtime(r, 300, 1000, length))] },
  idle: { length: 1500, steps: (r, length) => [kill("idle", downtime(r, 500, 1000, length))] },
} satisfies Record<string, Scene>;

type SceneName = keyof typeof SCENES;

/** What a run must not be without, the most important first: a short one leaves out from the end. */
const REQUIRED: readonly SceneName[] = ["all", "publisher", "young", "subscriber", "idle"];
/** How far scenes are squeezed before one is left out. */
const TIGHTEST = 0.3;

/**
 * The kills and restarts of a run, from nothing but the seed and the length. All nodes are up again at least
 * {@link QUIET_TAIL} before the end, and the downtimes of two steps never overlap.
 */
export function planSchedule(seed: number, seconds: number): Step[] {
  if (!(seconds >= MIN_SECONDS)) throw new RangeError(`a schedule needs at least ${MIN_SECONDS} seconds`);
  const random = seeded(seed);
  const total = Math.floor(seconds * 1000);
  const lead = Math.min(2500, Math.floor(total * 0.12));
  const available = total - lead - QUIET_TAIL;

  const chosen = chooseScenes(random, available);
  const needed = lengthOf(chosen);
  const squeeze = Math.min(1, available / needed);
  // Time to spare is spread at random between the scenes, half of it; the rest makes the tail longer.
  const spare = Math.max(0, available - needed) / (2 * chosen.length);

  const steps: Step[] = [];
  let at = lead;
  for (const name of chosen) {
    at += random() * spare;
    const length = SCENES[name].length * squeeze;
    let offset = 0;
    for (const step of SCENES[name].steps(random, length)) {
      steps.push({ ...step, at: Math.round(at + offset), down: Math.round(step.down) });
      offset += PAIR_GAP;
    }
    at += length;
  }
  return steps;
}

/** One line of plain words about a step, for the announcements. */
export function describeStep(step: Step): string {
  const down = `back after ${(step.down / 1000).toFixed(1)} s`;
  switch (step.target) {
    case "publisher":
      return step.young
        ? `SIGKILL the publisher's new node, its link ${YOUNG_LINK / 1000} s old, ${down}`
        : `SIGKILL the publisher's node, ${down}`;
    case "subscriber":
      return `SIGKILL the subscriber's node, ${down}`;
    case "idle":
      return `SIGKILL a node nobody uses, ${down}`;
    case "all":
      return `SIGKILL all three nodes at once, ${down}`;
  }
}

function chooseScenes(random: Random, available: number): SceneName[] {
  const kept = [...REQUIRED];
  while (kept.length > 1 && lengthOf(kept) * TIGHTEST > available) kept.pop();
  // The first kill hits a link that had time to settle, as production links mostly have.
  const first: SceneName = kept.includes("publisher") ? "publisher" : "all";
  const chosen: SceneName[] = [
    first,
    ...shuffled(
      random,
      kept.filter((name) => name !== first),
    ),
  ];
  for (;;) {
    const left = available - lengthOf(chosen);
    const fitting = REQUIRED.filter((name) => SCENES[name].length <= left);
    if (fitting.length === 0) return chosen;
    chosen.push(fitting[between(random, 0, fitting.length - 1)]);
  }
}

function lengthOf(scenes: readonly SceneName[]): number {
  return scenes.reduce((sum, name) => sum + SCENES[name].length, 0);
}

/** Within the wanted range, and over well before the scene is. */
function downtime(random: Random, low: number, high: number, length: number): number {
  return Math.min(between(random, low, high), length * 0.75);
}
