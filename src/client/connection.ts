import { Engine } from "../core/engine.js";
import { ServerPool } from "../core/pool.js";
import { Published } from "../core/publisher.js";
import { publicError } from "../interop/errors.js";
import type {
  Msg,
  NatsConnection,
  NatsSubscription,
  Payload,
  QueuedIterator,
  RequestManyOptions,
  RequestOptions,
} from "../interop/nats-core.js";
import type { Clock } from "../io/clock.js";
import { Driver } from "../io/driver.js";
import { type Surroundings, SYSTEM } from "../io/surroundings.js";
import { callOptions, givenMessage } from "./call-options.js";
import { listenWithCallbacks } from "./callbacks.js";
import { type Component, reportable } from "./components.js";
import { ConnectionListeners } from "./connection-listeners.js";
import { type ConnectionContext, toContext } from "./context.js";
import { OutageHistory } from "./diagnosis/outage-history.js";
import { DriverDuties } from "./driver-duties.js";
import { Ending, type EndOptions } from "./ending.js";
import { Extras } from "./extras.js";
import { givenServers } from "./given-servers.js";
import { handled } from "./handled.js";
import type { Measurements, MeasureOptions } from "./measurements.js";
import { MsgPublisher } from "./msg-publisher.js";
import { attachOutbox } from "./outbox-attachment.js";
import { checkPayload } from "./payload.js";
import { encodedHeadersOf, type PublishOptions, toWishes } from "./publish-options.js";
import { isPull } from "./pulls.js";
import { closedError, drainingError, rejected } from "./refusals.js";
import { Reporter } from "./reporter.js";
import type { Settings } from "./settings.js";
import { Subscribing } from "./subscribing.js";
import { moveSubscription, type Subscription } from "./subscription.js";
import type { SubscriptionOptions } from "./subscription-options.js";
import { Waits } from "./waits.js";

/**
 * A connection to NATS that keeps its promises across everything a network does. It implements
 * `NatsConnection` of `@nats-io/nats-core`; what it has beyond that is documented here.
 */
export class Connection extends ConnectionListeners implements NatsConnection {
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  protected readonly engine: Engine;
  private readonly driver: Driver;
  /** @internal */
  protected readonly reporter: Reporter;
  private readonly waits: Waits;
  private readonly subscribing: Subscribing;
  /** @internal */
  protected readonly settings: Settings;
  private extrasIfAny: Extras | undefined;
  /** @internal */
  protected draining = false;
  private readonly ending: Ending;

  /** Use {@link connect}. */
  constructor(settings: Settings, surroundings: Surroundings = SYSTEM) {
    super();
    const { clock, chunks, random } = surroundings;
    this.clock = clock;
    this.settings = settings;
    this.waits = new Waits(clock);
    this.reporter = new Reporter(this, settings.partitionThreshold);
    this.ending = new Ending(settings.options, clock, this.waits, this);
    const duties = new DriverDuties(settings, this.reporter, this.waits, this, this.ending);
    this.driver = new Driver(duties, surroundings);
    const order = settings.options.noRandomize === true ? undefined : random;
    const pool = new ServerPool(settings.addresses, order);
    this.engine = new Engine(settings.engine, pool, chunks, this.driver, clock.now());
    this.driver.attach(this.engine);
    this.engine.lost.audience = this.reporter.emitter;
    this.reporter.outages = new OutageHistory(this.engine, clock);
    const publisher = new MsgPublisher(this, this.engine);
    this.subscribing = new Subscribing(this.engine, clock, publisher, this.reporter, settings);
    listenWithCallbacks(this, settings.options);
  }

  /** @internal */
  protected get extras(): Extras {
    const { engine, waits, ending, settings, subscribing } = this;
    this.extrasIfAny ??= new Extras(this, engine, waits, ending, settings, subscribing.publisher);
    return this.extrasIfAny;
  }

  /** Begins to connect; {@link connect} does it. @internal */
  start(): void {
    attachOutbox(this, this.settings.options.outbox, this.ending, this.waits, this.reporter);
    this.driver.input((now) => this.engine.session.start(now));
  }

