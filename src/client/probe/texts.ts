/** What a terminal would obey, and what turns the direction of writing: a server's name may have it. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Longest text of a server's that is kept. */
const LONGEST = 512;

/** A text that somebody else has written, harmless on a terminal and not longer than `most` characters. */
export function harmless(text: string, most = LONGEST): string {
  const clean = text.slice(0, most + 1).replace(CONTROL, "?");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/** ms as they are read by people. */
export function inMs(ms: number): string {
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** A number and what is counted. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
