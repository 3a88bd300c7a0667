import { LazyMap } from "../core/lazy-map.js";
import type { SubscriptionEntry } from "../core/subscriptions.js";
import type { Msg, Payload } from "../interop/nats-core.js";
import type { Clock, Timer } from "../io/clock.js";
import { Kind } from "../wire/frame.js";
import { Elections, type ElectionsEngine } from "./elections.js";
import { HoldfastMsg } from "./msg.js";
import { Subscription } from "./subscription.js";

/** ms after a reconnect that a consumer has for pulling again by itself. */
const PATIENCE = 500;
/** ms that a pull waits until it is worth a subscription to hear of its consumer's elections. */
const LONG_PULL = 1_000;
/** ms between two pulls while a consumer has no leader: the first such pause, and the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;
/** ms for which a missing leader is taken for an election under way; nats-server needs 4 to 9 s for one, and may need a second. */
const ELECTION = 30_000;

/** What {@link Pulls} needs of the connection. */
export interface PullsHost {
  readonly clock: Clock;
  on(event: "disconnect" | "reconnect" | "close", listener: () => void): unknown;
}

/** What {@link Pulls} needs of the engine. */
export interface PullsEngine extends ElectionsEngine {
  readonly session: { readonly connected: boolean };
  readonly intake: { readonly subjects: { get(subject: string): { readonly kind: number } } };
  readonly subscriptions: { find(subject: string, queue: undefined): SubscriptionEntry | undefined };
}

/** Whether what is published to `subject` is a pull. */
export function isPull({ intake }: Pick<PullsEngine, "intake">, subject: string): boolean {
  return intake.subjects.get(subject).kind === Kind.Pull;
}

/** A subscription that answers to pulls come to. */
interface Inbox {
  readonly entry: SubscriptionEntry;
  /** `<stream>.<consumer>` of the last pull. */
  consumer: string;
  /** What the first pull asked for: the most that is ever under way, since those after it ask for what has come. */
  readonly batch: number;
  readonly bytes: number;
  /** Whether no pull went out since the link was lost. */
  isCutOff: boolean;
  /** Until when (monotonic ms) a missing leader is one that is being elected. */
  electionEnd: number;
  /** The next pause before another pull. */
  pause: number;
  timer: Timer | undefined;
  /** What is to be told after this pause. */
  left: Asked;
  /** Ends, or forestalls, hearing of elections. */
  ignoreElections: () => void;
}

/**
 * Ends pulls of JetStream consumers that died with their link or their leader as the server ends those that have expired: with
 * status 408, and what they have not got. The official packages pull again at once then; left to themselves, `consume()` with
 * its default options does so after 15 to 45 s when the consumer's leader was not elected yet, and `fetch()` waits until its
 * own end.
 *
 * - The link was lost: the inbox is told when nobody has pulled anew for a moment after the reconnect.
 * - The server says that nobody takes the pull (503), within 30 s of a reconnect or of a leader's leave: an election is under
 *   way. That is held back, and the 408 told after a pause instead. Later, the 503 is delivered: the consumer is gone.
 * - The server says that the leader has changed or shuts down (409): this is delivered, and a pause later the 408.
 * - The server says that the consumer has a new leader, which knows of no pull: the inbox is told.
 * - The inbox pulls from another consumer, as those of ordered consumers do: what the old one was asked for does not come.
 */
export class Pulls {
  private readonly host: PullsHost;
  private readonly engine: PullsEngine;
  private readonly inboxes = new LazyMap<SubscriptionEntry, Inbox>();
  private readonly elections: Elections;
  private isListening = false;
  private timer: Timer | undefined;

  constructor(host: PullsHost, engine: PullsEngine) {
    this.host = host;
    this.engine = engine;
    this.elections = new Elections(engine, host.clock.now);
  }

  /** A pull was published whose answers go to `reply`. */
  published(subject: string, reply: string, payload: Payload | undefined): void {
    const asked = askedFor(payload);
    const entry = asked === undefined ? undefined : this.engine.subscriptions.find(reply, undefined);
    // With a `max` the server counts what it sends, and would not know of what is told here.
    if (asked === undefined || entry === undefined || entry.max !== undefined) return;
    const consumer = subject.split(".").slice(-2).join(".");
    const inbox = this.inboxes.get(entry) ?? this.add(entry, consumer, asked);
    if (inbox === undefined) return;
    if (inbox.consumer !== consumer) {
      this.expireLater(inbox, without(inbox, asked));
      this.watchElections(inbox, consumer);
    }
    if (this.engine.session.connected) inbox.isCutOff = false;
  }

