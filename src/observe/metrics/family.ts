import type { View } from "./view.js";

/** A value of a series. */
export interface Sample {
  /** Labels beside those that all series of a connection have. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** What is behind the name of the family, for parts of a histogram. */
  readonly part?: "bucket" | "sum" | "count";
}

/** A family of metrics: all series of one name. `V`: what it has to see. */
export interface FamilyOf<V> {
  /** Without prefix. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it means, in one line: `HELP`. */
  readonly help: string;
  /** Labels beside `connection` and those of option `labels`. */
  readonly labels: readonly string[];
  /** What becomes of the same series of several workers of `node:cluster`. */
  readonly aggregator: "sum" | "max" | "first";
  /** What it says of a connection. */
  readonly samples: (view: V) => readonly Sample[];
}

export type Family = FamilyOf<View>;

/** Counts in buckets, as `nc.measure()` and observations have them. */
interface Counts {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

const NONE = Object.freeze({});

/** One count that never goes down. */
export function counter(name: string, help: string, read: (view: View) => number): Family {
  return family(name, "counter", help, [], "sum", (view) => [{ labels: NONE, value: read(view) }]);
}

/** Several, told apart by a label. */
export function counters(
  name: string,
  label: string,
  help: string,
  read: (view: View) => Iterable<readonly [value: string, count: number]>,
): Family {
  return family(name, "counter", help, [label], "sum", (view) =>
    Array.from(read(view), ([value, count]) => ({ labels: { [label]: value }, value: count })),
  );
}

/** A value that goes up and down; there is no series while it is undefined. */
export function gauge(
  name: string,
  help: string,
  read: (view: View) => number | undefined,
  aggregator: Family["aggregator"] = "sum",
): Family {
  return family(name, "gauge", help, [], aggregator, (view) => {
    const value = read(view);
    return value === undefined ? [] : [{ labels: NONE, value }];
  });
}

/** A series for each of `values`: 1 for the one that holds, 0 for the others. */
export function oneOf<T extends string>(
  name: string,
  label: string,
  values: readonly T[],
  help: string,
  read: (view: View) => T,
): Family {
  return family(name, "gauge", help, [label], "sum", (view) => {
    const holds = read(view);
    return values.map((value) => ({ labels: { [label]: value }, value: value === holds ? 1 : 0 }));
  });
}

/** Facts as labels of one series that is always 1: others can be joined with it. */
export function facts<L extends string>(
  name: string,
  labels: readonly L[],
  help: string,
  read: (view: View) => Record<L, string>,
): Family {
  return family(name, "gauge", help, labels, "first", (view) => [{ labels: read(view), value: 1 }]);
}

/** Counts in buckets. `unit`: how many of a bound's units are one of the metric's. */
export function histogram(name: string, help: string, unit: number, read: (view: View) => Counts): Family {
  return family(name, "histogram", help, [], "sum", (view) => buckets(read(view), unit, NONE));
}

/** The series of one histogram. */
export function buckets(
  { bounds, counts, sum, count }: Counts,
  unit: number,
  labels: Sample["labels"],
): Sample[] {
  let below = 0;
  const all = bounds.map((bound, i): Sample => {
    below += counts[i];
    return { labels: { ...labels, le: String(bound / unit) }, value: below, part: "bucket" };
  });
  return [
    ...all,
    { labels: { ...labels, le: "+Inf" }, value: count, part: "bucket" },
    { labels, value: sum / unit, part: "sum" },
    { labels, value: count, part: "count" },
  ];
}

/** Any other family. */
export function family<V = View>(
  name: string,
  type: Family["type"],
  help: string,
  labels: readonly string[],
  aggregator: Family["aggregator"],
  samples: (view: V) => readonly Sample[],
): FamilyOf<V> {
  return { name, type, help, labels, aggregator, samples };
}
