import { SAMPLES, type Series } from "./protocol.js";

/** What is kept of one second. */
export interface Second {
  /** Number of `STATES`. */
  readonly state: number;
  readonly bufferBytes: number;
  readonly bufferLimit: number;
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly rtt: number | null;
}

const FIGURES = [
  "bufferBytes",
  "bufferLimit",
  "inMsgs",
  "outMsgs",
  "inBytes",
  "outBytes",
  "rtt",
] as const satisfies (keyof Second)[];

/** A state that there is not: this process did not run. */
const NO_STATE = 0xff;

/** What {@link Hour} answers, without whose it is and until when. */
export type Columns = Omit<Series, "connection" | "until">;

/**
 * The samples of an hour, a column for each figure: 104,400 bytes, taken at once and never more. Figures are kept with 24 bits: exact up to 16
 * million, and to seven digits above.
 */
export class Hour {
  private readonly state = new Uint8Array(SAMPLES);
  private readonly figures = FIGURES.map(() => new Float32Array(SAMPLES));
  /** How many were taken so far, at most {@link SAMPLES}, and where the next one goes. */
  private count = 0;
  private next = 0;

  /** Bytes of the columns. */
  get byteLength(): number {
    return this.figures.reduce((sum, column) => sum + column.byteLength, this.state.byteLength);
  }

  add(second: Second): void {
    this.state[this.next] = second.state;
    for (let i = 0; i < FIGURES.length; i++) this.figures[i][this.next] = second[FIGURES[i]] ?? Number.NaN;
    this.step();
  }

  /** So many seconds went by without a sample. */
  skip(seconds: number): void {
    for (let i = Math.min(seconds, SAMPLES); i > 0; i--) {
      this.state[this.next] = NO_STATE;
      for (const column of this.figures) column[this.next] = Number.NaN;
      this.step();
    }
  }

  private step(): void {
    this.next = (this.next + 1) % SAMPLES;
    if (this.count < SAMPLES) this.count++;
  }

  /** One value per second, oldest first. */
  columns(): Columns {
    const [bufferBytes, bufferLimit, inMsgs, outMsgs, inBytes, outBytes, rtt] = this.figures.map((column) =>
      this.inOrder(column, (value) => (Number.isNaN(value) ? null : rounded(value))),
    );
    const state = this.inOrder(this.state, (value) => (value === NO_STATE ? null : value));
    return { state, bufferBytes, bufferLimit, inMsgs, outMsgs, inBytes, outBytes, rtt };
  }

  private inOrder<V>(column: Uint8Array | Float32Array, read: (value: number) => V): V[] {
    const values: V[] = new Array(this.count);
    const first = this.next - this.count + SAMPLES;
    for (let i = 0; i < this.count; i++) values[i] = read(column[(first + i) % SAMPLES]);
    return values;
  }
}

/** What was rounded before it was kept with 24 bits would else be told with 17 digits. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
