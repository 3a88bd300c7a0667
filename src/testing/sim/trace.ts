/**
 * What happened, step by step: always as a hash, so that two runs can be compared, and on demand as lines
 * for a reader.
 */
export class Trace {
  private high = 0x811c9dc5;
  private low = 0x9e3779b9;
  private readonly codes = new Map<string, number>();
  /** Set before the run: lines are kept. */
  readonly lines: string[] | undefined;
  private readonly clock: () => number;

  constructor(clock: () => number, keep: boolean) {
    this.clock = clock;
    this.lines = keep ? [] : undefined;
  }

  /** Notes that `what` happened, with up to two numbers that tell it from others of its kind. */
  note(what: string, x = 0, y = 0): void {
    let code = this.codes.get(what);
    if (code === undefined) {
      code = 0;
      for (let i = 0; i < what.length; i++) code = Math.imul(code ^ what.charCodeAt(i), 0x01000193);
      this.codes.set(what, code);
    }
    this.mix(code);
    this.mix(Math.round(this.clock() * 1000));
    this.mix(x);
    this.mix(y);
    this.lines?.push(
      `${this.clock().toFixed(3).padStart(11)}  ${what}${x === 0 && y === 0 ? "" : ` ${x} ${y}`}`,
    );
  }

  /** A line for the reader alone; `text` is not called when nobody reads. */
  say(text: () => string): void {
    this.lines?.push(`${this.clock().toFixed(3).padStart(11)}    ${text()}`);
  }

  private mix(word: number): void {
    this.high = Math.imul(this.high ^ word, 0x01000193);
    this.low = Math.imul((this.low << 13) | (this.low >>> 19), 5) + (this.high ^ word);
    this.low |= 0;
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.high) + hex(this.low);
  }
}
