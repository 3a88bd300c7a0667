import { describeCause } from "../errors.js";
import { codedError } from "./coded-error.js";
import { invalidArgument } from "./invalid.js";

/** A listener; what it returns is not looked at, but a promise that rejects is told as an error. */
export type WorkListener<T> = (info: T) => unknown;

interface Entry {
  readonly listener: WorkListener<never>;
  readonly isOnce: boolean;
}

/** Listeners of what works on a connection: one that fails is told, and harms nobody. */
export class Listeners<E extends object> {
  private readonly entries = new Map<keyof E, readonly Entry[]>();
  private readonly names: readonly (keyof E & string)[];
  private readonly report: (error: Error) => void;
  private readonly whose: string;

  /**
   * @param names all events
   * @param report is told of listeners that fail, such as `nc.report`
   * @param whose events these are, for errors: such as "the outbox"
   */
  constructor(names: readonly (keyof E & string)[], report: (error: Error) => void, whose?: string) {
    this.names = names;
    this.report = report;
    this.whose = whose === undefined ? "" : `${whose}'s `;
  }

  /** @throws an error with code `INVALID_ARGUMENT` */
  add<N extends keyof E & string>(name: N, listener: WorkListener<E[N]>, isOnce = false): void {
    if (!this.names.includes(name)) {
      throw invalidArgument(`there is no event "${String(name)}"; there are ${this.names.join(", ")}`);
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
      if (entry.isOnce) {
        // One that was called already, because a listener before it has brought the event about again, is not there any more.
        if (!this.of(name).includes(entry)) continue;
        this.keep(name, (other) => other !== entry);
      }
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
    const text = `a listener of ${this.whose}"${name}" failed: ${describeCause(cause)}`;
    this.report(codedError("CALLBACK_FAILED", text, { cause }));
  }
}
