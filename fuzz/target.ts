import type fc from "fast-check";

/**
 * One place where bytes or values come in from outside, and what must hold there. An input is plain JSON, so that
 * each can be kept as a readable file of the corpus.
 */
export interface Target<T = unknown> {
  readonly name: string;
  /** What is fuzzed, in one line. */
  readonly about: string;
  /** Runs in `npm test`, where a run takes long; default 300. */
  readonly testRuns?: number;
  /** Makes inputs. @param known hand-written inputs of the corpus: something to mutate */
  inputs(known: readonly T[]): fc.Arbitrary<T>;
  /** @throws when something does not hold for this input */
  check(input: T): void | Promise<void>;
}

/** Forgets the type of the inputs: a list holds targets of all kinds, and each sees only its own inputs again. */
export function target<T>(definition: Target<T>): Target {
  return definition as Target;
}
