import { between, type Random, seeded, shuffled } from "./random.js";

/**
 * Whom a step hits, by role: "the node the publisher is connected to", not "node 2". The two clients move to
 * different nodes after the first kill; by role both still get the same treatment.
 */
export type Target = "publisher" | "subscriber" | "idle" | "all";

/** What can go wrong. */
export type Fault =
  /** SIGKILL of one node. */
  | "kill"
  /** SIGTERM of one node. */
  | "term"
  /** SIGSTOP of one node, SIGCONT later. */
  | "freeze"
  /** SIGKILL of the publisher's node, and within a second of the node that the publisher went to. */
  | "double-kill"
  /** SIGKILL of the publisher's node and of the next in its list, on whose port a server accepts and says nothing. */
  | "hang"
  /** SIGKILL of all nodes. */
  | "all-down"
  /** The subscriber takes its time with every message. */
  | "slow";

/** One fault and the recovery that belongs to it. */
export interface Step {
  /** Milliseconds after publishing began. */
  readonly at: number;
  readonly fault: Fault;
  readonly target: Target;
  /** Milliseconds from the (last) strike until the fault ends: the restart, the SIGCONT, the subscriber at full speed. */
  readonly down: number;
  /** Strike only once the publisher's new link has lived for {@link YOUNG_LINK} milliseconds. */
  readonly young: boolean;
}

/** The age at which a young link is cut: long enough to be working, too short to be trusted by anybody. */
export const YOUNG_LINK = 300;
/** From the first kill of a double kill to the second. */
export const SECOND_KILL = 600;
/** Longer than Holdfast's `stallTimeout` of 5 s, so that it has to notice by itself. */
export const FREEZE = 6500;
/** How long everything is up and running at the end, at the least. */
export const QUIET_TAIL = 2000;
/** The shortest run that still holds a kill of one node, a kill of all, and the quiet tail. */
export const MIN_SECONDS = 5;
/** The shortest run that has every fault, none of them squeezed. */
export const FULL_SECONDS = 45;

interface Scene {
  /** Milliseconds until the next scene may begin. */
  readonly length: number;
  /** Means nothing when it is shorter. */
  readonly rigid?: boolean;
  readonly steps: (random: Random, length: number) => Omit<Step, "at">[];
}

/** Pause between the first kill of a pair and the second, in which the first node is back already. */
const PAIR_GAP = 400;
const PAIR_DOWN = 250;

const step = (fault: Fault, target: Target, down: number, young = false) => ({ fault, target, down, young });

/** A scene is over before the next begins, with time for a client that sleeps two seconds to come back. */
const SCENES = {
  "all-down": { length: 6000, steps: (_r, length) => [step("all-down", "all", Math.min(3000, length / 2))] },
  publisher: {
    length: 2800,
    steps: (r, length) => [step("kill", "publisher", downtime(r, 500, 1500, length))],
  },
  young: {
    length: 4000,
    steps: (r, length) => [
      step("kill", "publisher", Math.min(PAIR_DOWN, length / 5)),
      step("kill", "publisher", downtime(r, 500, 1500, length - PAIR_GAP), true),
    ],
  },
  "double-kill": {
    length: 4000,
    steps: (r, length) => [step("double-kill", "publisher", downtime(r, 500, 1200, length - 1500))],
  },
  hang: { length: 4700, steps: (_r, length) => [step("hang", "publisher", Math.min(3000, length * 0.6))] },
  subscriber: {
    length: 2200,
    steps: (r, length) => [step("kill", "subscriber", downtime(r, 500, 1500, length))],
  },
  term: { length: 2800, steps: (r, length) => [step("term", "publisher", downtime(r, 500, 1500, length))] },
  slow: { length: 3500, steps: (_r, length) => [step("slow", "subscriber", Math.min(2000, length * 0.6))] },
  freeze: { length: FREEZE + 2000, rigid: true, steps: () => [step("freeze", "publisher", FREEZE)] },
  idle: { length: 1500, steps: (r, length) => [step("kill", "idle", downtime(r, 500, 1000, length))] },
} satisfies Record<string, Scene>;

