import { codedError } from "../../checks/coded-error.js";
import { Listeners, type WorkListener } from "../../checks/listeners.js";
import { numberOf, readOptions } from "../../checks/read-options.js";
import { describeCause } from "../../errors.js";
import type { Component, Connection, ConsumerFacts, HoldfastError } from "../../index.js";
import { LONGEST_WAIT } from "../work/retry-delays.js";
import type { ConsumeSettings } from "./consume-options.js";
import { DeadLetters } from "./dead-letters.js";
import { CONSUMPTION_EVENTS, type ConsumptionEvents, type ConsumptionState } from "./events.js";
import type { ConsumerInfo, JetStreamManager } from "./jetstream.js";
import { Keeper } from "./keeper.js";
import { Ledger } from "./ledger.js";
import { MaxDeliveries } from "./max-deliveries.js";
import { Processing } from "./processing.js";
import { Puller } from "./puller.js";
import { SlowStart } from "./slow-start.js";
import { Supervisor } from "./supervisor.js";

/** ms of recovering, beyond which it counts as failing. */
const PATIENCE = 5_000;
const TIMEOUT_CHECK = { timeout: numberOf("milliseconds", 0, LONGEST_WAIT) };
/** ms at a stop for what the server has sent already; it takes a round trip. */
const DRAIN_PATIENCE = 1_000;

/** A supervised consumer, as {@link consume} returns it. */
export interface Consumption extends Component, AsyncDisposable {
  /** The stream that it reads. */
  readonly stream: string;
  /** Name of its consumer on the server. */
  readonly durable: string;
  /** How it is: see {@link ConsumptionState}. */
  readonly state: ConsumptionState;
  /** What health endpoints, metrics and the dashboard see of it. */
  facts(): ConsumerFacts;
  /**
   * Resolves when it consumes, which is when the server has answered its first pull; at once when it does.
   *
   * Rejects with code `TIMEOUT`, whose `cause` is what is wrong, though it keeps trying; with `CONSUMER_FAILED` as soon as the next try shows that the server
   * refuses for lack of permission, mostly within a second; `CONNECTION_CLOSED`, `INVALID_OPERATION` (it is stopped), `INVALID_OPTION`. A rejection that nobody awaits does no harm.
   *
   * @param options.timeout ms; default 10,000
   */
  ready(options?: { timeout?: number }): Promise<void>;
  /**
   * Takes no more messages: what has not begun is handed back to the server; settles when what is being handled is answered, within `timeout` of the
   * handlers. It is no part of the connection's components then.
   *
   * @param options.timeout ms after which what is still being handled is handed back as well, its signal aborted; default: no such limit
   */
  stop(options?: { timeout?: number }): Promise<void>;
  /** Adds a listener. @throws an error with code `INVALID_ARGUMENT` */
  on<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
  /** Adds a listener that is called once. @throws an error with code `INVALID_ARGUMENT` */
  once<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
  /** Removes a listener. */
  off<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
}

/** Composes what keeps the consumer going, and what handles its messages. */
export class SupervisedConsumption implements Consumption {
  readonly stream: string;
  readonly durable: string;
  private readonly nc: Connection;
  private readonly jsm: JetStreamManager;
  private readonly settings: ConsumeSettings;
  private readonly listeners: Listeners<ConsumptionEvents>;
  private readonly ledger = new Ledger();
  private readonly deadLetters: DeadLetters | undefined;
  private readonly processing: Processing;
  private readonly puller: Puller;
  private readonly keeper: Keeper;
  private readonly supervisor: Supervisor;
  private readonly remove: () => void;
  private maxDeliveries: MaxDeliveries | undefined;
  private keepAlive: NodeJS.Timeout | undefined;
  private ackWait = 0;
  private recreated = 0;
  private lastMessageAt: number | undefined;
  private stopped: Promise<void> | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly onClose = () => this.connectionClosed();
  /** What was written to the link before may never have come to the server, and its time may be nearly up. */
  private readonly onReconnect = () => {
    if (this.settings.working) this.processing.touch(0);
  };

