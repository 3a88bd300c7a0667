const BRAND = Symbol.for("holdfast.unrecoverable");

/**
 * Thrown by a handler: another try would fail as well. The message is given up at once: it goes to the dead letters, if there is a
 * place for them. A requester is told its text, so it says what the requester may know.
 */
export class UnrecoverableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnrecoverableError";
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether it is one, of whatever copy of the package; never throws. */
export function isUnrecoverable(error: unknown): boolean {
  try {
    return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  } catch {
    return false;
  }
}
