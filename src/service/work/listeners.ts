import { codedError } from "../../checks/coded-error.js";
import { invalidArgument } from "../../checks/invalid.js";
import { describeCause } from "../../errors.js";

/** A listener; what it returns is not looked at, but a promise that rejects is told as an error. */
export type WorkListener<T> = (info: T) => unknown;

interface Entry {
  readonly listener: WorkListener<never>;
  readonly isOnce: boolean;
}

/** Events of what works on a connection: a listener that fails is told, and harms nobody. */
export class Listeners<E extends object> {
  private readonly entries = new Map<keyof E, readonly Entry[]>();
  private readonly names: readonly (keyof E & string)[];
  private readonly report: (error: Error) => void;

  /**
   * @param names all events
   * @param report is told of listeners that fail, such as `nc.report`
   */
  constructor(names: readonly (keyof E & string)[], report: (error: Error) => void) {
    this.names = names;
    this.report = report;
  }

  /** @throws an error with code `INVALID_ARGUMENT` */
  add<N extends keyof E & string>(name: N, listener: WorkListener<E[N]>, isOnce = false): void {
    if (!this.names.includes(name)) {
      throw invalidArgument(`there is no event "${name}"; there are ${this.names.join(", ")}`);
    }
    if (typeof listener !== "function") throw invalidArgument(`the listener of "${name}" is no function`);
    this.entries.set(name, [...this.of(name), { listener: listener as WorkListener<never>, isOnce }]);
  }

  /** Removes the listener, however often it was added. */
  remove<N extends keyof E & string>(name: N, listener: WorkListener<E[N]>): void {
    this.keep(name, (entry) => entry.listener !== listener);
  }

  /** Whether anybody listens. */
  has(name: keyof E & string): boolean {
    return this.of(name).length > 0;
  }

  /** Tells the listeners, in the order in which they were added. */
  emit<N extends keyof E & string>(name: N, info: E[N]): void {
    for (const entry of this.of(name)) {
      if (entry.isOnce) this.keep(name, (other) => other !== entry);
      try {
        const answer: unknown = (entry.listener as WorkListener<E[N]>)(info);
        if (answer instanceof Promise) answer.catch((cause) => this.failed(name, cause));
      } catch (cause) {
        this.failed(name, cause);
      }
    }
  }

  private of(name: keyof E): readonly Entry[] {
    return this.entries.get(name) ?? [];
  }

  private keep(name: keyof E, wanted: (entry: Entry) => boolean): void {
    this.entries.set(name, this.of(name).filter(wanted));
  }

  private failed(name: string, cause: unknown): void {
    const text = `a listener of "${name}" failed: ${describeCause(cause)}`;
    this.report(codedError("CALLBACK_FAILED", text, { cause }));
  }
}
