import type { Verdict } from "../history/verdict.js";
import { runClient } from "../sim-client/run-client.js";
import type { Counts } from "./coverage.js";
import { Coverage } from "./coverage.js";
import { type RunOptions, type RunResult, run } from "./run.js";
import { Violation } from "./violation.js";

/** What is run: the engine with a driver of its own (level one), or the whole client on simulated sockets (level two). */
export const LEVELS = ["engine", "client"] as const;
export type Level = (typeof LEVELS)[number];

/** Seeds to run, one behind the other. */
export interface Task {
  /** Default `engine`. */
  readonly level?: Level;
  readonly first: number;
  readonly seeds: number;
  /** Ingredients to leave out, see `INGREDIENTS`. */
  readonly without: readonly string[];
  /** See `RunOptions.steps`. */
  readonly steps: number | undefined;
  /** Run each seed twice and compare the hashes of the traces. */
  readonly twice: boolean;
}

/** How one seed went. */
export interface Finding {
  readonly seed: number;
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  /** The rule that was broken, or the stack of an error that the engine has thrown. */
  readonly failure: string | undefined;
}

/** What a task has brought; plain data, so that it can go from thread to thread. */
export interface Batch {
  readonly findings: readonly Finding[];
  readonly counts: Counts;
  readonly history: HistoryTotals;
}

/** The verdicts of many runs, added up. */
export type HistoryTotals = Readonly<Record<(typeof TOTALS)[number], number>>;

const NUMBERS = ["accepted", "acknowledged", "found", "reported", "rejected", "copies", "reordered"] as const;
const LISTS = ["lost", "duplicated", "unknown", "unexpected", "contradictory"] as const;
const TOTALS = [...NUMBERS, ...LISTS] as const;

/** Totals of no run at all. */
export function noHistory(): HistoryTotals {
  return Object.fromEntries(TOTALS.map((name) => [name, 0])) as HistoryTotals;
}

/** The sum of two. */
export function addTotals(a: HistoryTotals, b: HistoryTotals): HistoryTotals {
  return Object.fromEntries(TOTALS.map((name) => [name, a[name] + b[name]])) as HistoryTotals;
}

function totalsOf(verdict: Verdict): HistoryTotals {
  const numbers = NUMBERS.map((name) => [name, verdict[name]]);
  return Object.fromEntries([...numbers, ...LISTS.map((name) => [name, verdict[name].length])]);
}

type Options = Pick<RunOptions, "seed" | "without" | "steps">;
type Outcome = Pick<RunResult, "hash" | "steps" | "virtualMs" | "coverage" | "history" | "failure">;
type Run = (options: Options) => Outcome | Promise<Outcome>;
const RUNS: Readonly<Record<Level, Run>> = { engine: run, client: runClient };

/** Runs the seeds of a task. */
export async function runBatch(task: Task): Promise<Batch> {
  const { level = "engine", first, seeds, without, steps, twice } = task;
  const play = RUNS[level];
  const coverage = new Coverage();
  const findings: Finding[] = [];
  let history = noHistory();
  for (let seed = first; seed < first + seeds; seed++) {
    const options = { seed, without: new Set(without), steps };
    const result = await play(options);
    coverage.add(result.coverage);
    history = addTotals(history, totalsOf(result.history));
    const { hash, virtualMs } = result;
    let failure = result.failure === undefined ? undefined : await describe(result.failure, play, options);
    if (failure === undefined && twice && (await play(options)).hash !== hash)
      failure = "the second run went differently";
    findings.push({ seed, hash, steps: result.steps, virtualMs, failure });
  }
  return { findings, counts: coverage.counts, history };
}

/** A broken rule in a line; of any other error the stack, for which the seed is run again where none was kept. */
async function describe(failure: Error, play: Run, options: Options): Promise<string> {
  if (failure instanceof Violation) return `rule ${failure.message}`;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const again = (await play(options)).failure ?? failure;
  Error.stackTraceLimit = stackTraceLimit;
  return again.stack ?? again.message;
}
