import type { Outbound } from "./outbound.js";

/** A time in which what is published waits, until all that was published before is confirmed. */
export class PublishPause {
  private readonly outbound: Outbound;
  /** What has to be confirmed; undefined: nothing waits. */
  private position: number | undefined;

  constructor(outbound: Outbound) {
    this.outbound = outbound;
  }

  /** What is published waits. */
  get isOn(): boolean {
    return this.position !== undefined;
  }

  /** It does, and all that was published before is confirmed. */
  get isClear(): boolean {
    return this.position !== undefined && this.outbound.window.confirmed >= this.position;
  }

  /** What is published from now on waits. */
  begin(now: number): void {
    this.position = this.outbound.holdBack(now);
  }

  /** What has waited is written, to the link that carries the window now. */
  end(): void {
    if (!this.isOn) return;
    this.position = undefined;
    this.outbound.letGo();
  }
}
