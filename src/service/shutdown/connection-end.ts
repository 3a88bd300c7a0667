import type { Component, Connection } from "../../index.js";
import type { ComponentLeft, ConnectionLeft } from "./report.js";
import type { Waits } from "./waits.js";

/** The part of a flush in the time that a connection has for its end: what is drained after it needs some as well. */
const FLUSH_SHARE = 0.5;

/** The part of the time for work that components have; in the rest they give up what is not done. */
const STOP_SHARE = 0.9;

/** A component that is to stop. */
interface Stopping {
  /** It has stopped by itself, in its time. */
  isStopped: boolean;
  readonly deadLettered: number;
  readonly discarded: number;
}

/** A connection that comes to its end in order, with all that works on it. */
export class ConnectionEnd {
  readonly nc: Connection;
  readonly name: string;
  readonly #waits: Waits;
  readonly #onError: (error: unknown) => void;
  #baseline: { readonly dropped: number; readonly unconfirmed: number } | undefined;
  /** Components when work was stopped. */
  readonly #stopping = new Map<Component, Stopping>();
  #isDrained = true;
  #isWorkDone = false;

  /** @param onError is told what goes wrong */
  constructor(nc: Connection, name: string, waits: Waits, onError: (error: unknown) => void) {
    this.nc = nc;
    this.name = name;
    this.#waits = waits;
    this.#onError = onError;
  }

  /** What is lost from now on counts. */
  begin(): void {
    const { nc } = this;
    this.#baseline = nc.stats();
    if (nc.isClosed()) return;
    nc.closed().then((error) => {
      if (error !== undefined) this.#onError(error);
    });
  }

  /**
   * Takes no more work; settles when all that had come in is handled, or handed back. Never rejects.
   *
   * @param until by `performance.now()`: what is not done by then is given up
   */
  async stopWork(until: number): Promise<void> {
    const components = this.nc.components.filter((component) => component.stop !== undefined);
    const timeout = Math.max(1, (until - performance.now()) * STOP_SHARE);
    // Both begin at once: a component may wait for the drain of its subscription.
    await Promise.all([
      this.#drainSubscriptions(),
      ...components.map((component) => this.#stop(component, timeout)),
    ]);
    this.#isWorkDone = true;
  }

  async #drainSubscriptions(): Promise<void> {
    if (this.nc.isClosed()) return;
    this.#isDrained = false;
    await this.nc.drainSubscriptions().catch(this.#onError);
    this.#isDrained = true;
  }

  async #stop(component: Component, timeout: number): Promise<void> {
    const { deadLettered, discarded } = countsOf(component);
    const stopping: Stopping = { isStopped: false, deadLettered, discarded };
    this.#stopping.set(component, stopping);
    const deadline = performance.now() + timeout;
    try {
      await component.stop?.({ timeout });
      stopping.isStopped = performance.now() < deadline;
    } catch (error) {
      this.#onError(error);
      this.nc.report(error as Error);
    }
  }

  /** Gets rid of what was published, and closes, until then at the latest (by `performance.now()`). Never rejects. */
  async end(until: number): Promise<void> {
    const { nc } = this;
    const left = () => Math.max(1, until - performance.now());
    // Somebody else has begun it.
    if (nc.isDraining() && (await this.#waits.settledBy(until, nc.closed()))) return;
    // What was sent so far does not wait for work that never ends.
    if (this.#isWorkDone && nc.buffered.messages > 0)
      await ended(nc.flush({ timeout: left() * FLUSH_SHARE }));
    if (nc.isClosed()) return;
    const timeout = left();
    await ended(this.#isWorkDone && !nc.isDraining() ? nc.drain({ timeout }) : nc.close({ timeout }));
  }

  report(): ConnectionLeft {
    const { nc, name } = this;
    const { dropped, unconfirmed } = nc.stats();
    const { messages, bytes } = nc.buffered;
    const baseline = this.#baseline ?? { dropped, unconfirmed };
    return {
      name,
      closed: nc.isClosed(),
      drained: this.#isDrained,
      buffered: { messages, bytes },
      dropped: dropped - baseline.dropped,
      unconfirmed: unconfirmed - baseline.unconfirmed,
    };
  }

  /** Those that were there when work was stopped; before that, those that are there now. */
  components(): ComponentLeft[] {
    const all = this.#stopping.size > 0 ? [...this.#stopping.keys()] : this.nc.components;
    return all.flatMap((component) => this.#reportOf(component) ?? []);
  }

  #reportOf(component: Component): ComponentLeft | undefined {
    const { kind, name } = factsOf(component);
    if (kind === "shutdown") return undefined;
    const { inFlight, waiting, deadLettered, discarded } = countsOf(component);
    const before = this.#stopping.get(component);
    return {
      connection: this.name,
      kind: String(kind ?? "other"),
      name: String(name ?? ""),
      stopped: before?.isStopped ?? component.stop === undefined,
      inFlight,
      waiting,
      deadLettered: deadLettered - (before?.deadLettered ?? deadLettered),
      discarded: discarded - (before?.discarded ?? discarded),
    };
  }
}

/** What a component tells of itself; nothing when that fails. */
function factsOf(component: Component): Readonly<Record<string, unknown>> {
  try {
    return (component.facts() as unknown as Record<string, unknown> | undefined) ?? {};
  } catch {
    return {};
  }
}

/** The counts that matter here: 0 when it does not tell. */
function countsOf(component: Component) {
  const { inFlight, waiting, deadLettered, discarded } = factsOf(component);
  const count = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    inFlight: count(inFlight),
    waiting: count(waiting),
    deadLettered: count(deadLettered),
    discarded: count(discarded),
  };
}

async function ended(end: Promise<unknown>): Promise<void> {
  // What it rejects with is in the figures: messages that are left, or that the connection is closed.
  await end.catch(() => {});
}