type SceneName = keyof typeof SCENES;

const sceneOf = (name: SceneName): Scene => SCENES[name];
const NAMES = Object.keys(SCENES) as SceneName[];
/** What no run is without, however tightly it has to be squeezed. */
const REQUIRED: readonly SceneName[] = ["all-down", "publisher"];
/** The others, the most telling first: a short run leaves out what does not fit. */
const WANTED = NAMES.filter((name) => !REQUIRED.includes(name));
/** How far scenes are squeezed to make room for one more. */
const TIGHTEST = 0.7;
/**
 * What every run begins with. The first kill hits a link that had time to settle, as production links mostly have;
 * the freeze comes while publisher and subscriber are known to be on different nodes, since no client can make
 * messages arrive at a subscriber whose own node stands still.
 */
const OPENING: readonly SceneName[] = ["publisher", "freeze"];

/**
 * The faults of a run, from nothing but the seed and the length. All nodes are up again at least {@link QUIET_TAIL}
 * before the end, and no two steps overlap.
 */
export function planSchedule(seed: number, seconds: number): Step[] {
  if (!(seconds >= MIN_SECONDS)) throw new RangeError(`a schedule needs at least ${MIN_SECONDS} seconds`);
  const random = seeded(seed);
  const total = Math.floor(seconds * 1000);
  const lead = Math.min(2500, Math.floor(total * 0.12));
  const available = total - lead - QUIET_TAIL;

  const chosen = chooseScenes(random, available);
  const rigid = rigidLength(chosen);
  const needed = lengthOf(chosen);
  const squeeze = Math.min(1, (available - rigid) / (needed - rigid));
  // Time to spare is spread at random between the scenes, half of it; the rest makes the tail longer.
  const spare = Math.max(0, available - needed) / (2 * chosen.length);

  const steps: Step[] = [];
  let at = lead;
  for (const name of chosen) {
    at += random() * spare;
    const scene = sceneOf(name);
    const length = scene.rigid ? scene.length : scene.length * squeeze;
    let offset = 0;
    for (const step of scene.steps(random, length)) {
      steps.push({ ...step, at: Math.round(at + offset), down: Math.round(step.down) });
      offset += PAIR_GAP;
    }
    at += length;
  }
  return steps;
}

function chooseScenes(random: Random, available: number): SceneName[] {
  const kept = [...REQUIRED];
  for (const name of WANTED) if (squeezed([...kept, name]) <= available) kept.push(name);
  const chosen = [
    ...OPENING.filter((name) => kept.includes(name)),
    ...shuffled(
      random,
      kept.filter((name) => !OPENING.includes(name)),
    ),
  ];
  for (;;) {
    const left = available - lengthOf(chosen);
    // Rigid scenes have conditions that hold at the beginning only.
    const fitting = NAMES.filter((name) => !sceneOf(name).rigid && SCENES[name].length <= left);
    if (fitting.length === 0) return chosen;
    chosen.push(fitting[between(random, 0, fitting.length - 1)]);
  }
}

function lengthOf(scenes: readonly SceneName[]): number {
  return scenes.reduce((sum, name) => sum + SCENES[name].length, 0);
}

function rigidLength(scenes: readonly SceneName[]): number {
  return lengthOf(scenes.filter((name) => sceneOf(name).rigid));
}

function squeezed(scenes: readonly SceneName[]): number {
  const rigid = rigidLength(scenes);
  return rigid + (lengthOf(scenes) - rigid) * TIGHTEST;
}

/** Within the wanted range, and over well before the scene is. */
function downtime(random: Random, low: number, high: number, length: number): number {
  return Math.min(between(random, low, high), length * 0.75);
}
