/** Numbers and times as people read them: short, with their unit, the same in every language of a browser. */

const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What stands where there is no value. */
export const NONE = "–";

/** A count: `1,203`. */
export function count(n: number): string {
  return COUNT.format(n);
}

/** A count and what is counted: `1 message`, `1,203 messages`. */
export function counted(n: number, one: string, several = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : several}`;
}

/** A size: `512 B`, `1.5 KiB`, `64 MiB`. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  // What would be shown as 1024 of a unit is 1 of the next.
  while (Math.round(value) >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? count(value) : digits(value)} ${BINARY[unit]}`;
}

/** Messages per second: `0 msg/s`, `1,203 msg/s`, `12.3k msg/s`. */
export function rate(n: number): string {
  return `${shortCount(n)} msg/s`;
}

/** Bytes per second. */
export function byteRate(n: number): string {
  return `${bytes(n)}/s`;
}

/** A count in the space of an axis: `950`, `12.3k`, `1.2M`. */
export function shortCount(n: number): string {
  if (n < 9_999.5) return n < 10 && !Number.isInteger(n) ? n.toFixed(1) : count(n);
  return n < 999_950 ? `${digits(n / 1e3)}k` : `${digits(n / 1e6)}M`;
}

/** A short time that was measured: `0.31 ms`, `12.4 ms`, `1.2 s`; none for null. */
export function millis(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms >= 999.5) return `${digits(ms / SECOND)} s`;
  return ms < 0.01 ? "< 0.01 ms" : `${digits(ms, 2)} ms`;
}

/** How long something lasted or lasts: `340 ms`, `2.3 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE - 500) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR - 500) return pair(Math.round(ms / SECOND), 60, "min", "s");
  if (ms < DAY - 30 * SECOND) return pair(Math.round(ms / MINUTE), 60, "h", "min");
  return pair(Math.round(ms / HOUR), 24, "d", "h");
}

/** The same of something that still lasts and is looked at every second: whole seconds. */
export function elapsed(ms: number): string {
  return ms < MINUTE - 500 ? `${Math.max(0, Math.floor(ms / SECOND))} s` : duration(ms);
}

/** A share of the whole: `0.4 %`, `83 %`. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  // "100 %" is said of nothing less.
  if (value > 99.9 && value < 100) return "99.9 %";
  return `${value < 10 || (value > 99 && value < 100) ? trimmed(value.toFixed(1)) : Math.round(value)} %`;
}

/** The time of day where the browser is: `12:03:04`. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The same with milliseconds, for the log: `12:03:04.123`. */
export function preciseTime(at: number): string {
  return `${timeOfDay(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;
}

/** The time of day, with the date in front when that is not the day of `now`: `2026-11-21 12:03:04`. */
export function moment(at: number, now: number): string {
  const [date, today] = [new Date(at), new Date(now)];
  return date.toDateString() === today.toDateString() ? timeOfDay(at) : `${day(date)} ${timeOfDay(at)}`;
}

function day(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function pair(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  return `${count(Math.floor(value / base))} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** Three digits, and no zeros behind the point. */
function digits(value: number, fraction = 1): string {
  if (value >= 100) return count(value);
  return trimmed(value.toFixed(value >= 10 ? 1 : Math.max(fraction, 1)));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
