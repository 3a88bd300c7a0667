import { SAMPLE_MS, SAMPLES, type SampleView, type Series } from "../dashboard/protocol.js";

/** What a sample has a number for. */
export const FIELDS = [
  "bufferBytes",
  "bufferLimit",
  "inMsgs",
  "outMsgs",
  "inBytes",
  "outBytes",
  "rtt",
] as const;
export type Field = (typeof FIELDS)[number];

/** Where nothing was measured for this long, a line has a gap. */
const GAP_MS = 2.5 * SAMPLE_MS;
/** A sample that is this much older than the last one was taken after the clock was put back. */
const PUT_BACK_MS = 30_000;

/** Rows for a chart: times (s since the epoch, ascending) and the values of the fields that were asked for. */
export type Rows = [xs: number[], ...values: (number | null)[][]];

/**
 * The samples of one connection, the last hour: arrays of a fixed length that are written around. Whatever comes, and however long, it takes
 * no more memory than at the beginning.
 */
export class Samples {
  private readonly at = new Float64Array(SAMPLES);
  private readonly columns: Readonly<Record<Field, Float64Array>>;
  /** Where the next one goes. */
  private head = 0;
  private length = 0;

  constructor() {
    this.columns = Object.fromEntries(FIELDS.map((field) => [field, new Float64Array(SAMPLES)])) as Record<
      Field,
      Float64Array
    >;
  }

  /** How many there are. */
  get size(): number {
    return this.length;
  }

  /** Bytes that the arrays take. */
  get memory(): number {
    return FIELDS.reduce((sum, field) => sum + this.columns[field].byteLength, this.at.byteLength);
  }

  /** When the last one was taken; -Infinity when there is none. */
  get until(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : this.at[this.index(this.length - 1)]!;
  }

  clear(): void {
    this.head = 0;
    this.length = 0;
  }

  /** Adds one. What is not newer than the last is left out; but when the clock was put back, all that was before is of no use. */
  add(at: number, sample: SampleView): void {
    if (this.until - at > PUT_BACK_MS) this.clear();
    if (at > this.until) this.put(at, (field) => sample[field]);
  }

  /** Takes over a history; samples that are newer than it stay behind it. */
  take(series: Series): void {
    const newer = this.rowsAfter(series.until);
    const { length } = series.state;
    this.clear();
    for (let i = Math.max(0, length - SAMPLES); i < length; i++) {
      if (series.state[i] === null) continue;
      this.put(series.until - (length - 1 - i) * SAMPLE_MS, (field) => series[field][i]!);
    }
    for (const { at, values } of newer) this.put(at, (field) => values[field]);
  }

  /** Those from `from` (ms since the epoch) on, as rows for a chart. Where there was none for a while there is one without values. */
  since(from: number, fields: readonly Field[]): Rows {
    const rows: Rows = [[], ...fields.map((): (number | null)[] => [])];
    let before = Number.NEGATIVE_INFINITY;
    for (let i = this.firstAt(from); i < this.length; i++) {
      const index = this.index(i);
      const at = this.at[index]!;
      if (at - before > GAP_MS && before > 0) push(rows, before + SAMPLE_MS, []);
      push(
        rows,
        at,
        fields.map((field) => this.columns[field][index]!),
      );
      before = at;
    }
    return rows;
  }

  private put(at: number, pick: (field: Field) => number | null): void {
    this.at[this.head] = at;
    // A typed array has no null.
    for (const field of FIELDS) this.columns[field][this.head] = pick(field) ?? Number.NaN;
    this.head = (this.head + 1) % SAMPLES;
    this.length = Math.min(this.length + 1, SAMPLES);
  }

  /** Where the i-th of them is, the oldest being 0. */
  private index(i: number): number {
    return (this.head - this.length + i + SAMPLES) % SAMPLES;
  }

  /** The first that was taken at `at` or later. */
  private firstAt(at: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[this.index(middle)]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private rowsAfter(at: number): { at: number; values: Record<Field, number> }[] {
    const rows = [];
    for (let i = this.firstAt(at + SAMPLE_MS / 2); i < this.length; i++) {
      const index = this.index(i);
      const values = Object.fromEntries(FIELDS.map((field) => [field, this.columns[field][index]!]));
      rows.push({ at: this.at[index]!, values: values as Record<Field, number> });
    }
    return rows;
  }
}

function push([xs, ...columns]: Rows, at: number, values: readonly number[]): void {
  xs.push(at / 1000);
  columns.forEach((column, i) => {
    const value = values[i];
    column.push(value === undefined || Number.isNaN(value) ? null : value);
  });
}

/** What is said of a field of the rows: the last value, the highest and the mean; nulls when there is none. */
export interface Summary {
  readonly last: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

export function summarize(values: readonly (number | null)[]): Summary {
  let [sum, n, max] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    n++;
    if (value > max) max = value;
  }
  if (n === 0) return { last: null, max: null, mean: null };
  return { last: values.at(-1) ?? null, max, mean: sum / n };
}