  private add(entry: SubscriptionEntry, consumer: string, asked: Asked): Inbox | undefined {
    const { sink } = entry;
    if (!(sink instanceof Subscription)) return undefined;
    const inbox: Inbox = {
      entry,
      consumer,
      ...asked,
      isCutOff: false,
      electionEnd: 0,
      pause: FIRST_PAUSE,
      timer: undefined,
      left: NOTHING,
      ignoreElections: () => {},
    };
    this.inboxes.set(entry, inbox);
    const { callback } = sink;
    sink.callback = (error, msg) => {
      if (error === null && this.holdsBack(inbox, msg)) return;
      return callback(error, msg);
    };
    void sink.closed.then(() => {
      this.host.clock.clearTimeout(inbox.timer);
      inbox.ignoreElections();
      this.inboxes.delete(entry);
    });
    this.watchElections(inbox, consumer);
    this.listen();
    return inbox;
  }

  private watchElections(inbox: Inbox, consumer: string): void {
    const { clock } = this.host;
    inbox.ignoreElections();
    inbox.consumer = consumer;
    const timer = clock.setTimeout(() => {
      inbox.ignoreElections = this.elections.watch(consumer, () => {
        this.awaitElection(inbox);
        this.expireLater(inbox, inbox);
      });
    }, LONG_PULL);
    inbox.ignoreElections = () => clock.clearTimeout(timer);
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    const { host } = this;
    host.on("disconnect", () => this.linkLost());
    host.on("reconnect", () => this.linkStands());
    host.on("close", () => host.clock.clearTimeout(this.timer));
  }

  private linkLost(): void {
    const { clock } = this.host;
    clock.clearTimeout(this.timer);
    for (const inbox of this.inboxes.values()) {
      inbox.isCutOff = true;
      clock.clearTimeout(inbox.timer);
      inbox.timer = undefined;
    }
  }

  private linkStands(): void {
    const { clock } = this.host;
    for (const inbox of this.inboxes.values()) this.awaitElection(inbox);
    clock.clearTimeout(this.timer);
    this.timer = clock.setTimeout(() => {
      for (const inbox of [...this.inboxes.values()]) if (inbox.isCutOff) this.expire(inbox, inbox);
    }, PATIENCE);
  }

  private awaitElection(inbox: Inbox): void {
    inbox.electionEnd = this.host.clock.now() + ELECTION;
    inbox.pause = FIRST_PAUSE;
  }

  /** Whether the application is not to see this. */
  private holdsBack(inbox: Inbox, msg: Msg): boolean {
    if (!(msg instanceof HoldfastMsg)) return false;
    if (msg.isNoResponders) {
      if (this.host.clock.now() >= inbox.electionEnd) return false;
      this.expireLater(inbox, inbox);
      return true;
    }
    if (msg.isLeaderGone) {
      this.awaitElection(inbox);
      // The server has told what the pull has not got.
      this.expireLater(inbox, NOTHING);
    }
    return false;
  }

  private expireLater(inbox: Inbox, left: Asked): void {
    if (inbox.timer !== undefined) {
      inbox.left = larger(inbox.left, left);
      return;
    }
    inbox.left = left;
    inbox.timer = this.host.clock.setTimeout(() => {
      inbox.timer = undefined;
      this.expire(inbox, inbox.left);
    }, inbox.pause);
    inbox.pause = Math.min(2 * inbox.pause, LONGEST_PAUSE);
  }

  private expire({ entry }: Inbox, { batch, bytes }: Asked): void {
    const { subject, sink, draining } = entry;
    if (draining) return;
    const status = `NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: ${batch}\r\nNats-Pending-Bytes: ${bytes}\r\n\r\n`;
    const msg = Buffer.from(subject + status);
    const at = msg.length - status.length;
    entry.received++;
    sink.onMessage(msg, 0, at, at, at, at, msg.length, msg.length);
  }
}

/** What a pull asks for. */
interface Asked {
  readonly batch: number;
  /** 0: any number. */
  readonly bytes: number;
}

/** What is left of all that was asked for, when this was asked for last. */
function without(all: Asked, last: Asked): Asked {
  return { batch: Math.max(0, all.batch - last.batch), bytes: Math.max(0, all.bytes - last.bytes) };
}

function larger(one: Asked, other: Asked): Asked {
  return one.batch >= other.batch ? one : other;
}

const NOTHING: Asked = { batch: 0, bytes: 0 };

/** What a pull says (ADR-13): JSON, a number alone, or nothing for one message; undefined when it does not wait for messages. */
function askedFor(payload: Payload | undefined): Asked | undefined {
  const text = typeof payload === "string" ? payload : Buffer.from(payload ?? []).toString();
  try {
    const request: unknown = text === "" ? 1 : JSON.parse(text);
    if (typeof request === "number") return { batch: request, bytes: 0 };
    const { batch, max_bytes, no_wait, expires } = request as Record<string, unknown>;
    if (no_wait === true && expires === undefined) return undefined;
    return { batch: toCount(batch, 1), bytes: toCount(max_bytes, 0) };
  } catch {
    return undefined; // the server will say so
  }
}

function toCount(value: unknown, otherwise: number): number {
  return typeof value === "number" && value > 0 ? value : otherwise;
}
