import type { BenchClient, Load } from "../clients/client.js";
import { connectClient } from "../clients/connect.js";
import type { Sample } from "../figures.js";
import { SUBJECT } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { turns } from "../rounds.js";
import type { Perform } from "./stage.js";
import { IDLE_ARMS, type OutboxIdleWork } from "./work.js";

/** A slice is so many times shorter than a usual measurement: what the machine does meanwhile falls on both arms alike. */
const FINER = 10;
/** Slices of each arm before those that are measured, and those. */
const WARM = 20;
const MEASURED = 64;
/** Part of the pairs that is left out at either end: a collection, or another process, fell into one of their slices. */
const LEFT_OUT = 0.25;

type Arm = (typeof IDLE_ARMS)[number];

/** What was done in a time, and what it took. */
interface Slice {
  readonly messages: number;
  /** Seconds. */
  readonly time: number;
  /** Seconds of CPU. */
  readonly cpu: number;
}

/**
 * How a process was compiled, and what the machine did meanwhile, makes one process differ from the next by far more than an empty outbox costs. So the arms are
 * connections of one process, with the same code, in short slices in turns. Who is connected first, and begins, changes with each round.
 */
export const outboxIdle: Perform<OutboxIdleWork> = async ({ size }, job) => {
  const load: Load = { subjects: [SUBJECT], payload: new Uint8Array(size).fill(120), headers: false };
  const [without, outbox] = IDLE_ARMS;
  const arms = turns(IDLE_ARMS, job.round ?? 0);
  const clients = new Map<Arm, BenchClient>();
  for (const arm of arms)
    clients.set(arm, await connectClient(arm === outbox ? "holdfast-outbox" : job.client, job));
  const slice = async (arm: Arm): Promise<Slice> => {
    const meter = new Meter();
    const messages = await clients.get(arm)!.publishFor(job.ms / FINER, load);
    const { time, cpu } = meter.stop(messages);
    return { messages, time, cpu: cpu * messages };
  };
  const pairs: Record<Arm, Slice>[] = [];
  for (let turn = 0; turn < WARM + MEASURED; turn++) {
    const pair = {} as Record<Arm, Slice>;
    for (const arm of turns(arms, turn)) pair[arm] = await slice(arm);
    if (turn >= WARM) pairs.push(pair);
  }
  const ratio = (pair: Record<Arm, Slice>) => each(pair[outbox]) / each(pair[without]);
  pairs.sort((a, b) => ratio(a) - ratio(b));
  const kept = pairs.slice(pairs.length * LEFT_OUT, pairs.length * (1 - LEFT_OUT));
  return Object.fromEntries(IDLE_ARMS.map((arm) => [arm, sample(kept.map((pair) => pair[arm]))]));
};

function each({ cpu, messages }: Slice): number {
  return cpu / messages;
}

function sample(slices: readonly Slice[]): Sample {
  const sum = (what: keyof Slice) => slices.reduce((all, slice) => all + slice[what], 0);
  return { rate: sum("messages") / sum("time"), cpu: sum("cpu") / sum("messages") };
}
