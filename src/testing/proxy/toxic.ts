import { checkUpdate } from "./check-toxic.js";
import { FaultProxyError } from "./error.js";
import type { ToxicState } from "./stage.js";
import type { ToxicInfo, ToxicStream, ToxicType, ToxicUpdate } from "./toxics.js";

/** Hears of what is done with a toxic. */
export interface ToxicOwner {
  changed(state: ToxicState, before: ToxicInfo): void;
  removed(state: ToxicState): void;
}

/** A toxic of a `FaultProxy`. It may be changed and removed at any time, while traffic flows. */
export class Toxic<T extends ToxicType = ToxicType> implements ToxicInfo<T> {
  readonly #state: ToxicState<T>;
  readonly #owner: ToxicOwner;
  #removed = false;

  constructor(state: ToxicState<T>, owner: ToxicOwner) {
    this.#state = state;
    this.#owner = owner;
  }

  /** No two toxics of a proxy have the same. */
  get name(): string {
    return this.#state.info.name;
  }
  /** What it does. */
  get type(): T {
    return this.#state.info.type;
  }
  /** Which way it acts on. */
  get stream(): ToxicStream {
    return this.#state.info.stream;
  }
  /** How likely a link is affected, 0 to 1. */
  get toxicity(): number {
    return this.#state.info.toxicity;
  }
  /** All attributes, with their defaults, as they are now. */
  get attributes(): ToxicInfo<T>["attributes"] {
    return this.#state.info.attributes;
  }
  /**
   * How often it did something, over all links: reads that were delayed, slowed down or discarded, ends that were held
   * back, links that were ended or frozen, slices, changed bytes, lines.
   */
  get injected(): number {
    return this.#state.injected;
  }
  /** Whether {@link remove} was called. */
  get removed(): boolean {
    return this.#removed;
  }

  /**
   * Changes attributes or the toxicity, for all links there are and to come. What waits already goes by the new values.
   *
   * @throws FaultProxyError `INVALID_TOXIC`, and nothing has changed; `TOXIC_REMOVED`
   */
  update(change: ToxicUpdate<T>): this {
    const state = this.#state as unknown as ToxicState;
    const before = state.info;
    const after = checkUpdate(before, change);
    if (this.#removed) {
      throw new FaultProxyError("TOXIC_REMOVED", `toxic "${this.name}" was removed; add another one`, {
        toxic: this.name,
      });
    }
    state.info = after;
    this.#owner.changed(state, before);
    return this;
  }

  /**
   * Takes it away. What it held back goes on at once, in order; a link of which it has swallowed something ends, since what
   * follows would make no sense. Idempotent.
   */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.#owner.removed(this.#state as unknown as ToxicState);
  }
}
