import { median } from "../bench/statistics.js";
import { type Point, type Trend, trendOf } from "./trend.js";

/** What is read of a process at rest, after a collection. Bytes, and counts of what the system gave it. */
export interface Reading {
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  readonly descriptors: number;
  readonly timers: number;
  readonly sockets: number;
  readonly handles: number;
}

export type FigureName = keyof Reading;

/** What may be gained per fault before it is called a leak: far below what any object per reconnect would cost. */
const ALLOWED: Readonly<Record<FigureName, number>> = {
  heap: 512,
  external: 512,
  // The allocator keeps pages and gives them back late: two pages per fault are its noise.
  rss: 8_192,
  descriptors: 0.01,
  timers: 0.01,
  sockets: 0.01,
  handles: 0.01,
};

/** The part of the readings, from the beginning, in which code is compiled and pools fill. */
const WARM_UP = 0.25;

/** Bytes are not judged by fewer readings: the warm-up would not be over. Counts have none. */
const ENOUGH = 100;
const BYTES: ReadonlySet<FigureName> = new Set(["heap", "external", "rss"]);

/**
 * - `flat`: what is gained per fault is surely within the bound.
 * - `leak`: it is surely beyond the bound.
 * - `unclear`: the readings are too few or too rough to tell: run longer.
 */
export type Judgement = "flat" | "leak" | "unclear";

/** How one figure went. */
export interface Finding {
  readonly name: FigureName;
  /** The medians of the first and of the last third after the warm-up. */
  readonly first: number;
  readonly last: number;
  /** Per fault. */
  readonly trend: Trend;
  readonly allowed: number;
  readonly judgement: Judgement;
}

/** The readings after the warm-up, each with the number of the fault that it followed. */
function warm(readings: readonly Reading[], name: FigureName): Point[] {
  const from = Math.ceil(readings.length * WARM_UP);
  return readings.slice(from).map((reading, index) => ({ step: from + index + 1, value: reading[name] }));
}

/** Says of every figure whether it stays where it is. One reading follows each fault. */
export function judge(readings: readonly Reading[]): Finding[] {
  return (Object.keys(ALLOWED) as FigureName[]).map((name) => {
    const points = warm(readings, name);
    const third = Math.max(1, Math.floor(points.length / 3));
    const values = points.map(({ value }) => value);
    const trend = trendOf(points);
    const allowed = ALLOWED[name];
    return {
      name,
      first: median(values.slice(0, third)),
      last: median(values.slice(-third)),
      trend,
      allowed,
      judgement: BYTES.has(name) && readings.length < ENOUGH ? "unclear" : judgementOf(trend, allowed),
    };
  });
}

function judgementOf({ low, high }: Trend, allowed: number): Judgement {
  if (low > allowed) return "leak";
  return high <= allowed ? "flat" : "unclear";
}
