import fc from "fast-check";
import { type Entry, seedsOf } from "./corpus.js";
import { reduce } from "./reduce.js";
import { StrayErrors } from "./stray-errors.js";
import type { Target } from "./target.js";

/** What a slice is to do; it ends with whichever limit comes first. */
export interface SliceOptions {
  readonly seed: number;
  /** Default: any number. */
  readonly runs?: number;
  /** ms; default: no limit. */
  readonly ms?: number;
  /** fast-check's path to one case, instead of beginning at the first. */
  readonly path?: string;
  /** Whether a failing input is made smaller. Default: true. */
  readonly shrink?: boolean;
  /** Called before each run, with its number. */
  readonly onRun?: (run: number) => void;
}

/** An input for which something does not hold, as small as could be found. */
export interface Failure {
  readonly input: unknown;
  readonly error: Error;
  readonly seed: number;
  /** fast-check's path to it. */
  readonly path: string;
}

/** How a slice went. */
export interface SliceResult {
  readonly runs: number;
  readonly failure: Failure | undefined;
}

/** ms that fast-check may spend to make a failing input smaller, and ms for what can be left out then. */
const SHRINKING = 10_000;
const REDUCING = 10_000;

/** Runs one target for a while. A failure ends it, and is made smaller first. */
export async function runSlice(
  target: Target,
  entries: readonly Entry[],
  { seed, runs = Number.MAX_SAFE_INTEGER, ms, path, shrink = true, onRun = () => {} }: SliceOptions,
): Promise<SliceResult> {
  using stray = new StrayErrors();
  let count = 0;
  const property = fc.asyncProperty(target.inputs(seedsOf(entries)), async (input) => {
    onRun(count++);
    await stray.watch(() => target.check(input));
  });
  const limit = ms === undefined ? {} : { interruptAfterTimeLimit: ms, markInterruptAsFailure: false };
  const found = await fc.check(property, {
    seed,
    numRuns: runs,
    path: path ?? "",
    endOnFailure: true,
    ...limit,
  });
  const total = count;
  if (!found.failed) return { runs: total, failure: undefined };
  const first = {
    input: found.counterexample![0],
    error: toError(found.errorInstance),
    seed,
    path: found.counterexamplePath!,
  };
  if (!shrink) return { runs: total, failure: first };
  const smaller = await fc.check(property, {
    seed,
    path: found.counterexamplePath!,
    interruptAfterTimeLimit: SHRINKING,
    markInterruptAsFailure: false,
  });
  // What fails only once depends on more than its input: then the first sight of it is all there is.
  const best = smaller.failed ? smaller : found;
  const error = toError(best.errorInstance);
  const input = await reduce(
    best.counterexample![0],
    (candidate) => failsAlike(stray, target, candidate, error),
    REDUCING,
  );
  return {
    runs: total,
    failure: {
      input,
      error: (await errorIn(stray, target, input)) ?? error,
      seed,
      path: best.counterexamplePath!,
    },
  };
}

async function failsAlike(
  stray: StrayErrors,
  target: Target,
  input: unknown,
  wanted: Error,
): Promise<boolean> {
  const error = await errorIn(stray, target, input);
  return error !== undefined && error.name === wanted.name && firstLine(error) === firstLine(wanted);
}

/** What `check` throws for an input, if it does. */
export async function errorOf(target: Target, input: unknown): Promise<Error | undefined> {
  using stray = new StrayErrors();
  return await errorIn(stray, target, input);
}

async function errorIn(stray: StrayErrors, target: Target, input: unknown): Promise<Error | undefined> {
  try {
    await stray.watch(() => target.check(input));
    return undefined;
  } catch (thrown) {
    return toError(thrown);
  }
}

/** The first line of what an error says; those behind it are details. */
export function firstLine(error: Error): string {
  return error.message.split("\n", 1)[0];
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