  /**
   * Publishes a message. It is accepted when this returns, and has exactly one outcome (promises.md §1).
   *
   * @returns false when much is waiting for a confirmation: then `await nc.writable()` before the next
   * @throws an error with code `CONNECTION_CLOSED`, `CONNECTION_DRAINING`, `INVALID_SUBJECT`,
   *   `INVALID_PAYLOAD`, `MAX_PAYLOAD_EXCEEDED`, `MAX_CONTROL_LINE_EXCEEDED`, `HEADERS_UNSUPPORTED`,
   *   `INVALID_ARGUMENT` (`ttl`), `BUFFER_FULL` (outage, over `reconnectBufSize` or `maxBufferedMessages`),
   *   `DISCONNECTED` (outage, and it is critical or nothing is buffered), `MAX_PENDING_EXCEEDED`, `OUTBOX_FULL` (option `outbox`);
   *   it was not accepted then
   */
  publish(subject: string, payload?: Payload, options?: PublishOptions): boolean {
    // A burst that drops what it publishes is told of it before the turn ends: what was lost must not pile up.
    if (this.engine.lost.crowded) this.reporter.messageLost(this.engine.lost.take()!);
    let published: number;
    try {
      published =
        options === undefined
          ? this.engine.tryPublish(subject, checkPayload(payload), "", undefined)
          : this.publishWith(subject, payload, options);
    } catch (error) {
      throw publicError(error);
    }
    if (published === Published.Rejected) throw publicError(this.engine.intake.noRoom);
    return published === Published.Accepted;
  }

  private publishWith(subject: string, payload: Payload | undefined, options: PublishOptions): number {
    const encoded = encodedHeadersOf(callOptions(options));
    const wishes = toWishes(options, subject, this.engine.session.connected, this.clock.now);
    const { reply = "" } = options;
    const published = this.engine.tryPublish(subject, checkPayload(payload), reply, encoded, wishes);
    if (reply !== "" && isPull(this.engine, subject)) this.extras.pulls.published(subject, reply, payload);
    return published;
  }

  /**
   * Publishes a message; settles when a server has confirmed it, across reconnects, also when option `outbox` holds it meanwhile (an outbox
   * with a stream: when the stream has acknowledged it). Confirmations are shared: a thousand calls in one turn cost one round trip.
   *
   * Rejects as {@link publish} throws, and with `PERMISSIONS_VIOLATION` (refused), `MESSAGE_DROPPED`, `UNCONFIRMED` (the link died, and it must not be
   * written again), `CONNECTION_CLOSED`, `OVERFLOWED` (kept: the connection has ended, and the outbox sends it with the next one; or an own `Overflow` has taken it).
   * Of what an outbox held also with `OUTBOX_FAILED` (unreadable), and with the errors of a stream publisher (`STREAM_REFUSED`, …).
   */
  publishConfirmed(subject: string, payload?: Payload, options?: PublishOptions): Promise<void> {
    return this.extras.confirmations.publish(subject, () => this.publish(subject, payload, options));
  }

  /**
   * Publishes a message by way of option `outbox`; resolves when it is on disk: it survives this process, and is sent in its turn, also by the next one.
   *
   * Rejects as {@link publish} throws (but for what a buffer has to say), with `OUTBOX_FULL`, with `OUTBOX_FAILED` when the disk refuses, and with `INVALID_OPERATION`
   * without an outbox, for option `critical`, and for what must not be written twice: `replay: false`, `delivery: "at-most-once"` without
   * `replay: true`, and subjects of JetStream's API; it was not accepted then. The payload may be changed after the call.
   */
  publishDurable(subject: string, payload?: Payload, options?: PublishOptions): Promise<void> {
    return handled(this.extras.durable.publish(subject, payload, options));
  }

  /** Settles when everything accepted so far is confirmed; rejects when some of it ended otherwise. */
  fence(): Promise<void> {
    return this.extras.confirmations.fence();
  }

  /**
   * Resolves when `publish()` would return true again, and an outbox that was full has room, or the connection is closed. In an outage: when what was
   * given up has made room, when an overflow takes what is published, or with the next link.
   *
   * @param options.bypassOverflow for messages published with that option: room that an outbox has does not count. Default false.
   */
  writable(options: { bypassOverflow?: boolean } = {}): Promise<void> {
    return handled(this.extras.writable(options));
  }

