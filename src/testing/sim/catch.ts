import { run } from "./run.js";
import type { Mutation } from "./spoil.js";
import { Violation } from "./violation.js";

/** Seeds that are tried until a mutation is caught. */
const SEEDS = 250;

/** How a mutation was found out. */
export interface Catch {
  /** The seed and the rule by which; undefined: it was not. */
  readonly caught: { readonly seed: number; readonly rule: string } | undefined;
  /** What was noticed of it otherwise: rules that are not among its own, and errors that the engine has thrown. */
  readonly noticed: readonly string[];
}

/** Runs seeds until a mutation is found out by one of its rules. */
export function catchMutation({ rules, spoil, without }: Mutation): Catch {
  const noticed = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = run({ seed, spoil, without: new Set(without) });
    if (failure === undefined) continue;
    const rule = failure instanceof Violation ? failure.rule : failure.message;
    if (rules.includes(rule)) return { caught: { seed, rule }, noticed: [...noticed] };
    noticed.add(rule);
  }
  return { caught: undefined, noticed: [...noticed] };
}
