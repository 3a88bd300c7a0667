/** Bytes of the NATS client protocol (https://docs.nats.io/reference/reference-protocols/nats-protocol). */
export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;
export const ZERO = 48;

/** How many decimal digits `n` has; `n` is a non-negative integer. */
export function digits(n: number): number {
  let count = 1;
  for (let rest = n; rest >= 10; rest = Math.floor(rest / 10)) count++;
  return count;
}

/** Writes `n` (non-negative integer) in decimal at `offset`; returns the offset behind it. */
export function writeDecimal(target: Uint8Array, offset: number, n: number): number {
  if (n < 10_000) return writeSmall(target, offset, n);
  const end = offset + digits(n);
  let rest = n;
  for (let at = end - 1; at >= offset; at--) {
    const next = Math.floor(rest / 10);
    target[at] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

/** The same for up to four digits, without the divisions of a loop: nearly all sizes are so small. */
function writeSmall(target: Uint8Array, offset: number, n: number): number {
  let at = offset;
  let rest = n;
  if (n >= 10) {
    if (n >= 100) {
      if (n >= 1000) {
        const thousands = (rest / 1000) | 0;
        target[at++] = ZERO + thousands;
        rest -= thousands * 1000;
      }
      const hundreds = (rest / 100) | 0;
      target[at++] = ZERO + hundreds;
      rest -= hundreds * 100;
    }
    const tens = (rest / 10) | 0;
    target[at++] = ZERO + tens;
    rest -= tens * 10;
  }
  target[at++] = ZERO + rest;
  return at;
}
