/**
 * Errors that are thrown where nobody can catch them, in a callback of a socket or in a promise: collected as long as this
 * is in use, so that they count for the run that has brought them about instead of ending the process.
 */
export class StrayErrors {
  private errors: unknown[] = [];
  private readonly isFirst = !process.hasUncaughtExceptionCaptureCallback();
  private readonly add = (error: unknown): void => {
    this.errors.push(error);
  };

  constructor() {
    if (this.isFirst) process.setUncaughtExceptionCaptureCallback(this.add);
    process.on("unhandledRejection", this.add);
  }

  /** Runs `check`. @throws what it throws, or what went astray meanwhile */
  async watch(check: () => void | Promise<void>): Promise<void> {
    this.errors = [];
    const pending = check();
    if (pending !== undefined) await pending;
    if (this.errors.length > 0) throw this.errors[0];
  }

  [Symbol.dispose](): void {
    if (this.isFirst) process.setUncaughtExceptionCaptureCallback(null);
    process.off("unhandledRejection", this.add);
  }
}
