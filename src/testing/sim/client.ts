import { parseAddress } from "../../core/address.js";
import { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import { type PoolServer, ServerPool } from "../../core/pool.js";
import type { Random } from "../random.js";
import type { Application } from "./application.js";
import { Asking } from "./asking.js";
import { AttemptRules } from "./attempt-rules.js";
import { CauseRules } from "./cause-rules.js";
import type { Cluster } from "./cluster.js";
import type { Coverage } from "./coverage.js";
import { DeliveryRules, SAFE_SETTLE } from "./delivery-rules.js";
import { Drafts, type Publication } from "./drafts.js";
import { type DriverHost, SimDriver } from "./driver.js";
import { EventRules } from "./event-rules.js";
import { eventText } from "./event-text.js";
import { GuardedPool } from "./guarded-pool.js";
import { Intake } from "./intake-rules.js";
import { Ledger } from "./ledger.js";
import type { LedgerView } from "./ledger-view.js";
import { LinkTurns } from "./link-turns.js";
import { Lookout } from "./lookout.js";
import { MoveRules } from "./move-rules.js";
import type { Network } from "./network.js";
import { OverflowWatch } from "./overflow-watch.js";
import { Parking } from "./parking.js";
import type { Peer } from "./peer.js";
import type { Profile } from "./profile.js";
import { ReplayHold } from "./replay-hold.js";
import { requestMany } from "./request-many.js";
import type { Sent } from "./sent.js";
import { SlowStartRule } from "./slow-start-rule.js";
import { SpareRules } from "./spare-rules.js";
import { Staleness } from "./staleness.js";
import type { Subscriber } from "./subscriber.js";
import { Subscribing } from "./subscribing.js";
import type { TlsOutcome } from "./tls.js";
import { ToldRules } from "./told-rules.js";
import { Unparking } from "./unparking.js";
import type { Waiter } from "./waiter.js";
import { Waiting } from "./waiting.js";
import { tellHanded, watch } from "./watch.js";
import { ClientWitness } from "./witness.js";
import type { World } from "./world.js";

/** Timers may be late by so many ms beyond what the profile says. */
const SLACK = 50;

/**
 * The client under test: a real engine on a simulated driver, and beside it all that watches over it. Its
 * commands are those of the engine; each is checked when it is given.
 */
export class Client implements DriverHost, LedgerView {
  readonly world: World;
  readonly profile: Profile;
  readonly coverage: Coverage;
  readonly engine: Engine;
  readonly driver: SimDriver;
  readonly ledger: Ledger;
  readonly asking: Asking;
  readonly rules: EventRules;
  readonly drafts: Drafts;
  private readonly waiting: Waiting;
  readonly witness: ClientWitness;
  readonly told: ToldRules;
  private readonly causes: CauseRules;
  private readonly slowStart: SlowStartRule;
  /** The overflow, when it is one of the application's own. */
  readonly parking: Parking | undefined;
  app: Application;
  readonly staleness: Staleness;
  /** `finish()` was called. */
  finishing = false;
  readonly intake: Intake;
  private readonly unparking: Unparking;
  private readonly attempts: AttemptRules;
  readonly delivery: DeliveryRules;
  readonly moves: MoveRules;
  readonly spares: SpareRules;
  /** The cluster that its servers are; known before anything happens. */
  private cluster!: Cluster;
  readonly turns = new LinkTurns(this);
  private readonly subscribing = new Subscribing(this);
  private readonly random: Random;
  /** Outages until now. */
  outages = 0;
  private readonly hold = new ReplayHold();

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
    const overflow = new OverflowWatch(options.overflow);
    this.parking = options.overflow instanceof Parking ? options.overflow : undefined;
    this.engine = new Engine({ ...options, overflow }, pool, chunks, this.driver, world.now);
    this.driver.attach(this.engine, this);
    this.ledger = new Ledger(this, coverage);
    this.asking = new Asking(this, coverage);
    this.rules = new EventRules(this.ledger, coverage);
    this.drafts = new Drafts(world.random.fork(5), profile);
    this.intake = new Intake(this, overflow, this.engine.outbound.window);
    overflow.onKeep = (message, maybeDelivered, kept) => this.ledger.offered(message, maybeDelivered, kept);
    this.witness = new ClientWitness(this);
    this.told = new ToldRules(this);
    this.waiting = new Waiting(this);
    this.unparking = new Unparking(this, world.random.fork(14));
    this.causes = new CauseRules(this);
    this.staleness = new Staleness(this);
    this.slowStart = new SlowStartRule(this.engine.outbound.window);
    this.attempts = new AttemptRules(this);
    this.delivery = new DeliveryRules(
      () => world.now,
      () => this.cluster,
    );
    this.delivery.echo = options.connect.echo;
    this.delivery.isHasty = (options.move.settle ?? SAFE_SETTLE) < SAFE_SETTLE;
    this.moves = new MoveRules(this);
    this.spares = new SpareRules(this);
    this.engine.lost.audience = { has: () => true };
    const { attempts, causes, slowStart, hold } = this;
    watch(this.engine, this.ledger, new Lookout(this, { attempts, causes, slowStart, hold }));
  }

  /** These are its servers. */
  attach(cluster: Cluster): void {
    this.cluster = cluster;
    cluster.onOutside = (server, about, publisher) => this.delivery.taken(server, about, publisher);
  }

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
    return this.hold.isOn(this.now);
  }

  get activeEpoch(): number {
    return this.engine.session.active?.epoch ?? 0;
  }

  get subscribers(): ReadonlyMap<number, Subscriber> {
    return this.subscribing.all;
  }

  get peers(): Map<number, Peer> {
    return this.witness.peers;
  }

  get waiters(): ReadonlySet<Waiter> {
    return this.waiting.waiters;
  }

  get rejected(): number {
    return this.intake.rejected;
  }

  get overflowed(): number {
    return this.intake.overflowed;
  }

  get recovered(): number {
    return this.intake.recovered;
  }

  get keeps(): boolean {
    return this.profile.options.overflow.keep !== undefined;
  }

  /** Timers may be late by so many ms: several follow on each other. */
  get slack(): number {
    const { profile, world } = this;
    const frozen = world.thawedAt > world.now - 100 ? Number.POSITIVE_INFINITY : 0;
    return profile.lateness * 3 + SLACK + frozen;
  }

  endedOtherwise(sent: Sent): void {
    this.intake.ended(sent);
  }

  mayDropOldest(sent: Sent): boolean {
    return this.intake.mayDropOldest(sent);
  }

  start(): void {
    this.driver.input(0, (now) => this.engine.session.start(now));
  }

  /** Publishes; returns the message if it was accepted. */
  publish(publication: Publication, bypassOverflow = false): Sent | undefined {
    if (publication.draft.asked !== undefined) return requestMany(this, publication);
    const { engine, intake, parking } = this;
    const { draft, payload, replay } = publication;
    const { subject, reply, headers, expiresAt } = draft;
    if (parking !== undefined) parking.current = publication;
    const accept = () => {
      const ttl = expiresAt === undefined ? undefined : expiresAt - this.now;
      const wishes = { replay, expiresAt, ttl, bypassOverflow, recovered: bypassOverflow };
      engine.publish(subject, payload, reply, headers, wishes);
    };
    const sent = intake.judge(draft, engine.outbound.window, accept, bypassOverflow);
    this.unparking.begin();
    return sent;
  }

  /** Publishes, and waits for the confirmation. */
  publishConfirmed(publication: Publication): void {
    const sent = this.publish(publication);
    if (sent !== undefined && sent.window === this.engine.outbound.window) this.confirm(sent);
  }

  /** Waits for the confirmation of the message published last. */
  confirm(sent: Sent): void {
    this.waiting.confirm(sent);
  }

  /** Waits for the confirmation of all that was accepted. */
  fence(): void {
    if (!this.closed) this.waiting.fence();
  }

  /** Asks to be told when there is room again. */
  awaitWritable(): void {
    // As the client does: nobody waits at what has ended.
    if (this.closed || this.engine.writable) return;
    this.rules.writableWanted = true;
    this.engine.awaitWritable();
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
    return this.subscribing.subscribe(subject, queue, max);
  }

  unsubscribe(subscriber: Subscriber, max?: number): void {
    this.subscribing.unsubscribe(subscriber, max);
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

  /** Moves a subscription to another subject, as `nc._resub()` does. */
  moveSubscription(subscriber: Subscriber, subject: string, max: number | undefined): void {
    this.subscribing.move(subscriber, subject, max);
  }

  drain(subscriber: Subscriber): void {
    this.subscribing.drain(subscriber);
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
    this.moves.want("reconnect");
    this.driver.input(0, (now) => this.engine.session.reconnect(now));
  }

  setServers(addresses: readonly string[]): void {
    this.attempts.beginAnew();
    this.moves.want("servers");
    const { session } = this.engine;
    session.pool.replace(addresses.map((text) => parseAddress(text)));
    this.driver.input(0, (now) => session.serversReplaced(now));
  }

  releaseReplay(epoch: number): void {
    if (this.engine.session.active?.epoch === epoch) this.hold.end();
    this.driver.input(0, (now) => this.engine.session.releaseReplay(epoch, now));
  }

  event(event: EngineEvent): void {
    this.world.trace.note(`event ${event.type}`);
    this.attempts.event(event);
    this.world.trace.say(() => eventText(event));
    this.rules.see(event, this.now);
    this.told.see(event);
    this.turns.see(event);
    this.app.event(event);
  }

  authenticate(epoch: number, server: PoolServer): void {
    const result = this.app.authenticate(server);
    if (result === "never") return;
    this.world.clientIn(this.random.chance(0.5) ? 0 : this.random.between(0, 3), () => {
      const give = (now: number) => this.engine.session.authenticate(epoch, result, now);
      this.driver.input(epoch, give, "authenticate");
    });
  }

  beforeReplay(epoch: number): void {
    this.hold.asked(this.now + this.profile.options.holdTimeout);
    this.app.beforeReplay(epoch);
  }

  dialling(epoch: number, address: string): void {
    if (!this.spares.has(epoch)) this.attempts.dialling(address);
  }

  tls(outcome: TlsOutcome): void {
    this.coverage.count("tls", outcome);
  }

  handed(epoch: number): void {
    tellHanded(this.engine, this.ledger, this.slowStart, epoch);
  }

  confirmed(): void {
    this.staleness.stalls = 0;
  }
}
