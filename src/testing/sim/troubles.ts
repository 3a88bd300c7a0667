/** Stretches of time in which the client had no link that it could rely on. */
export class Troubles {
  private readonly past: { readonly from: number; readonly to: number }[] = [];
  private since: number | undefined;

  /** It has had none since `from`. */
  begin(from: number): void {
    this.since = Math.min(from, this.since ?? from);
  }

  /** It has one again. */
  end(at: number): void {
    if (this.since !== undefined) this.add(this.since, at);
    this.since = undefined;
  }

  add(from: number, to: number): void {
    this.past.push({ from, to });
  }

  /** Whether one of them touches the time from `from` to `to`. */
  touch(from: number, to: number): boolean {
    if (this.since !== undefined && this.since <= to) return true;
    return this.past.some((one) => one.from <= to && one.to >= from);
  }
}