  /** Publishes `msg` as it is: subject, reply, headers and data. */
  publishMessage(msg: Msg): boolean {
    const { subject, data, reply, headers } = givenMessage(msg);
    return this.publish(subject, data, { reply, headers });
  }

  /** Publishes `msg` to its reply subject; false when it has none. */
  respondMessage(msg: Msg): boolean {
    const { data, reply, headers } = givenMessage(msg);
    if (reply === undefined || reply === "") return false;
    this.publish(reply, data, { reply, headers });
    return true;
  }

  /**
   * Settles when everything accepted before it has its outcome, across reconnects: confirmed, as a rule. What was refused
   * or dropped instead is told by events and counters, as in nats.js; {@link fence} rejects for it.
   *
   * @param options.timeout ms until it rejects with `TIMEOUT`; default 10,000. The messages stay.
   */
  flush(options: { timeout?: number } = {}): Promise<void> {
    return this.extras.confirmations.flush(options);
  }

  /** Time of a round trip to the server, ms. Rejects with `DISCONNECTED` at once when there is no link. */
  rtt(): Promise<number> {
    return this.extras.confirmations.rtt();
  }

  /**
   * Subscribes: messages go to `options.callback`, or are read with `for await`.
   *
   * @throws an error with code `INVALID_SUBJECT`, `INVALID_ARGUMENT`, `INVALID_OPTION`, `CONNECTION_CLOSED`,
   *   `CONNECTION_DRAINING`
   */
  subscribe(subject: string, options: SubscriptionOptions = {}): Subscription {
    if (this.isDraining()) throw drainingError();
    try {
      return this.subscribing.subscribe(subject, options);
    } catch (error) {
      throw publicError(error);
    }
  }

  /**
   * Sends a request and waits for one answer.
   *
   * Rejects with code `TIMEOUT` (default after 1,000 ms), `NO_RESPONDERS`, `CONNECTION_LOST` (at once when
   * the link dies), and as {@link publish} throws. For a lost link, and a time-out without `noMux`, `maybeDelivered`
   * says whether the server may have got it.
   *
   * @param options those of nats.js, `encodedHeaders` and `recovered` as for {@link publish}, and `signal`, which gives the
   * request up: it rejects with the signal's reason, and is not sent any more if it waited for a link
   */
  request(
    subject: string,
    payload?: Payload,
    options?: Partial<RequestOptions> &
      Pick<PublishOptions, "encodedHeaders" | "recovered"> & { signal?: AbortSignal },
  ): Promise<Msg> {
    return handled(this.extras.requester.request(subject, payload, options));
  }

  /** Sends a request and collects many answers; see `RequestManyOptions` of nats-core. */
  async requestMany(
    subject: string,
    payload?: Payload,
    options: Partial<RequestManyOptions> = {},
  ): Promise<QueuedIterator<Msg>> {
    return this.extras.requester.many(subject, payload, options);
  }

  /** What the server knows of this connection: user, account, permissions. Rejects as {@link request}. */
  async context(): Promise<ConnectionContext> {
    return toContext(await this.request("$SYS.REQ.USER.INFO"));
  }

  /**
   * Counts for those who look from outside: how long confirmations take, and messages by subject. Nothing is counted per message; it is read
   * from what the connection keeps anyway.
   *
   * @throws an error with code `INVALID_ARGUMENT`
   */
  measure(options: MeasureOptions = {}): Measurements {
    try {
      return this.extras.measuring.open(callOptions(options));
    } catch (error) {
      throw publicError(error);
    }
  }

  /**
   * Adds something that works on this connection: health and metrics show it, `drain()` and `gracefulShutdown()` stop it.
   *
   * @returns takes it away again
   * @throws an error with code `INVALID_ARGUMENT`
   */
  addComponent(component: Component): () => void {
    try {
      return this.extras.components.add(component);
    } catch (error) {
      throw publicError(error);
    }
  }

  /** Tells an error of a component by the `error` event, as the connection's own are. What is no `Error` is told as one. Never throws. */
  report(error: Error): void {
    this.reportLater(reportable(error));
  }

