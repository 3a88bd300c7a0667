import { parseAddress } from "../../core/address.js";
import { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import { type PoolServer, ServerPool } from "../../core/pool.js";
import type { Credentials } from "../../core/session-owner.js";
import { CodedError } from "../../errors.js";
import { Asking } from "./asking.js";
import { AttemptRules } from "./attempt-rules.js";
import { markOf } from "./content.js";
import type { Coverage } from "./coverage.js";
import { Drafts, type Publication } from "./drafts.js";
import { type DriverHost, SimDriver } from "./driver.js";
import { EventRules } from "./event-rules.js";
import { eventText } from "./event-text.js";
import { GuardedPool } from "./guarded-pool.js";
import { Intake } from "./intake-rules.js";
import type { Routed, ServerSub } from "./interest.js";
import { Ledger, type LedgerView } from "./ledger.js";
import type { Network } from "./network.js";
import type { Peer, Witness } from "./peer.js";
import type { Profile } from "./profile.js";
import type { Random } from "./random.js";
import type { Asked, Draft, Sent } from "./sent.js";
import { type Reaction, Subscriber } from "./subscriber.js";
import { demand } from "./violation.js";
import { Waiter } from "./waiter.js";
import { tellHanded, type Watcher, watch } from "./watch.js";
import type { World } from "./world.js";

/** What the application does when the engine asks it or tells it something; each may use any command. */
export interface Application {
  event(event: EngineEvent): void;
  message(subscriber: Subscriber): void;
  answered(asked: Asked): void;
  /** Something it waited for is confirmed, or is not going to be. */
  settled(): void;
  beforeReplay(epoch: number): void;
  authenticate(server: PoolServer): Credentials | Error | "never";
}

/**
 * The client under test: a real engine on a simulated driver, and beside it all that watches over it. Its
 * commands are those of the engine; each is checked when it is given.
 */
export class Client implements DriverHost, LedgerView, Witness, Watcher {
  readonly world: World;
  readonly profile: Profile;
  readonly coverage: Coverage;
  readonly engine: Engine;
  readonly driver: SimDriver;
  readonly ledger: Ledger;
  readonly asking: Asking;
  readonly rules: EventRules;
  readonly drafts: Drafts;
  readonly subscribers = new Map<number, Subscriber>();
  readonly waiters = new Set<Waiter>();
  readonly peers = new Map<number, Peer>();
  app: Application;
  /** Links given up for their silence since a message was confirmed: each makes the engine more patient. */
  stalls = 0;
  /** `finish()` was called. */
  finishing = false;
  readonly intake: Intake;
  private readonly attempts: AttemptRules;
  private readonly random: Random;
  /** Subscriptions that a link must carry before the first publish, by link. */
  private readonly restoredSids = new Map<number, Set<number>>();
  /** The link that carries the window, or did last. */
  private lastActive = 0;
  private holding = false;
  private holdEnds = Number.POSITIVE_INFINITY;

  constructor(world: World, network: Network, profile: Profile, coverage: Coverage, app: Application) {
    this.world = world;
    this.profile = profile;
    this.coverage = coverage;
    this.app = app;
    this.random = world.random.fork(3);
    const { options } = profile;
    const chunks = new GuardedPool(profile.keepIdleChunks);
    this.driver = new SimDriver(world, network, chunks, profile.maxInFlight, profile.lateness);
    const pool = new ServerPool(
      profile.configured.map((text) => parseAddress(text)),
      world.random.fork(4).float,
    );
    this.engine = new Engine(options, pool, chunks, this.driver.wake, world.now);
    this.driver.attach(this.engine, this);
    this.ledger = new Ledger(this, coverage);
    this.asking = new Asking(this, coverage);
    this.rules = new EventRules(this.ledger, coverage);
    this.drafts = new Drafts(world.random.fork(5), profile.maxSize, options.atLeastOnce);
    this.intake = new Intake(this);
    this.attempts = new AttemptRules(this);
    this.engine.lost.keepData = true;
    watch(this.engine, this.ledger, this);
  }

  // For those who watch -------------------------------------------------------------------------------

  get now(): number {
    return this.world.now;
  }

  get inputEpoch(): number {
    return this.driver.inputEpoch;
  }

  get closed(): boolean {
    return this.engine.session.closed;
  }

  get losing(): boolean {
    return this.asking.losing;
  }

  get replayMargin(): number {
    return this.profile.options.replayMargin;
  }

  get maxPayload(): number {
    return this.engine.info?.max_payload ?? 1024 * 1024;
  }

  get held(): boolean {
    return this.holding && this.now < this.holdEnds;
  }

  // Commands ------------------------------------------------------------------------------------------

  start(): void {
    this.driver.input(0, (now) => this.engine.session.start(now));
  }

  /** Publishes; returns the message if it was accepted. */
  publish(publication: Publication): Sent | undefined {
    if (publication.draft.asked !== undefined) return this.requestMany(publication);
    const { engine } = this;
    const { draft, payload, replay } = publication;
    return this.intake.judge(draft, engine.outbound.window, () => {
      engine.publish(draft.subject, payload, draft.reply, draft.headers, replay);
    });
  }

  /** A request whose answers go to a subscription of the application; it stops at its deadline. */
  private requestMany({ draft, payload }: Publication): Sent | undefined {
    const { engine, asking } = this;
    const asked = draft.asked!;
    return this.intake.judge(draft, engine.outbound.urgent, () => {
      const stop = engine.requestTo(draft.reply, draft.subject, payload, draft.headers, asking.onFail(asked));
      asking.open.add(asked);
      this.world.clientIn(asked.deadline - this.now, () => {
        if (asked.settled !== undefined) return;
        asked.settled = "stopped";
        asking.open.delete(asked);
        stop();
      });
    });
  }

  /** Publishes, and waits for the confirmation. */
  publishConfirmed(publication: Publication): void {
    const sent = this.publish(publication);
    if (sent !== undefined && sent.window === this.engine.outbound.window) this.confirm(sent);
  }

  /** Waits for the confirmation of the message published last. */
  confirm(sent: Sent): void {
    this.wait(new Waiter(sent, -1, 0), (settle) => this.engine.confirmLast(settle));
  }

  /** Waits for the confirmation of all that was accepted. */
  fence(): void {
    if (this.closed) return;
    const { position } = this.engine.outbound.window;
    const waiter = new Waiter(undefined, position, this.ledger.bad.length);
    this.wait(waiter, (settle) => this.engine.fence(settle, this.now));
  }

  /** Asks to be told when there is room again. */
  awaitWritable(): void {
    if (this.engine.writable) return;
    this.rules.writableWanted = true;
    this.engine.awaitWritable();
  }

  private wait(waiter: Waiter, begin: (settle: Parameters<Engine["confirmLast"]>[0]) => void): void {
    this.waiters.add(waiter);
    begin((outcome) => {
      this.coverage.count(waiter.one === undefined ? "fence" : "publishConfirmed", outcome);
      const { window } = this.engine.outbound;
      const oldest = this.ledger.oldestPending(window)?.seq ?? window.position;
      waiter.settle(outcome, oldest, this.ledger.bad, this.closed);
      this.waiters.delete(waiter);
      this.app.settled();
    });
  }

  request(publication: Publication, timeout: number): void {
    const { engine } = this;
    const { draft, payload } = publication;
    const asked = draft.asked!;
    this.intake.judge(draft, engine.outbound.urgent, () => {
      const sink = this.asking.sink(asked, () => this.app.answered(asked));
      engine.request(draft.subject, payload, draft.headers, timeout, sink, this.now);
      this.asking.open.add(asked);
    });
  }

  subscribe(subject: string, queue: string | undefined, max: number | undefined): Subscriber | undefined {
    const react: Reaction = (subscriber) => this.app.message(subscriber);
    const subscriber = new Subscriber(subject, queue, max, react, (one, error) => {
      one.goneWith ??= this.lastActive;
      this.coverage.count("subscription", error === undefined ? "ended" : error.code);
    });
    try {
      subscriber.entry = this.engine.subscribe(subject, queue, max, subscriber);
    } catch (error) {
      demand(
        error instanceof CodedError && error.code === "CONNECTION_CLOSED" && this.closed,
        "subscribe",
        () => `${error}`,
      );
      return undefined;
    }
    this.subscribers.set(subscriber.entry.sid, subscriber);
    return subscriber;
  }

  unsubscribe(subscriber: Subscriber, max?: number): void {
    if (max !== undefined && max > subscriber.received && !subscriber.ended) subscriber.max = max;
    this.engine.unsubscribe(subscriber.entry, max);
  }

  /**
   * Ends it after `more` messages, unless it ends earlier anyway: a limit is never raised, since the server
   * may have ended the subscription by the lower one.
   */
  limit(subscriber: Subscriber, more: number): void {
    this.unsubscribe(
      subscriber,
      Math.min(subscriber.max ?? Number.POSITIVE_INFINITY, subscriber.received + more),
    );
  }

  drain(subscriber: Subscriber): void {
    subscriber.goneWith ??= this.lastActive;
    const down = this.engine.session.active === undefined;
    this.engine.drainSubscription(subscriber.entry, this.now);
    demand(
      !down || subscriber.ended,
      "drain",
      () => `${subscriber} was drained during an outage and has not ended`,
    );
  }

  finish(timeout: number): void {
    this.finishing = true;
    this.driver.input(0, (now) => this.engine.finish(timeout, now));
  }

  close(): void {
    this.driver.input(0, (now) => this.engine.close(undefined, now));
  }

  reconnect(): void {
    this.attempts.beginAnew();
    this.driver.input(0, (now) => this.engine.session.reconnect(now));
  }

  setServers(addresses: readonly string[]): void {
    this.attempts.beginAnew();
    this.engine.session.pool.replace(addresses.map((text) => parseAddress(text)));
  }

  releaseReplay(epoch: number): void {
    if (this.engine.session.active?.epoch === epoch) this.holding = false;
    this.driver.input(0, (now) => this.engine.session.releaseReplay(epoch, now));
  }

  // For the driver ------------------------------------------------------------------------------------

  event(event: EngineEvent): void {
    this.world.trace.note(`event ${event.type}`);
    this.attempts.event(event);
    this.world.trace.say(() => eventText(event));
    this.rules.see(event, this.now);
    this.app.event(event);
  }

  authenticate(epoch: number, server: PoolServer): void {
    const result = this.app.authenticate(server);
    if (result === "never") return;
    this.world.clientIn(this.random.chance(0.5) ? 0 : this.random.between(0, 3), () => {
      this.driver.input(epoch, (now) => this.engine.session.authenticate(epoch, result, now));
    });
  }

  beforeReplay(epoch: number): void {
    this.holdEnds = this.now + this.profile.options.holdTimeout;
    this.app.beforeReplay(epoch);
  }

  dialling(address: string): void {
    this.attempts.dialling(address);
  }

  handed(epoch: number): void {
    tellHanded(this.engine, this.ledger, epoch);
  }

  // For the watch on the engine -------------------------------------------------------------------------

  sentAgain(reply: string): Draft | undefined {
    for (const asked of this.asking.open) if (asked.sent?.draft.reply === reply) return asked.sent.draft;
    return undefined;
  }

  restoring(epoch: number): void {
    this.lastActive = epoch;
    this.holding = this.profile.options.holdTimeout > 0 && this.rules.wasUp;
    this.holdEnds = Number.POSITIVE_INFINITY;
    this.coverage.count("link", "restored");
  }

  restored(epoch: number): void {
    const alive = [...this.engine.subscriptions.all].filter((entry) => !entry.draining);
    this.restoredSids.set(epoch, new Set(alive.map((entry) => entry.sid)));
  }

  linkLost<T>(cause: Error | undefined, unclean: boolean, lose: () => T): T {
    if (cause instanceof CodedError && cause.code === "STALE_CONNECTION" && this.inputEpoch === 0)
      this.judgeStale(cause);
    this.holding = false;
    this.coverage.count("link", unclean ? "died" : "left");
    return this.asking.duringLoss(lose);
  }

  /** A stalled process is not taken for a dead server: what it has not read yet is a sign of life. */
  private judgeStale(cause: CodedError): void {
    this.stalls++;
    const wire = this.driver.sockets.get(this.lastActive)?.wire;
    demand(wire?.down.unread !== true, "stale-unread", () => `link ${this.lastActive}: ${cause.message}`);
  }

  confirmed(): void {
    this.stalls = 0;
  }

  outage(): void {
    this.intake.outageBegins();
  }

  arrived(sid: number, subject: string, payload: Buffer): void {
    this.peers.get(this.inputEpoch)!.arrived(sid, markOf(subject, payload));
  }

  // For the servers -----------------------------------------------------------------------------------

  opened(peer: Peer): void {
    this.peers.set(peer.epoch, peer);
  }

  published(peer: Peer, message: Routed, denied: boolean): void {
    const expected = this.restoredSids.get(peer.epoch);
    if (expected !== undefined) {
      this.restoredSids.delete(peer.epoch);
      for (const sid of expected) {
        demand(
          peer.seen.has(sid),
          "subs-first",
          () => `a publish came before SUB ${sid} on link ${peer.epoch}`,
        );
      }
    }
    this.ledger.published(peer.epoch, message, denied);
  }

  subscribed(peer: Peer, sub: ServerSub): void {
    if (sub.subject.startsWith("_INBOX.")) return;
    const subscriber = this.subscribers.get(sub.sid)!;
    demand(
      subscriber.subject === sub.subject && subscriber.queue === sub.queue,
      "subscribe",
      () => `${subscriber}: SUB ${sub.subject}`,
    );
    const { goneWith } = subscriber;
    demand(
      goneWith === undefined || peer.epoch <= goneWith,
      "resubscribed",
      () => `${subscriber} on link ${peer.epoch}`,
    );
  }
}
