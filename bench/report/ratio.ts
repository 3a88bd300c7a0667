import type { Estimate } from "../statistics.js";

/** "2.91 × (2.74 – 3.05)". */
export function ratio({ median, low, high }: Estimate): string {
  return `${times(median)} × (${times(low)} – ${times(high)})`;
}

/** Three digits that say something, however small the value is. */
export function times(value: number): string {
  if (!Number.isFinite(value)) return "∞";
  return value.toFixed(value < 0.1 ? 3 : 2);
}
