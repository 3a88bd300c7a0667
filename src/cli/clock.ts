/**
 * The time of day as every command shows it, `14:05:09Z`: UTC, as logs of servers have it. What was on another day than `now` has its date
 * before it, `2026-11-22 14:05:09Z`.
 *
 * @param at ms since the epoch
 * @param now ms since the epoch
 */
export function timeOfDay(at: number, now = at): string {
  const [date, time] = new Date(at).toISOString().slice(0, 19).split("T");
  const today = new Date(now).toISOString().startsWith(date);
  return `${today ? "" : `${date} `}${time}Z`;
}

/** The same to the millisecond, `14:05:09.123Z`. */
export function exactTimeOfDay(at: number): string {
  return new Date(at).toISOString().slice(11);
}
