import type { Component, Connection } from "../../index.js";
import { addDurations, type Durations } from "./durations.js";
import {
  type BreakerReading,
  CONSUMER_COUNTS,
  type ConsumerReading,
  type HandlerReading,
  isSilent,
  OUTBOX_COUNTS,
  type OutboxReading,
  POLICY_COUNTS,
  type PolicyReading,
  PUBLISHER_COUNTS,
  type PublisherReading,
  type Reading,
  readComponent,
  WORK_COUNTS,
} from "./reading.js";

/** Groups of one kind, at most. */
const MOST = 100;
/** The name of the group of those that come later. */
const OTHER = "other";

export type Labels = Readonly<Record<string, string>>;
type Counts = Readonly<Record<string, number>>;

/** What has the same names: it is one series, however many components it is. */
export interface Group<R> {
  readonly labels: Labels;
  /** Of those that are there and of those that were: never lower than at the last look. */
  readonly counts: Counts;
  readonly durations: Durations | undefined;
  /** Those that are there. */
  readonly live: readonly R[];
}

/** The components of a connection at one instant. */
export interface ComponentsLook {
  /** One for each component, in the order in which they came. */
  readonly readings: readonly Reading[];
  readonly handlers: readonly Group<HandlerReading>[];
  readonly consumers: readonly Group<ConsumerReading>[];
  readonly policies: readonly Group<PolicyReading>[];
  readonly breakers: readonly Group<BreakerReading>[];
  /** One group at most: a connection has one outbox. */
  readonly outboxes: readonly Group<OutboxReading>[];
  readonly publishers: readonly Group<PublisherReading>[];
}

/** Something with counts of its own: a component, or a breaker of one. */
interface Source {
  readonly account: Account;
  readonly counts: Counts;
  readonly durations: Durations | undefined;
}

/** A source of a reading, before it has an account. */
interface Part {
  /** Tells it from the other parts of its component. */
  readonly key: string;
  readonly book: Book;
  readonly labels: Labels;
  readonly counts: Counts;
  readonly durations?: Durations;
  readonly of: Reading | BreakerReading;
}

/** What is kept of a group. */
interface Account {
  readonly labels: Labels;
  /** Counts of those that are gone. */
  gone: Counts;
  goneDurations: Durations | undefined;
  /** Those that are there, and what of them could be read. */
  sources: Source[];
  live: (Reading | BreakerReading)[];
}

/** The groups of one kind: {@link MOST}, and one for all others. Each stays for as long as the connection. */
class Book {
  private readonly accounts = new Map<string, Account>();

  begin(): void {
    for (const account of this.accounts.values()) {
      account.sources = [];
      account.live = [];
    }
  }

  accountOf(labels: Labels): Account {
    const key = JSON.stringify(Object.values(labels));
    const found = this.accounts.get(key);
    if (found !== undefined) return found;
    if (this.accounts.size < MOST) return this.open(key, labels);
    const others = Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]));
    // One that is really called so is the same series.
    const otherKey = JSON.stringify(Object.values(others));
    return this.accounts.get(otherKey) ?? this.open(otherKey, others);
  }

  groups<R extends Reading | BreakerReading>(): Group<R>[] {
    return Array.from(this.accounts.values(), ({ labels, gone, goneDurations, sources, live }) => ({
      labels,
      counts: sources.reduce((sum, { counts }) => added(sum, counts), gone),
      durations: sources.reduce((sum, { durations }) => addDurations(sum, durations), goneDurations),
      live: live as R[],
    }));
  }

  private open(key: string, labels: Labels): Account {
    const account = { labels, gone: {}, goneDurations: undefined, sources: [], live: [] };
    this.accounts.set(key, account);
    return account;
  }
}

const ledgers = new WeakMap<Connection, Ledger>();

/**
 * Adds up what components count, by their names. What one of them has counted stays when it is gone: a sum that goes down would be taken for a
 * process that has begun anew. There is one for each connection; it knows of components from the first look that finds them.
 */
export class Ledger {
  private readonly nc: Connection;
  private readonly handlers = new Book();
  private readonly consumers = new Book();
  private readonly policies = new Book();
  private readonly breakers = new Book();
  private readonly outboxes = new Book();
  private readonly publishers = new Book();
  /** What was found at the last look. The account of a source stays, whatever it calls itself later. */
  private known = new Map<Component, ReadonlyMap<string, Source>>();
  /** What those had that are gone: one may come again. */
  private readonly gone = new WeakMap<Component, ReadonlyMap<string, Source>>();

  /** The one of this connection. */
  static of(nc: Connection): Ledger {
    let found = ledgers.get(nc);
    if (found === undefined) {
      found = new Ledger(nc);
      ledgers.set(nc, found);
    }
    return found;
  }

