import type { Connection } from "../../index.js";

/** Whether the server refuses a subscription: until a link allows it. */
export class Refusal {
  /** What is wrong; undefined when nothing is. */
  failing: string | undefined;
  /** The error that says so. */
  error: Error | undefined;
  private readonly nc: Connection;

  constructor(nc: Connection) {
    this.nc = nc;
  }

  /** @param isFinal the next link does not ask again */
  refused(error: Error, isFinal: boolean): void {
    this.error = error;
    this.failing = `the subscription is refused: ${error.message}`;
    this.stop();
    // A link's refusals come before its `reconnect` event: what that event ends are those of links before it.
    if (!isFinal) this.nc.once("disconnect", this.linkGone).once("attemptFailed", this.linkGone);
  }

  /** Listens no more. */
  stop(): void {
    const { nc, linkGone, allowed } = this;
    nc.off("disconnect", linkGone).off("attemptFailed", linkGone).off("reconnect", allowed);
  }

  private readonly linkGone = (): void => {
    this.stop();
    this.nc.once("reconnect", this.allowed);
  };

  private readonly allowed = (): void => {
    this.failing = undefined;
    this.error = undefined;
  };
}
