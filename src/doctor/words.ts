/** What a terminal would obey, and what turns the direction of writing: a server's name may have it. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const LONGEST = 200;

/** A text that somebody else has written, harmless on a terminal and not longer than `most` characters. */
export function harmless(text: string, most = LONGEST): string {
  const clean = text.slice(0, most + 1).replace(CONTROL, "?");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/** A number and what is counted. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[], most = 8): string {
  const shown =
    words.length > most ? [...words.slice(0, most - 1), `${words.length - most + 1} more`] : words;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** Bytes as they are read by people. */
export function bytes(number: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = number;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0
    ? count(number, "byte")
    : `${value >= 100 ? Math.round(value) : +value.toFixed(1)} ${units[unit]}`;
}

/** ms of a round trip. */
export function inMs(ms: number): string {
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** A longer time, in one unit. */
export function span(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 1) return `${Math.round(Math.abs(ms))} ms`;
  if (seconds < 120) return `${+seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}
