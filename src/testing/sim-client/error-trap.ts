const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/** Catches what escapes from the client: errors and rejections that nobody has caught. */
export class ErrorTrap implements Disposable {
  private readonly before = EVENTS.map((event) => [event, process.listeners(event as never)] as const);
  private readonly caught: (error: unknown) => void;

  /** @param caught told of each; those who listened before hear nothing until the trap is taken away */
  constructor(caught: (error: unknown) => void) {
    this.caught = caught;
    for (const event of EVENTS) {
      process.removeAllListeners(event);
      process.on(event, this.caught);
    }
  }

  [Symbol.dispose](): void {
    for (const [event, listeners] of this.before) {
      process.off(event, this.caught);
      for (const listener of listeners) process.on(event, listener as never);
    }
  }
}