  /** @throws what `nc.subscribe()` throws */
  constructor(
    nc: Connection,
    jsm: JetStreamManager,
    settings: ConsumeSettings,
    handler: (data: never, context: never) => unknown,
  ) {
    this.nc = nc;
    this.jsm = jsm;
    this.settings = settings;
    const { stream, durable, domain, wanted, deadLetter, concurrency, prefetch } = settings;
    this.stream = stream;
    this.durable = durable;
    this.listeners = new Listeners(CONSUMPTION_EVENTS, (error) => nc.report(error));
    const { listeners, ledger } = this;
    if (deadLetter !== undefined) this.deadLetters = new DeadLetters(nc, jsm, deadLetter, settings);
    const { deadLetters } = this;
    const slowStart = new SlowStart(concurrency + prefetch);
    const freed = () => {
      slowStart.finished(this.processing.size, performance.now());
      this.supervisor.fill();
    };
    this.processing = new Processing({ nc, settings, listeners, ledger, deadLetters, freed }, handler);
    const { processing } = this;
    this.puller = new Puller(nc, domain === undefined ? "$JS.API" : `$JS.${domain}.API`, stream, durable, {
      onMessage: (msg, facts) => {
        // Whoever has guessed the inbox could send anything.
        if (facts.stream !== stream || facts.consumer !== durable) return;
        this.lastMessageAt = Date.now();
        this.keeper.saw(facts.sequence);
        this.supervisor.signCame();
        slowStart.arrived(facts.deliveryCount, performance.now());
        processing.arrived(msg, facts);
        this.supervisor.fill();
      },
      onSign: () => this.supervisor.signCame(),
      onStatus: (meaning, text) => this.supervisor.statusCame(meaning, text),
      onDenied: (error) => this.supervisor.pullDenied(error),
    });
    this.keeper = new Keeper(jsm, stream, durable, wanted, ledger, {
      recreated: (what, name) => {
        this.recreated++;
        listeners.emit("recreated", { what, name });
      },
      otherStream: () => processing.otherStream(),
    });
    this.supervisor = new Supervisor(nc, this.puller, this.keeper, {
      name: `consumer "${durable}" of stream "${stream}"`,
      room: () => slowStart.room(processing.size, performance.now()),
      portion: Math.ceil((concurrency + prefetch) / 2),
      found: (info) => this.found(info),
      changed: (from, to, reason) => this.changed(from, to, reason),
      recovered: (after, reason) => listeners.emit("recovered", { after, reason }),
      failed: (error) => {
        processing.lastError = error;
        nc.report(error);
      },
      denied: () => this.wake(),
    });
    this.remove = nc.addComponent(this);
    try {
      this.supervisor.start();
    } catch (error) {
      this.remove();
      throw error;
    }
    nc.on("close", this.onClose);
    nc.on("reconnect", this.onReconnect);
    // The next dead letter tries it again.
    deadLetters?.ensure().catch((error) => this.deadLettersMissing(error));
  }

  get state(): ConsumptionState {
    return this.supervisor.state;
  }

  facts(): ConsumerFacts {
    const { stream, durable, processing, supervisor, keeper } = this;
    const { info } = keeper;
    const { silentFor, reason } = supervisor;
    const silent =
      silentFor > PATIENCE
        ? `${describeCause(supervisor.lastError ?? reason)} (for ${Math.round(silentFor / 1000)} s)`
        : undefined;
    const failing = silent ?? processing.notStoring?.message;
    return {
      kind: "consumer",
      name: `${stream}/${durable}`,
      stream,
      consumer: durable,
      state: supervisor.state,
      concurrency: this.settings.concurrency,
      failing,
      lastError: processing.lastError,
      ...processing.counts.snapshot(processing.running, processing.waiting),
      ...processing.answered,
      redelivered: processing.redelivered,
      recoveries: supervisor.recoveries,
      recreated: this.recreated,
      pending: info?.num_pending,
      ackPending: info?.num_ack_pending,
      lastMessageAt: this.lastMessageAt,
    };
  }

  ready(options?: { timeout?: number }): Promise<void> {
    const ready = this.untilReady(options);
    ready.catch(() => {});
    return ready;
  }

