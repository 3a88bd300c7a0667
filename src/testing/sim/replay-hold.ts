/** Whether the replay is held back on the link in use, for the application to let it go on (`beforeReplay`). */
export class ReplayHold {
  private isHeld = false;
  private endsAt = Number.POSITIVE_INFINITY;

  /** A link gets the window; `isHeld`: but not its replay yet. */
  begin(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.endsAt = Number.POSITIVE_INFINITY;
  }

  /** The application was asked: it has until `at`. */
  asked(at: number): void {
    this.endsAt = at;
  }

  /** It has let it go on, or the link is lost. */
  end(): void {
    this.isHeld = false;
  }

  isOn(now: number): boolean {
    return this.isHeld && now < this.endsAt;
  }
}
