/** Numbers that are reserved at a time. */
const RESERVE = 2 ** 20;

/** Numbers for message ids: none is given twice, in no process, because on disk it says from which one on the next process begins. */
export class MessageNumbers {
  next: number;
  /** What the disk says. */
  private reserved: number;

  constructor(reserved: number) {
    this.next = reserved;
    this.reserved = reserved;
  }

  /** The first of so many. */
  take(count: number): number {
    const first = this.next;
    this.next += count;
    return first;
  }

  /** Whether a number below `end` may leave this process, without being on disk itself. */
  covers(end: number): boolean {
    return end <= this.reserved;
  }

  /** What a commit has to write along, if anything; it must be the one that writes the numbers given so far, or an earlier one. */
  get wanted(): number | undefined {
    return this.next + RESERVE / 2 > this.reserved ? this.ahead : undefined;
  }

  /** What a commit may write along at any time; as {@link wanted}. */
  get ahead(): number {
    return this.next + RESERVE;
  }

  written(reserved: number): void {
    this.reserved = reserved;
  }
}
