import type { Component, Connection } from "../../index.js";
import type { ComponentLeft, ConnectionLeft } from "./report.js";
import type { Waits } from "./waits.js";

/** The part of a flush in the time that a connection has for its end: what is drained after it needs some as well. */
const FLUSH_SHARE = 0.5;

/** The part of the time for work that components have; in the rest they give up what is not done. */
const STOP_SHARE = 0.9;

/** A component, and what it had given up when the shutdown began. */
interface Seen {
  /** It has stopped in its time; undefined when it was not told to. */
  isStopped: boolean | undefined;
  readonly deadLettered: number;
  readonly discarded: number;
  readonly abandoned: number;
}

/** A connection that comes to its end in order, with all that works on it. */
export class ConnectionEnd {
  readonly nc: Connection;
  readonly name: string;
  readonly #waits: Waits;
  readonly #onError: (error: unknown) => void;
  #baseline: { readonly dropped: number; readonly unconfirmed: number } | undefined;
  /** Components that were there when it began, and those that have come since. */
  readonly #seen = new Map<Component, Seen>();
  /** It is closed, and code that waits for that has run. */
  #isLongClosed = false;
  #isDrained = true;
  /** It was closed before callbacks of its subscriptions were done. */
  #isCut = false;
  #isWorkDone = false;

  /** @param onError is told what goes wrong */
  constructor(nc: Connection, name: string, waits: Waits, onError: (error: unknown) => void) {
    this.nc = nc;
    this.name = name;
    this.#waits = waits;
    this.#onError = onError;
    void nc.closed().then(() => {
      this.#isLongClosed = true;
    });
  }

  /** What is lost from now on counts. */
  begin(): void {
    const { nc } = this;
    this.#baseline = nc.stats();
    for (const component of nc.components) this.#seen.set(component, this.#atBegin(component));
    if (nc.isClosed()) return;
    nc.closed().then((error) => {
      if (error !== undefined) this.#onError(error);
    });
  }

