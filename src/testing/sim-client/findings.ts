/**
 * Keeps the first broken rule that was noticed in the middle of the client, which would not let it through: it guards
 * itself against what callbacks throw.
 */
export class Findings {
  private first: unknown;
  private found = false;

  /** Runs a check; what it throws is kept, and thrown again. */
  readonly guard = <T>(check: () => T): T => {
    try {
      return check();
    } catch (error) {
      this.note(error);
      throw error;
    }
  };

  note(error: unknown): void {
    if (!this.found) this.first = error;
    this.found = true;
  }

  /** Throws what was found, if anything was. To be called from outside of the client. */
  check(): void {
    if (this.found) throw this.first;
  }
}
