import type { ClientName } from "../clients/client.js";
import type { Estimate } from "../statistics.js";

/** The clients as people know them. */
export const NAMES: Record<ClientName, string> = {
  holdfast: "Holdfast",
  "holdfast-at-most-once": "Holdfast, at-most-once",
  natsjs: "nats.js",
  raw: "raw socket",
};

/** 1234567 → "1.23 M", 123456 → "123 k". */
export function rate(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M` : `${(perSecond / 1e3).toFixed(0)} k`;
}

/** Seconds of CPU as "0.53 µs". */
export function cpu(seconds: number): string {
  return `${(seconds * 1e6).toFixed(2)} µs`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

/** "3.2 ms", "184 ms", "1.84 s", and "never". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "never";
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** "2.91 × (2.74 – 3.05)". */
export function ratio({ median, low, high }: Estimate): string {
  return `${times(median)} × (${times(low)} – ${times(high)})`;
}

/** Three digits that say something, however small the value is. */
function times(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 0.1 ? 3 : 2) : "∞";
}