  #atBegin(component: Component): Seen {
    const { deadLettered, discarded, abandoned } = countsOf(component);
    // A listener of the same signal has closed it: that is a part of this end.
    const isNow = this.nc.isClosed() && !this.#isLongClosed;
    const now = isNow ? { discarded: discarded - abandoned, abandoned: 0 } : { discarded, abandoned };
    return { isStopped: undefined, deadLettered, ...now };
  }

  /** Sees what has come: all that it has given up was given up since. */
  #look(): void {
    for (const component of this.nc.components) {
      if (this.#seen.has(component)) continue;
      this.#seen.set(component, { isStopped: undefined, deadLettered: 0, discarded: 0, abandoned: 0 });
    }
  }

  /**
   * Takes no more work; settles when all that had come in is handled, or handed back. Never rejects.
   *
   * @param until by `performance.now()`: what is not done by then is given up
   * @returns whether it took so long that work of others may have come to new ends meanwhile
   */
  async stopWork(until: number): Promise<boolean> {
    this.#isWorkDone = false;
    let tookTurns = false;
    while (await this.#stopRound(until)) {
      tookTurns = true;
      // What brings new work whenever it is stopped does not hold up the process.
      await new Promise((resolve) => setImmediate(resolve));
      if (performance.now() >= until) return true;
    }
    this.#isWorkDone = true;
    return tookTurns;
  }

  /** @returns whether something may have come meanwhile: handlers that finish what they have may subscribe */
  async #stopRound(until: number): Promise<boolean> {
    let tookTurns = false;
    const turn = setImmediate(() => {
      tookTurns = true;
    });
    const timeout = Math.max(1, Math.floor((until - performance.now()) * STOP_SHARE));
    // Both begin at once: a component may wait for the drain of its subscription.
    await Promise.all([
      this.#drainSubscriptions(),
      ...this.#toStop().map(([component, seen]) => this.#stop(component, seen, timeout)),
    ]);
    clearImmediate(turn);
    return tookTurns || this.#toStop().length > 0;
  }

  /** Components that were not told to stop yet. */
  #toStop(): [Component, Seen][] {
    this.#look();
    const isToStop = ([component, { isStopped }]: [Component, Seen]) =>
      isStopped === undefined && component.stop !== undefined && this.nc.components.includes(component);
    return [...this.#seen].filter(isToStop);
  }

  async #drainSubscriptions(): Promise<void> {
    const { nc } = this;
    if (nc.isClosed()) return;
    this.#isDrained = false;
    void nc.closed().then(() => {
      if (this.#isDrained) return;
      // A drain of somebody else that has waited for the same callbacks closes it in the moment in which they are done.
      setImmediate(() => {
        if (!this.#isDrained) this.#isCut = true;
      });
    });
    await nc.drainSubscriptions().catch(this.#onError);
    this.#isDrained = true;
  }

  async #stop(component: Component, seen: Seen, timeout: number): Promise<void> {
    seen.isStopped = false;
    // Timers count whole ms: one that gives up at its timeout may do so a little before.
    const deadline = performance.now() + timeout - 1;
    try {
      await component.stop?.({ timeout });
      seen.isStopped = performance.now() < deadline;
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
    if (this.#isWorkDone && !nc.isDraining()) await this.#drain(timeout);
    else await ended(nc.close({ timeout }));
  }

  async #drain(timeout: number): Promise<void> {
    const begunAt = performance.now();
    await ended(this.nc.drain({ timeout }));
    // Nothing else tells that it was closed with callbacks at work: of what has come since work was stopped, or of inboxes.
    if (performance.now() - begunAt >= timeout && !this.#hasLost()) this.#isCut = true;
  }

  /** Messages that could not be sent or confirmed: a drain lasts as long as there is hope for them. */
  #hasLost(): boolean {
    const { dropped, unconfirmed, buffered } = this.report();
    return dropped + unconfirmed + buffered.messages > 0;
  }

  report(): ConnectionLeft {
    const { nc, name } = this;
    const { dropped, unconfirmed } = nc.stats();
    const { messages, bytes } = nc.buffered;
    const baseline = this.#baseline ?? { dropped, unconfirmed };
    return {
      name,
      closed: nc.isClosed(),
      drained: this.#isDrained && !this.#isCut,
      buffered: { messages, bytes },
      dropped: dropped - baseline.dropped,
      unconfirmed: unconfirmed - baseline.unconfirmed,
    };
  }

  /** Those that were there when it began, and those that have come since. */
  components(): ComponentLeft[] {
    this.#look();
    return [...this.#seen].flatMap(([component, seen]) => this.#reportOf(component, seen) ?? []);
  }

  #reportOf(component: Component, seen: Seen): ComponentLeft | undefined {
    const { kind, name } = factsOf(component);
    if (kind === "shutdown") return undefined;
    const { inFlight, waiting, deadLettered, discarded, abandoned } = countsOf(component);
    // One that is gone has been stopped by the application.
    const isOver = component.stop === undefined || !this.nc.components.includes(component);
    return {
      connection: this.name,
      kind: String(kind ?? "other"),
      name: String(name ?? ""),
      stopped: (seen.isStopped ?? isOver) && abandoned <= seen.abandoned,
      inFlight,
      waiting,
      deadLettered: deadLettered - seen.deadLettered,
      discarded: discarded - seen.discarded,
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
  const { inFlight, waiting, deadLettered, discarded, abandoned } = factsOf(component);
  const count = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    inFlight: count(inFlight),
    waiting: count(waiting),
    deadLettered: count(deadLettered),
    discarded: count(discarded),
    abandoned: count(abandoned),
  };
}

async function ended(end: Promise<unknown>): Promise<void> {
  // What it rejects with is in the figures: messages that are left, or that the connection is closed.
  await end.catch(() => {});
}
