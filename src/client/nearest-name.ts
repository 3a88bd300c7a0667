import { closest, distance } from "fastest-levenshtein";

/** Further apart than this, two names are no misspelling of each other. */
const MISSPELT = 4;

/** The name out of `known` that `name` is a misspelling of; upper and lower case do not count. Undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = name.toLowerCase();
  const near = closest(
    lower,
    known.map((other) => other.toLowerCase()),
  );
  if (distance(lower, near) > Math.min(MISSPELT, name.length / 2)) return undefined;
  return known.find((other) => other.toLowerCase() === near);
}
