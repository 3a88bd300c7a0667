/** Longest delay that Node's timers take, ms; with a longer one they fire at once. */
const LONGEST = 0x7fff_ffff;

/** Calls back in `ms` milliseconds, or in 24.8 days if that is later: `Infinity` is a fair timeout. */
export function startTimer(ms: number, callback: () => void): NodeJS.Timeout {
  return setTimeout(callback, Math.min(ms, LONGEST));
}
