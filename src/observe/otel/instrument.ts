import { invalidArgument } from "../../checks/invalid.js";
import { brand } from "../../errors.js";
import { ClosedConnectionError, type Connection, InvalidOperationError } from "../../index.js";
import { type Api, loadApi } from "./api.js";
import { releaseClientId, takeClientId } from "./client-ids.js";
import { ConnectionMetrics } from "./connection-metrics.js";
import { Durations } from "./durations.js";
import { FOLLOW, type Followable } from "./following.js";
import { Incoming, type ReceivedMessage } from "./incoming.js";
import { LinkFacts } from "./link-facts.js";
import { type InstrumentOptions, type InstrumentSettings, toInstrumentSettings } from "./options.js";
import { Outgoing } from "./outgoing.js";
import { Overrides } from "./overrides.js";
import { Tracing } from "./tracing.js";
import { Troubles } from "./troubles.js";

/** What {@link instrument} has done, and how to undo it. */
export interface Instrumentation {
  /**
   * Runs `handle` as the handling of `msg`: within the context that the message has brought, and with a span that ends when `handle` has
   * returned, or its promise has settled. Callbacks of subscriptions have this already, and so have messages of `handle()` and `consume()` of
   * `holdfast/service`; for what is read with `for await`, and for messages of JetStream consumers, it has to be called. Returns, throws and
   * rejects as `handle` does; a promise is returned as one of Node's own.
   *
   * @param options.queue the queue group of the subscription that the message came in on
   */
  process<R>(msg: ReceivedMessage, handle: () => R, options?: { queue?: string }): R;
  /** Makes the connection as it was. Handlers that are at work end their spans. Once more, it does nothing. */
  stop(): void;
}

/** What is asked of a connection here. */
const METHODS = [
  "publish",
  "publishConfirmed",
  "publishDurable",
  "request",
  "requestMany",
  "subscribe",
  "on",
  "off",
  "health",
  "measure",
  "getServer",
  "closed",
  "isClosed",
] as const satisfies (keyof Connection)[];

/** The name of a connection that has none. */
const NAMELESS = "holdfast";

const instrumented = new WeakMap<Connection, Instrumentation>();

/**
 * Gives a connection spans, contexts that its messages take along, and metrics, by the conventions of OpenTelemetry for messaging.
 * A connection that is closed is left alone again by itself.
 *
 * @throws an error with code `INVALID_ARGUMENT` (not a connection), `INVALID_OPTION`, `CONNECTION_CLOSED`, `INVALID_OPERATION` (this
 *   connection is instrumented already), `PACKAGE_MISSING` (`@opentelemetry/api` is not installed)
 */
export function instrument(nc: Connection, options: InstrumentOptions = {}): Instrumentation {
  checkConnection(nc);
  const api = loadApi();
  const settings = toInstrumentSettings(options, api);
  if (nc.isClosed()) throw closed();
  if (instrumented.has(nc)) throw twice();
  const made = new ConnectionInstrumentation(nc, api, settings);
  instrumented.set(nc, made);
  return made;
}

/** ms after the end of a connection for which its last figures can be collected. */
const LAST_MS = 120_000;

class ConnectionInstrumentation implements Instrumentation {
  private readonly nc: Connection;
  private readonly clientId: string;
  private readonly facts: LinkFacts;
  private readonly incoming: Incoming;
  private readonly tracing: Tracing;
  private readonly overrides: Overrides<Connection & Followable>;
  private readonly metrics: ConnectionMetrics | undefined;
  private isStopped = false;
  private patience: NodeJS.Timeout | undefined;

  constructor(nc: Connection, api: Api, settings: InstrumentSettings) {
    this.nc = nc;
    const { name = NAMELESS, inboxPrefix } = nc.options;
    const { meter, tracer } = settings;
    this.clientId = takeClientId(name);
    const troubles = new Troubles(api);
    this.facts = new LinkFacts(nc, this.clientId);
    const { durations, metrics } = this.measuring(meter, troubles);
    this.metrics = metrics;
    this.tracing = new Tracing(api, settings, this.facts, troubles, durations, inboxPrefix);
    const { publish, publishConfirmed, publishDurable, request, requestMany, subscribe } = nc;
    const outgoing = new Outgoing(this.tracing, {
      publish: publish.bind(nc),
      publishConfirmed: publishConfirmed.bind(nc),
      publishDurable: publishDurable.bind(nc),
      request: request.bind(nc),
      requestMany: requestMany.bind(nc),
    });
    this.incoming = new Incoming(this.tracing, subscribe.bind(nc), () => outgoing.inside);
    this.overrides = new Overrides(nc);
    if (tracer !== undefined) this.overrides.set("publish", outgoing.publish);
    this.overrides.set("publishConfirmed", outgoing.publishConfirmed);
    this.overrides.set("publishDurable", outgoing.publishDurable);
    this.overrides.set("request", outgoing.request);
    this.overrides.set("requestMany", outgoing.requestMany);
    this.overrides.set("subscribe", this.incoming.subscribe);
    this.overrides.set(FOLLOW, this.incoming.follow);
    void nc.closed().then(() => {
      // What the end has cost is to be seen once.
      if (metrics === undefined || this.isStopped) this.stop();
      else {
        metrics.collectLast(() => this.stop());
        // Where nobody collects, or only once.
        this.patience = setTimeout(() => this.stop(), LAST_MS);
        this.patience.unref();
      }
    });
  }

  process<R>(msg: ReceivedMessage, handle: () => R, options: { queue?: string } = {}): R {
    if (typeof handle !== "function") throw invalidArgument("process(): handle must be a function");
    if (typeof msg !== "object" || msg === null) throw invalidArgument("process(): msg must be a message");
    return this.incoming.process(msg, handle, options.queue);
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    clearTimeout(this.patience);
    this.overrides.restore();
    this.tracing.isStopped = true;
    this.facts.stop();
    this.metrics?.stop();
    releaseClientId(this.clientId);
    instrumented.delete(this.nc);
  }

  /** A meter that fails is one that there is not. */
  private measuring(
    meter: InstrumentSettings["meter"],
    troubles: Troubles,
  ): { durations: Durations | undefined; metrics: ConnectionMetrics | undefined } {
    if (meter === undefined) return { durations: undefined, metrics: undefined };
    try {
      const durations = new Durations(meter, this.facts, troubles);
      return { durations, metrics: new ConnectionMetrics(this.nc, meter, this.clientId, troubles) };
    } catch (cause) {
      troubles.tell("the meter", cause);
      return { durations: undefined, metrics: undefined };
    }
  }
}

function checkConnection(given: unknown): void {
  const nc = given as Connection | null | undefined;
  if (typeof nc === "object" && nc !== null && METHODS.every((name) => typeof nc[name] === "function"))
    return;
  const beneath = (given as { holdfast?: unknown } | null | undefined)?.holdfast;
  const hint = beneath === undefined ? "" : ": of a connection of holdfast/compat give the property holdfast";
  throw invalidArgument(`nc must be a connection that connect() of holdfast has made${hint}`);
}

function closed(): Error {
  return brand(Object.assign(new ClosedConnectionError(), { code: "CONNECTION_CLOSED", retryable: false }));
}

function twice(): Error {
  const text = "this connection is instrumented already: stop() that first";
  return brand(
    Object.assign(new InvalidOperationError(text), { code: "INVALID_OPERATION", retryable: false }),
  );
}
