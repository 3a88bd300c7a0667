import type {
  AttemptInfo,
  Cause,
  Connection,
  ConnectionEvents,
  DisconnectInfo,
  EventName,
  HoldfastSubscription,
  MoveInfo,
  ReconnectInfo,
} from "../index.js";
import { DurationHistogram } from "../index.js";
import { missed } from "./dashboard/protocol.js";
import { DESCRIBE, messagesLost, type Told } from "./describe-event.js";
import { Ring } from "./ring.js";
import { codeOf, safeCause, safeText } from "./safe-text.js";

/** Seconds of an outage: the buckets of `nats_disconnection_duration_seconds`. */
export const DOWNTIME_BOUNDS: readonly number[] = [0.1, 0.5, 1, 5, 10, 30, 60, 120];
const OUTAGES = 100;
const LOG = 500;
/** Servers that are remembered; gossip may bring new ones for ever. */
const SERVERS = 256;
/** Slow subscriptions that are kept before those are looked for that are not slow any more. */
const FEW_SLOW = 64;

/** Events that may come in storms: what is told again within a minute is counted, also when others of them came in between. */
const STORMY: ReadonlySet<EventName> = new Set([
  "attemptFailed",
  "buffer",
  "error",
  "failback",
  "messageLost",
  "overflow",
  "reconnecting",
  "slowConsumer",
  "standby",
  "update",
]);
const AGAIN_MS = 60_000;
/** Entries that are searched for one that is told again. */
const RECENT = 16;

/** One time without a link. */
export interface Outage {
  /** When the link was lost, ms since the epoch. */
  readonly startedAt: number;
  /** `host:port` of the server that was lost. */
  readonly server: string;
  /** Why it was lost, as the connection tells it. */
  readonly cause: Cause;
  /** Messages that were on the way without a confirmation, to be written again. */
  readonly unconfirmed: number;
  /** Messages that were on the way and are not written again (requests, at-most-once). */
  readonly abandoned: number;
  /** When a link stood again, or the connection was closed, ms since the epoch; undefined while it lasts. */
  endedAt: number | undefined;
  /** ms without a link; undefined while it lasts. */
  duration: number | undefined;
  /** `host:port` of the server behind it; undefined while it lasts, and when the connection was closed in it. */
  next: string | undefined;
  /** Attempts so far, or those that it took. */
  attempts: number;
  /** Messages that were written again. */
  replayed: number;
  /** Messages that were given up in it and are missed: not pulls, requests, or those whose `ttl` ended. */
  lost: number;
}

/** What is known of the failures of a server. */
export interface ServerFailures {
  /** Attempts that have failed, and links that were lost. */
  failures: number;
  /** Text of the last one, which may be shown to everybody. */
  lastError: string;
  /** ms since the epoch. */
  lastErrorAt: number;
}

/** The links to a server that stood. */
export interface ServerLinks {
  /** How many there were. */
  count: number;
  /** When the last one was made, ms since the epoch. */
  lastAt: number;
}

/** A line of the log of events. */
export interface LogEntry extends Told {
  /** Grows by one from entry to entry. */
  readonly id: number;
  /** ms since the epoch. */
  readonly at: number;
  /** The event of the connection that it tells of. */
  readonly event: EventName;
  /** How often it was told: a storm of the same is one line. */
  times: number;
  /** When it was told last, ms since the epoch. */
  lastAt: number;
  /** `Told.text` of the last time; with `sum` that of all together. */
  text: string;
  /** `Told.detail` of the last time. */
  detail: string | undefined;
  /** `Told.sum`, of all times together. */
  sum?: Told["sum"];
}

/** Hears of each event, when it has been noted. */
export type ObservationListener = (entry: LogEntry) => void;

const observations = new WeakMap<Connection, Observation>();

/**
 * What is remembered of a connection for all who look at it from outside. There is one per connection, made when somebody looks first; it
 * counts from then on. Its memory is bounded, and it does nothing per message.
 */
