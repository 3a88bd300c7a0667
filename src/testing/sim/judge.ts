import { EXPECTED_OF_CLIENT } from "../sim-client/expected.js";
import type { Campaign } from "./campaign.js";
import { ENOUGH_SEEDS, EXPECTED } from "./expected.js";

/** What never happened in a campaign, and whether that fails it. */
export interface Missing {
  readonly names: readonly string[];
  readonly fatal: boolean;
}

/**
 * Finds what has never happened although it must. It fails the campaign when there were enough seeds, and nothing
 * was left out.
 *
 * @param expected names by group of `Coverage`; default: all that there is on the campaign's level
 * @param enough seeds; default 2,000
 */
export function missing(
  { coverage, done, options }: Campaign,
  expected: Readonly<Record<string, readonly string[]>> = options.level === "client"
    ? EXPECTED_OF_CLIENT
    : EXPECTED,
  enough = ENOUGH_SEEDS,
): Missing {
  const names = coverage.missing(expected);
  return { names, fatal: names.length > 0 && done >= enough && options.without.length === 0 };
}
