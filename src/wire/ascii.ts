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
  const end = offset + digits(n);
  let rest = n;
  for (let at = end - 1; at >= offset; at--) {
    const next = Math.floor(rest / 10);
    target[at] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}