export class Observation {
  /** The connection that is observed. */
  readonly connection: Connection;
  /** ms since the epoch. */
  readonly since: number;
  /** Links that stood and were lost. */
  disconnects = 0;
  /** Attempts to connect again: `succeeded` are those that ended an outage; `failed` has those of a first connect, too. */
  readonly attempts = { succeeded: 0, failed: 0 };
  /** Errors and failed attempts by their code: a closed set, `UNKNOWN` for what is not Holdfast's. */
  readonly errors = new Map<string, number>();
  /** Seconds of each outage that has ended. */
  readonly downtimes = new DurationHistogram(DOWNTIME_BOUNDS);
  /** Moves from server to server without an outage. */
  moves = 0;
  /** Episodes of slow consumers. */
  slowConsumers = 0;
  /** The outage of now. */
  current: Outage | undefined;
  private readonly past = new Ring<Outage>(OUTAGES);
  private readonly entries = new Ring<LogEntry>(LOG);
  private readonly servers = new Map<string, ServerFailures>();
  private readonly links = new Map<string, ServerLinks>();
  private readonly slow = new Map<HoldfastSubscription, number>();
  private slowRoom = FEW_SLOW;
  private readonly listeners = new Set<ObservationListener>();
  private readonly now: () => number;
  private lastId = 0;
  /** Why the last attempt failed. */
  private failure: Error | undefined;
  /** Text of the last `error` event on this link. */
  private complaint: string | undefined;
  /** Messages that were given up and are missed, at the last look. */
  private dropped: number;

  /** The one of this connection. */
  static of(nc: Connection): Observation {
    let found = observations.get(nc);
    if (found === undefined) {
      found = new Observation(nc);
      observations.set(nc, found);
    }
    return found;
  }

  /** Use {@link Observation.of}. */
  constructor(nc: Connection, now: () => number = Date.now) {
    this.connection = nc;
    this.now = now;
    this.since = now();
    const { connected, server, lastConnectedAt, stats } = nc.health();
    this.dropped = missed(stats);
    if (connected) this.stood(server, lastConnectedAt ?? this.since);
    for (const name of Object.keys(DESCRIBE) as EventName[]) this.listenTo(name);
  }

  /** Outages that have ended, and the one of now, oldest first; the last 100. */
  get outages(): readonly Outage[] {
    return this.current === undefined ? this.past.toArray() : [...this.past.toArray(), this.current];
  }

  /** The last 500 events, oldest first. */
  get log(): readonly LogEntry[] {
    return this.entries.toArray();
  }

  /** What went wrong with a server; undefined when nothing did. */
  failuresOf(server: string): ServerFailures | undefined {
    return this.servers.get(server);
  }

  /** The links to a server that stood, the one that stood at the first look among them; undefined when there were none. */
  linksTo(server: string): ServerLinks | undefined {
    return this.links.get(server);
  }

  /** Subscriptions that have begun to drop messages, or to be slow, and have not caught up since. */
  get slowSubscriptions(): readonly HoldfastSubscription[] {
    this.forgetCaughtUp();
    return [...this.slow.keys()];
  }

  private forgetCaughtUp(): void {
    for (const [subscription, pending] of this.slow) {
      if (subscription.isClosed() || subscription.getPending() * 2 <= pending) this.slow.delete(subscription);
    }
    this.slowRoom = Math.max(FEW_SLOW, 2 * this.slow.size);
  }

