const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** Nothing on disk is older than the clocks that its time comes from. */
const LONGEST = 36_500 * UNITS.d;

/** An age on the command line (90s, 15m, 12h, 7d), in ms; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const found = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/.exec(text.trim());
  if (found === null) return undefined;
  const ms = Number(found[1]) * UNITS[found[2]];
  return ms <= LONGEST ? ms : undefined;
}

/** What {@link parseAge} takes, for people. */
export const AGES = "a number with a unit, such as 90s, 15m, 12h or 7d";
