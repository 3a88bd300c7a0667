/** The last so many of something, oldest first. */
export class Ring<T> {
  private readonly items: T[] = [];
  private readonly most: number;
  private first = 0;

  constructor(most: number) {
    this.most = most;
  }

  push(item: T): void {
    if (this.items.length < this.most) this.items.push(item);
    else {
      this.items[this.first] = item;
      this.first = (this.first + 1) % this.most;
    }
  }

  /** As that of an array: 0 is the oldest, -1 the newest. */
  at(index: number): T | undefined {
    const { length } = this.items;
    if (index >= length || index < -length) return undefined;
    return this.items[(this.first + index + length) % length];
  }

  toArray(): T[] {
    return [...this.items.slice(this.first), ...this.items.slice(0, this.first)];
  }
}
