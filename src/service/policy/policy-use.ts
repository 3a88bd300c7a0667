import type { BreakerFacts, BreakerState, Component, Connection, PolicyFacts } from "../../index.js";
import { Breakers } from "./breakers.js";
import { newCounts, type PolicyCounts } from "./policy-counts.js";
import { RecentDurations } from "./recent-durations.js";
import type { Settings } from "./settings.js";
import { type Tied, tiesOf } from "./ties.js";
import type { Ender } from "./waiting.js";

/** What a policy's use on a connection tells the policy. */
export interface UseHost {
  readonly settings: Settings;
  /** Counts of all connections. */
  readonly counts: PolicyCounts;
  breakerChanged(subject: string, from: BreakerState, to: BreakerState, connection: string | undefined): void;
  report(error: Error): void;
  /** The connection is closed: this use of the policy has ended. */
  ended(nc: Connection): void;
}

/** What a component tells; it lives as long as the connection, and must not hold on to the policy. */
interface Told {
  readonly name: string;
  readonly counts: PolicyCounts;
  lastError: Error | undefined;
  /** Calls under way, and who waits for their end. */
  inFlight: number;
  idle: (() => void)[];
}

/** Takes away what a policy that nobody holds any more has left at its connections. */
const forgotten = new FinalizationRegistry<() => void>((takeAway) => takeAway());

/** A policy as it is used on one connection, or on none: its counts and its breakers there. */
export class PolicyUse implements Tied {
  readonly connection: Connection | undefined;
  readonly breakers: Breakers | undefined;
  readonly durations: RecentDurations | undefined;
  /** Ends waits: when the connection is closed there is nothing to wait for. */
  readonly ender: Ender | undefined;
  private readonly host: UseHost;
  private readonly told: Told;
  private takeAway: (() => void) | undefined;

  constructor(host: UseHost, connection: Connection | undefined) {
    const { settings } = host;
    this.host = host;
    this.connection = connection;
    this.told = { name: settings.name, counts: newCounts(), lastError: undefined, inFlight: 0, idle: [] };
    this.durations =
      settings.hedge?.quantile === undefined ? undefined : new RecentDurations(settings.hedge.quantile);
    this.breakers =
      settings.breaker &&
      new Breakers(settings.breaker, {
        changed: (subject, from, to) => host.breakerChanged(subject, from, to, this.connectionName),
        report: (error) => host.report(error),
      });
    this.ender = connection && tiesOf(connection);
  }

  /** Shows it among the connection's components, until the connection is closed or nobody holds the policy any more. */
  register(): void {
    const { connection, told, breakers } = this;
    if (connection === undefined) return;
    const untie = tiesOf(connection).add(this);
    const remove = connection.addComponent(component(told, breakers));
    this.takeAway = () => {
      untie();
      remove();
    };
    forgotten.register(this, this.takeAway, this);
  }

  /** What events call the connection: not itself, since events are logged. */
  get connectionName(): string | undefined {
    return this.connection?.options.name;
  }

  count(what: keyof PolicyCounts): void {
    this.told.counts[what]++;
    this.host.counts[what]++;
  }

  /** A call begins; {@link end} must follow. */
  begin(): void {
    this.count("calls");
    this.told.inFlight++;
  }

  end(): void {
    const { told } = this;
    if (--told.inFlight > 0) return;
    for (const resolve of told.idle.splice(0)) resolve();
  }

  failed(error: Error): void {
    this.count("failed");
    this.told.lastError = error;
  }

  /** Of an outage, by which those are known that one link has ended; undefined where there is no connection. */
  get outage(): number | undefined {
    return this.connection?.stats().reconnects;
  }

  reconnected(): void {
    this.breakers?.retest();
  }

  closed(): void {
    forgotten.unregister(this);
    this.takeAway?.();
    if (this.connection !== undefined) this.host.ended(this.connection);
  }
}

function component(told: Told, breakers: Breakers | undefined): Component {
  const seen = breakers === undefined ? undefined : new WeakRef(breakers);
  return {
    facts(): PolicyFacts {
      const { name, counts, lastError } = told;
      const facts: readonly BreakerFacts[] = seen?.deref()?.facts ?? [];
      return { kind: "policy", name, ...counts, breakers: facts, lastError };
    },
    // A drain waits for answers that are under way; handlers that it waits for as well may still ask.
    stop: () => (told.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => told.idle.push(resolve))),
  };
}
