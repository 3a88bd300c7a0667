import { run } from "./run.js";
import type { Mutation } from "./spoil.js";
import { Violation } from "./violation.js";

/** Seeds that are tried until a mutation is caught. */
const SEEDS = 250;

/** Runs seeds until a mutation is found out by one of its rules; returns what was noticed instead, if it is not. */
export function catchMutation({ rules, spoil }: Mutation): string | undefined {
  const noticed = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = run({ seed, spoil });
    if (failure === undefined) continue;
    const rule = failure instanceof Violation ? failure.rule : `${failure.stack}`;
    if (rules.includes(rule)) return undefined;
    noticed.add(rule);
  }
  return `not noticed in ${SEEDS} seeds by ${rules}, only by: ${[...noticed]}`;
}
