import { makeProfile } from "./profile.js";
import { run } from "./run.js";
import type { Mutation } from "./spoil.js";
import { Violation } from "./violation.js";

/** Seeds that are tried until a mutation is caught. */
const SEEDS = 250;
/** Steps of one run: what a mutation breaks shows early. */
const STEPS = 2000;

/** How a mutation was found out. */
export interface Catch {
  /** The seed and the rule by which; undefined: it was not. */
  readonly caught: { readonly seed: number; readonly rule: string } | undefined;
  /** What was noticed of it otherwise: rules that are not among its own, and errors that the engine has thrown. */
  readonly noticed: readonly string[];
}

/** Runs seeds until a mutation is found out by one of its rules, in a world in which nothing is wrong without it. */
export function catchMutation({ rules, spoil, without: left, concerns, telling = 1 }: Mutation): Catch {
  const noticed = new Set<string>();
  const without = new Set(left);
  for (const seed of seedsFrom(telling)) {
    if (concerns?.(makeProfile(seed, without)) === false) continue;
    const { failure } = run({ seed, steps: STEPS, spoil, without });
    if (failure === undefined) continue;
    const rule = failure instanceof Violation ? failure.rule : failure.message;
    if (rules.includes(rule) && run({ seed, steps: STEPS, without }).failure === undefined) {
      return { caught: { seed, rule }, noticed: [...noticed] };
    }
    noticed.add(rule);
  }
  return { caught: undefined, noticed: [...noticed] };
}

/** All seeds, this one first. */
function seedsFrom(first: number): number[] {
  const others = Array.from({ length: SEEDS }, (_, i) => i + 1).filter((seed) => seed !== first);
  return [first, ...others];
}