  /** Tells `listener` of each event from now on. Returns how to stop. */
  listen(listener: ObservationListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private listenTo<E extends EventName>(name: E): void {
    const describe = DESCRIBE[name] as (...args: ConnectionEvents[E]) => Told | undefined;
    this.connection.on(name, (...args) => {
      // First: what was given up so far belongs to the outage that ends with this, or to none if one begins.
      this.noteDrops();
      // A failed authentication is told twice, as the attempt's and as nobody's.
      if (name === "error" && args[0] === this.failure) return;
      this.note(name, args);
      const told = describe(...args);
      if (told !== undefined) this.write(name, told);
    });
  }

  private note(name: EventName, args: unknown[]): void {
    switch (name) {
      case "connect":
        return this.stood((args[0] as ConnectionEvents["connect"][0]).server, this.now());
      case "disconnect":
        return this.lost(args[0] as Error | undefined, args[1] as DisconnectInfo);
      case "attemptFailed":
        return this.attemptFailed(args[0] as Error, args[1] as AttemptInfo);
      case "reconnect":
        return this.back(args[0] as ReconnectInfo);
      case "error":
        this.complaint = (args[0] as Error).message;
        return this.count(args[0] as Error);
      case "move":
        this.moves++;
        return this.stood((args[0] as MoveInfo).to, this.now());
      case "slowConsumer": {
        const { subscription, pending } = args[0] as ConnectionEvents["slowConsumer"][0];
        this.slowConsumers++;
        this.slow.set(subscription, pending);
        if (this.slow.size >= this.slowRoom) this.forgetCaughtUp();
        return;
      }
      case "close":
        return this.ended();
      default:
    }
  }

  private lost(error: Error | undefined, { server, cause, unconfirmed, abandoned }: DisconnectInfo): void {
    this.disconnects++;
    // What the server has said before it closed the link was counted when it said it.
    if (error !== undefined && error.message !== this.complaint) this.count(error);
    this.complaint = undefined;
    if (cause.kind !== "client") this.blame(server, safeCause(cause));
    this.current = {
      startedAt: this.now(),
      server,
      cause,
      unconfirmed,
      abandoned,
      endedAt: undefined,
      duration: undefined,
      next: undefined,
      attempts: 0,
      replayed: 0,
      lost: 0,
    };
  }

  private attemptFailed(error: Error, { server, attempt }: AttemptInfo): void {
    this.attempts.failed++;
    this.failure = error;
    this.count(error);
    this.blame(server, safeText(error));
    if (this.current !== undefined) this.current.attempts = attempt;
  }

  private back({ server, downtime, attempts, replayed }: ReconnectInfo): void {
    this.attempts.succeeded++;
    this.downtimes.add(downtime / 1000);
    this.stood(server, this.now());
    const { current } = this;
    if (current === undefined) return;
    Object.assign(current, { endedAt: this.now(), duration: downtime, next: server, attempts, replayed });
    this.over(current);
  }

  /** The connection is closed: an outage has no end any more. */
  private ended(): void {
    const { current } = this;
    if (current === undefined) return;
    Object.assign(current, { endedAt: this.now(), duration: this.now() - current.startedAt });
    this.over(current);
  }

  private over(outage: Outage): void {
    this.current = undefined;
    this.past.push(outage);
  }

  private count(error: Error): void {
    const code = codeOf(error);
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  private blame(server: string, lastError: string): void {
    const failures = (this.servers.get(server)?.failures ?? 0) + 1;
    keep(this.servers, server, { failures, lastError, lastErrorAt: this.now() });
  }

  private stood(server: string, lastAt: number): void {
    keep(this.links, server, { count: (this.links.get(server)?.count ?? 0) + 1, lastAt });
  }

  /**
   * Notes messages that were given up since the last look, and are missed. To be called now and then: there is an event for them, but the connection keeps
   * their payloads for those who listen to it.
   */
  noteDrops(): void {
    const dropped = missed(this.connection.stats());
    const lost = dropped - this.dropped;
    if (lost <= 0) return;
    this.dropped = dropped;
    if (this.current !== undefined) this.current.lost += lost;
    this.write("messageLost", messagesLost(lost));
  }

  private write(event: EventName, told: Told): void {
    const at = this.now();
    const entry = this.toldBefore(event, told, at) ?? this.begin(event, told, at);
    const { sum } = told;
    if (sum !== undefined) {
      const amount = sum.amount + (entry.times === 0 ? 0 : (entry.sum?.amount ?? 0));
      entry.sum = { ...sum, amount };
      entry.text = sum.text(amount);
    }
    entry.detail = told.detail;
    entry.times++;
    entry.lastAt = at;
    for (const listener of this.listeners) listener(entry);
  }

  private begin(event: EventName, told: Told, at: number): LogEntry {
    const entry = { ...told, id: ++this.lastId, at, event, times: 0, lastAt: at };
    this.entries.push(entry);
    return entry;
  }

  /** The entry that this is told in again, if there is one. What happens to a link itself is never told again, and ends the search. */
  private toldBefore(event: EventName, { text, sum }: Told, now: number): LogEntry | undefined {
    if (!STORMY.has(event)) return undefined;
    for (let back = 1; back <= RECENT; back++) {
      const entry = this.entries.at(-back);
      if (entry === undefined || !STORMY.has(entry.event)) return undefined;
      const isSame = entry.event === event && (sum === undefined ? entry.text === text : true);
      if (isSame) return now - entry.lastAt <= AGAIN_MS ? entry : undefined;
    }
    return undefined;
  }
}

/** Puts it behind all others, so that what was quiet for longest is forgotten first. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > SERVERS) map.delete(map.keys().next().value!);
}
