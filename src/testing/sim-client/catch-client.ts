import type { Catch } from "../sim/catch.js";
import { Violation } from "../sim/violation.js";
import type { ClientMutation } from "./mutations.js";
import { runClient } from "./run-client.js";

/** Seeds that are tried until a mutation is caught. */
const SEEDS = 60;
/** Steps of one run: what a mutation breaks shows early. */
const STEPS = 2000;

/** Runs seeds of level two until a mutation is found out by one of its rules. */
export async function catchClientMutation({ rules, spoil }: ClientMutation): Promise<Catch> {
  const noticed = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await runClient({ seed, steps: STEPS, spoil });
    if (failure === undefined) continue;
    const rule = failure instanceof Violation ? failure.rule : failure.message;
    if (rules.includes(rule)) return { caught: { seed, rule }, noticed: [...noticed] };
    noticed.add(rule);
  }
  return { caught: undefined, noticed: [...noticed] };
}