  private async untilReady(options: { timeout?: number } | undefined): Promise<void> {
    const { timeout = 10_000 } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    if (this.state === "consuming") return;
    let isLate = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        isLate = true;
        done();
      }, timeout);
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      this.waiting.add(done);
      if (this.isOver) done();
    });
    if (this.nc.isClosed()) throw this.withoutConnection();
    if (this.isOver) throw codedError("INVALID_OPERATION", `the consumer "${this.durable}" is stopped`);
    const { denial } = this.supervisor;
    if (denial !== undefined) throw denial;
    if (isLate) throw this.notReady(timeout);
  }

  on<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this {
    this.listeners.add(event, listener);
    return this;
  }

  once<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this {
    this.listeners.add(event, listener, true);
    return this;
  }

  off<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this {
    this.listeners.remove(event, listener);
    return this;
  }

  stop(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    this.stopped ??= this.finish();
    if (timeout === undefined) return this.stopped;
    const text = `the consumer "${this.durable}" was stopped, and its handler has not settled within ${Math.round(timeout)} ms`;
    const timer = setTimeout(() => {
      this.processing.handBackAll(codedError("HANDLER_TIMEOUT", text));
    }, timeout);
    return this.stopped.finally(() => clearTimeout(timer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private get isOver(): boolean {
    return this.state === "stopping" || this.state === "stopped";
  }

  private async finish(): Promise<void> {
    const { processing, puller } = this;
    this.supervisor.stop("stopping", "stop() was called");
    processing.stopping();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, DRAIN_PATIENCE);
    });
    await Promise.race([puller.drain().catch(() => {}), late]);
    clearTimeout(timer);
    await processing.stop();
    this.end("stop() was called");
  }

  private connectionClosed(): void {
    if (this.state === "stopped") return;
    this.processing.abort(this.withoutConnection());
    this.end("the connection is closed");
  }

  private withoutConnection(): HoldfastError {
    return codedError("CONNECTION_CLOSED", `the connection of consumer "${this.durable}" is closed`);
  }

  /** Those who wait until it consumes look what has come of it. */
  private wake(): void {
    for (const done of [...this.waiting]) done();
  }

  private end(reason: string): void {
    this.supervisor.stop("stopped", reason);
    clearInterval(this.keepAlive);
    this.processing.close();
    this.maxDeliveries?.close();
    this.puller.close();
    this.ledger.clear();
    this.nc.off("close", this.onClose);
    this.nc.off("reconnect", this.onReconnect);
    this.remove();
  }

  private changed(from: ConsumptionState, to: ConsumptionState, reason: string): void {
    if (to !== "recovering") this.wake();
    this.listeners.emit("state", { from, to, reason });
  }

  /** What the consumer is like decides about its limits. */
  private found({ config }: ConsumerInfo): void {
    const { processing, puller } = this;
    processing.serverMax = config.max_deliver ?? -1;
    puller.limits = {
      maxBatch: Math.max(0, config.max_batch ?? 0),
      maxExpires: Math.max(0, (config.max_expires ?? 0) / 1_000_000),
      maxWaiting: Math.max(0, config.max_waiting ?? 0),
    };
    const waits = config.backoff?.length ? config.backoff : [config.ack_wait ?? 30_000_000_000];
    this.keepTouching(Math.min(...waits) / 1_000_000);
    const { nc, jsm, stream, durable, deadLetters } = this;
    if (processing.serverMax <= 0 || this.maxDeliveries !== undefined || this.isOver || nc.isDraining())
      return;
    this.maxDeliveries = new MaxDeliveries({
      nc,
      jsm,
      stream,
      durable,
      deadLetters,
      knows: (sequence) => processing.has(sequence) || this.ledger.knows(sequence),
      stored: (subject, attempts, error) => {
        processing.counts.deadLettered++;
        this.listeners.emit("deadLetter", { subject, to: deadLetters?.to ?? "", attempts, error });
      },
      discarded: (subject, attempts, error) => {
        processing.counts.discarded++;
        this.listeners.emit("discarded", { subject, attempts, error });
      },
    });
  }

  /** What is being worked on, or waits here, must not be delivered again meanwhile. */
  private keepTouching(ackWait: number): void {
    if (!this.settings.working || ackWait === this.ackWait || this.isOver) return;
    this.ackWait = ackWait;
    clearInterval(this.keepAlive);
    const third = Math.min(Math.max(ackWait / 3, 20), LONGEST_WAIT);
    this.keepAlive = setInterval(() => this.processing.touch(third), third / 2);
    this.keepAlive.unref();
  }

  private deadLettersMissing(error: HoldfastError): void {
    if (this.isOver) return;
    this.processing.lastError = error;
    this.nc.report(error);
  }

  private notReady(timeout: number): HoldfastError {
    const { lastError, reason } = this.supervisor;
    const { state } = this.nc;
    let why = lastError === undefined ? reason : describeCause(lastError);
    // Whatever was wrong before the outage is not what it waits for.
    if (state !== "connected" && state !== "draining") {
      why = `there is no link to a server (the connection is ${state})`;
    }
    const text = `consumer "${this.durable}" of stream "${this.stream}" does not consume after ${Math.round(timeout)} ms: ${why}`;
    return codedError("TIMEOUT", text, { cause: lastError });
  }
}