  /** Use {@link Ledger.of}. */
  constructor(nc: Connection) {
    this.nc = nc;
  }

  /** Reads all components, and for the last time those that have gone since the last look. */
  look(): ComponentsLook {
    const { known, handlers, consumers, policies, breakers, outboxes, publishers } = this;
    for (const book of [handlers, consumers, policies, breakers, outboxes, publishers]) book.begin();
    const readings: Reading[] = [];
    const found = new Map<Component, ReadonlyMap<string, Source>>();
    for (const component of componentsOf(this.nc)) {
      const reading = readComponent(component);
      readings.push(reading);
      found.set(component, this.note(reading, known.get(component) ?? this.back(component), true));
    }
    for (const [component, before] of known) {
      if (found.has(component)) continue;
      const last = this.note(readComponent(component), before, false);
      for (const source of last.values()) retire(source, 1);
      this.gone.set(component, last);
    }
    this.known = found;
    for (const sources of found.values())
      for (const source of sources.values()) source.account.sources.push(source);
    return {
      readings,
      handlers: handlers.groups(),
      consumers: consumers.groups(),
      policies: policies.groups(),
      breakers: breakers.groups(),
      outboxes: outboxes.groups(),
      publishers: publishers.groups(),
    };
  }

  /** What a component had that was gone and is there again. */
  private back(component: Component): ReadonlyMap<string, Source> | undefined {
    const sources = this.gone.get(component);
    for (const source of sources?.values() ?? []) retire(source, -1);
    this.gone.delete(component);
    return sources;
  }

  /** The sources of a component. Those that it had and has no longer are retired; one that does not answer has what it had. */
  private note(
    reading: Reading,
    before: ReadonlyMap<string, Source> = new Map(),
    isLive: boolean,
  ): ReadonlyMap<string, Source> {
    if (isSilent(reading)) return before;
    const sources = new Map<string, Source>();
    for (const { key, book, labels, counts, durations, of } of this.parts(reading)) {
      const account = before.get(key)?.account ?? book.accountOf(labels);
      sources.set(key, { account, counts, durations });
      if (isLive) account.live.push(of);
    }
    for (const [key, source] of before) if (!sources.has(key)) retire(source, 1);
    return sources;
  }

  private parts(of: Reading): Part[] {
    const { name, kind: key } = of;
    switch (of.kind) {
      case "handler": {
        const { durations } = of;
        const counts = picked(WORK_COUNTS, of);
        return [{ key, book: this.handlers, labels: { handler: name }, counts, durations, of }];
      }
      case "consumer": {
        const { stream, consumer, durations } = of;
        const counts = picked([...WORK_COUNTS, ...CONSUMER_COUNTS], of);
        return [{ key, book: this.consumers, labels: { stream, consumer }, counts, durations, of }];
      }
      case "policy": {
        const counts = picked(POLICY_COUNTS, of);
        const policy: Part = { key, book: this.policies, labels: { policy: name }, counts, of };
        return [policy, ...this.breakerParts(name, of.breakers)];
      }
      case "outbox": {
        const counts = picked(OUTBOX_COUNTS, of);
        return [{ key, book: this.outboxes, labels: {}, counts, durations: of.flushes, of }];
      }
      case "publisher": {
        const { durations } = of;
        const counts = picked(PUBLISHER_COUNTS, of);
        return [{ key, book: this.publishers, labels: { publisher: name }, counts, durations, of }];
      }
      default:
        return [];
    }
  }

  /** Two of one subject are two sources of one group. */
  private breakerParts(policy: string, breakers: readonly BreakerReading[]): Part[] {
    const met = new Map<string, number>();
    return breakers.map((of) => {
      const { subject, opened } = of;
      const number = (met.get(subject) ?? 0) + 1;
      met.set(subject, number);
      const key = `breaker ${number} ${subject}`;
      return { key, book: this.breakers, labels: { policy, subject }, counts: { opened }, of };
    });
  }
}

/** The components of a connection; none of one that another version of the package has made. */
export function componentsOf(nc: Connection): readonly Component[] {
  return (nc as { components?: readonly Component[] }).components ?? [];
}

/** It is gone (1): what it has counted is kept with its account. Or it is back (-1). */
function retire({ account, counts, durations }: Source, sign: 1 | -1): void {
  account.gone = added(account.gone, counts, sign);
  account.goneDurations = addDurations(account.goneDurations, durations, sign);
}

function added(sum: Counts, more: Counts, sign = 1): Counts {
  return Object.fromEntries(
    Object.entries(more).map(([name, count]) => [name, (sum[name] ?? 0) + sign * count]),
  );
}

function picked<K extends string>(names: readonly K[], reading: { readonly [_ in K]: number }): Counts {
  return Object.fromEntries(names.map((name) => [name, reading[name]]));
}