  /** What works on this connection, in the order in which it came. */
  get components(): readonly Component[] {
    return this.extrasIfAny?.components.all ?? [];
  }

  /**
   * Replaces the pool of servers. If the one in use is not among them, the connection moves to one of them without a gap (event
   * `move`), unless it is being drained or option `reconnect` is false; in an outage the list counts from the next attempt on.
   *
   * @throws an error with code `INVALID_OPTION`; the pool is unchanged then
   */
  setServers(servers: string[]): void {
    try {
      this.engine.session.pool.replace(givenServers(servers, this.engine.options.tls));
      this.driver.input((now) => this.engine.session.serversReplaced(now));
    } catch (error) {
      throw publicError(error);
    }
  }

  /**
   * Moves to another server, or to a new link at the same one if there is no other, without a gap (event `move`, about half a second
   * later). Where that cannot be done the server is left first (`disconnect`, `reconnect`). During an outage it ends the wait. Settles at once.
   * A connection with `reconnect: false` is closed.
   *
   * Rejects with `CONNECTION_CLOSED`, `CONNECTION_DRAINING`.
   */
  reconnect(): Promise<void> {
    if (this.isClosed()) return rejected(closedError());
    if (this.draining) return rejected(drainingError());
    this.reporter.forced();
    this.driver.input((now) => this.engine.session.reconnect(now));
    return Promise.resolve();
  }

  /**
   * Ends all subscriptions after what they have got so far, stops all components, lets their handlers answer, waits until
   * everything published is confirmed, and closes. Settles within `drainTimeout`, or `options.timeout` ms, also in an outage.
   */
  drain(options?: EndOptions): Promise<void> {
    if (this.isClosed()) return rejected(closedError());
    if (this.draining) return rejected(drainingError());
    return this.ending.within(options, (timeout) => {
      this.draining = true;
      this.driver.input((now) => this.engine.session.stay(now));
      this.reporter.changed("draining", this.clock.now(), "drain");
      return handled(this.ending.drain(this.stopWork(), timeout));
    });
  }

  private stopWork(): Promise<unknown> {
    // Both begin at once: a component may wait for the drain of its subscription.
    const subscriptions = this.subscribing.drainAll();
    const components = this.extrasIfAny?.components.stop((error) => this.reportLater(error));
    return components === undefined ? subscriptions : Promise.allSettled([subscriptions, components]);
  }

  /**
   * Ends all subscriptions after what they have got so far, and settles when that has been handled. Those of inboxes stay: answers to what is
   * under way still come. The connection goes on, and takes new subscriptions. Rejects with `CONNECTION_CLOSED`.
   */
  drainSubscriptions(): Promise<void> {
    if (this.isClosed()) return rejected(closedError());
    return handled(this.subscribing.drainAllButInboxes());
  }

  /**
   * Accepts nothing more, waits until what was accepted is confirmed, at most `closeTimeout`, or `options.timeout` ms, and closes.
   * What could not be confirmed is in the `close` event and in the counters.
   */
  close(options?: EndOptions): Promise<void> {
    return this.ending.within(options, (timeout) => this.ending.close(timeout));
  }

  /** Settles when the connection is closed: with the error that closed it, if one did. */
  closed(): Promise<undefined | Error> {
    return this.ending.closed;
  }

  /** @internal */
  finish(timeout: number): void {
    this.driver.input((now) => this.engine.finish(timeout, now));
  }

  /** Whether the connection has ended for good: its state is `closed`. */
  isClosed(): boolean {
    return this.engine.session.closed;
  }

  /** Whether a drain of the connection is under way; false when it has come to its end. */
  isDraining(): boolean {
    return this.draining && !this.isClosed();
  }

  /** For `await using`: drains the connection, and settles when it is closed; nothing to do when it is already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed()) return;
    if (this.draining) await this.ending.closed;
    else await this.drain();
  }

  /** Moves a subscription to another subject, for `max` messages more if given. @internal */
  _resub(subscription: NatsSubscription, subject: string, max?: number): void {
    moveSubscription(subscription, subject, max);
  }

  /** Tells an error that comes in the middle of something, when that has ended. @internal */
  reportLater(error: Error): void {
    this.engine.session.emit({ type: "error", error });
    this.driver.wake();
  }
}
