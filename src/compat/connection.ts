import {
  type Connection,
  type ConnectionStats,
  headers,
  type Msg,
  type MsgHdrs,
  type Payload,
  type PublishOptions,
  type ServerInfo,
} from "../index.js";
import { toNatsError } from "./errors.js";
import { type JetStreamClient, jetStreamClient, jetStreamManager } from "./jetstream/client.js";
import type { JetStreamManager } from "./jetstream/manager.js";
import type { JetStreamManagerOptions, JetStreamOptions } from "./jetstream/options.js";
import { type CompatEvents, type CompatListener, Listeners } from "./listeners.js";
import {
  answers,
  type RequestManyOptions,
  type RequestOptions,
  toOfficialRequest,
  toOfficialRequestMany,
} from "./requests.js";
import { ServicesApi } from "./services.js";
import { type StatusIterator, statusOf } from "./status.js";
import { CompatSubscription, type SubscriptionOptions, toHoldfastSubscription } from "./subscription.js";
import { rethrow, translated } from "./translate.js";

/** A connection as `nats` 2 has it: the same calls, statuses and errors, on Holdfast's engine. */
export class CompatConnection {
  /** Holdfast's own connection beneath: `publishConfirmed()`, `health()`, `buffered`, `history`, … */
  readonly holdfast: Connection;
  private readonly listeners: Listeners;
  private servicesApi: ServicesApi | undefined;

  /** Use `connect()`. */
  constructor(connection: Connection) {
    this.holdfast = connection;
    this.listeners = new Listeners(connection);
  }

  /**
   * Publishes a message. Returns false when much is waiting for a confirmation (`nats` 2 returns nothing).
   *
   * @throws NatsError `CONNECTION_CLOSED`, `CONNECTION_DRAINING`, `BAD_SUBJECT`, `BAD_PAYLOAD`,
   *   `MAX_PAYLOAD_EXCEEDED`, `SERVER_OPT_NA` (headers), `BUFFER_FULL`, `MAX_PENDING_EXCEEDED`, …
   */
  publish(subject: string, payload?: Payload, options?: PublishOptions): boolean {
    try {
      return this.holdfast.publish(subject, payload, options);
    } catch (error) {
      return rethrow(error);
    }
  }

  /** Publishes `msg` as it is: subject, reply, headers and data. */
  publishMessage(msg: Msg): boolean {
    return translated(() => this.holdfast.publishMessage(msg));
  }

  /** Publishes `msg` to its reply subject; false when it has none. */
  respondMessage(msg: Msg): boolean {
    return translated(() => this.holdfast.respondMessage(msg));
  }

  /** Subscribes: messages go to `options.callback`, or are read with `for await`. */
  subscribe(subject: string, options: SubscriptionOptions = {}): CompatSubscription {
    return translated(() => {
      const subscription = this.holdfast.subscribe(subject, toHoldfastSubscription(options));
      return new CompatSubscription(subscription);
    });
  }

  /**
   * Sends a request and waits for one answer. Rejects with `TIMEOUT` (also at once when the link is lost: then
   * `maybeDelivered` is set), `503` when nobody is subscribed, and as {@link publish} throws.
   */
  async request(subject: string, payload?: Payload, options?: Partial<RequestOptions>): Promise<Msg> {
    try {
      return await this.holdfast.request(subject, payload, toOfficialRequest(options));
    } catch (error) {
      return rethrow(error);
    }
  }

  /** Sends a request and collects many answers. */
  async requestMany(
    subject: string,
    payload?: Payload,
    options?: Partial<RequestManyOptions>,
  ): Promise<AsyncIterableIterator<Msg>> {
    try {
      return answers(await this.holdfast.requestMany(subject, payload, toOfficialRequestMany(options)));
    } catch (error) {
      return rethrow(error);
    }
  }

  /** New headers; the same as the function `headers()`. */
  headers(code?: number, description?: string): MsgHdrs {
    return headers(code, description);
  }

  /** Settles when everything published before it is confirmed, across reconnects. */
  flush(): Promise<void> {
    return this.holdfast.flush().catch(rethrow);
  }

  /** Time of a round trip to the server, ms. Rejects with `DISCONNECT` when there is no link. */
  rtt(): Promise<number> {
    return this.holdfast.rtt().catch(rethrow);
  }

  /** Ends all subscriptions after what they have got so far, confirms what was published, and closes. */
  drain(): Promise<void> {
    return this.holdfast.drain().catch(rethrow);
  }

  /** Confirms what was published, within a time, and closes. */
  close(): Promise<void> {
    return this.holdfast.close();
  }

  /** Settles when the connection is closed: with the error that closed it, if one did. */
  closed(): Promise<undefined | Error> {
    return this.holdfast.closed().then((error) => toNatsError(error) as undefined | Error);
  }

  /** Whether the connection has ended for good. */
  isClosed(): boolean {
    return this.holdfast.isClosed();
  }

  /** Whether a drain of the connection is under way; false when it has come to its end. */
  isDraining(): boolean {
    return this.holdfast.isDraining();
  }

  /** `host:port` of the server; empty when there is no link. */
  getServer(): string {
    return this.holdfast.getServer();
  }

  /** INFO of the server that we are connected to. */
  get info(): ServerInfo | undefined {
    return this.holdfast.isClosed() ? undefined : this.holdfast.info;
  }

  /** Counters: `inMsgs`, `inBytes`, `outMsgs`, `outBytes`, and Holdfast's. */
  stats(): ConnectionStats {
    return this.holdfast.stats();
  }

  /** What happens, from this call on: `for await (const s of nc.status()) { s.type; s.data; }`. */
  status(): StatusIterator {
    return statusOf(this.holdfast);
  }

  /**
   * Moves to another server, or to a new link at the same one, without a gap; where that cannot be done the server is left first.
   * During an outage it ends the wait. Settles at once.
   */
  reconnect(): Promise<void> {
    return this.holdfast.reconnect().catch(rethrow);
  }

  /** Adds a listener for one of `Events` or `DebugEvents`. */
  on<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this {
    this.listeners.add(event, listener, false);
    return this;
  }

  /** Adds a listener that is called once. */
  once<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this {
    this.listeners.add(event, listener, true);
    return this;
  }

  /** Removes a listener. */
  off<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this {
    this.listeners.remove(event, listener);
    return this;
  }

  /**
   * A client of JetStream. Needs the package `@nats-io/jetstream`.
   *
   * @throws NatsError `PACKAGE_MISSING` that names the package
   */
  jetstream(options: JetStreamOptions | JetStreamManagerOptions = {}): JetStreamClient {
    return jetStreamClient(this.holdfast, options);
  }

  /**
   * A manager of streams and consumers. Needs the package `@nats-io/jetstream`. Rejects with `503` when the server
   * has no JetStream, unless `checkAPI` is false.
   */
  jetstreamManager(options: JetStreamManagerOptions = {}): Promise<JetStreamManager> {
    return jetStreamManager(this.holdfast, options);
  }

  /** Services and their clients. Need the package `@nats-io/services`. */
  get services(): ServicesApi {
    this.servicesApi ??= new ServicesApi(this.holdfast);
    return this.servicesApi;
  }

  /** For `await using`: drains the connection, and settles when it is closed; nothing to do when it is already. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.holdfast[Symbol.asyncDispose]();
  }

  /** What a log shows of it. */
  toJSON(): unknown {
    return this.holdfast.toJSON();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.holdfast.toJSON();
  }
}
