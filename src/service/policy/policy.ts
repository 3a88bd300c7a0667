import { codedError } from "../../checks/coded-error.js";
import { invalidArgument } from "../../checks/invalid.js";
import { Listeners, type WorkListener } from "../../checks/listeners.js";
import { readOptions } from "../../checks/read-options.js";
import type { BreakerFacts, Connection } from "../../index.js";
import { type Call, Calls } from "./calls.js";
import { EXECUTE_CHECKS, type ExecuteOptions, type PolicyContext } from "./execute-options.js";
import type { PolicyOptions } from "./options.js";
import { newCounts, type PolicyCounts } from "./policy-counts.js";
import { POLICY_EVENTS, type PolicyEvents } from "./policy-events.js";
import { PolicyUse, type UseHost } from "./policy-use.js";
import { readSettings, type Settings } from "./settings.js";
import { timed } from "./timed.js";

/** A breaker of a policy, and where it is used. */
export interface PolicyBreaker extends BreakerFacts {
  /** Name of the connection; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/**
 * How calls are tried: made once by {@link policy}, used for many requests, on one connection or several. Each connection has breakers and
 * counts of its own, since the same subject may be another service elsewhere; it shows them among its `components` from the first request
 * on, until it is closed or nobody holds the policy any more.
 */
export class RequestPolicy {
  private readonly settings: Settings;
  private readonly totals = newCounts();
  private readonly uses = new Map<Connection | undefined, PolicyUse>();
  private readonly listeners: Listeners<PolicyEvents>;
  private readonly isolations = new Map<string, number>();
  private readonly calls: Calls;
  private readonly useHost: UseHost;

  /** Whether connections show it. */
  private readonly isShown: boolean;

  /** Use {@link policy}. @internal */
  constructor(settings: Settings, isShown = true) {
    this.settings = settings;
    this.isShown = isShown;
    this.listeners = new Listeners(POLICY_EVENTS, (error) => this.report(error));
    this.calls = new Calls(settings, {
      emit: (name, info) => this.listeners.emit(name, info),
      report: (error, nc) => this.report(error, nc),
    });
    this.useHost = {
      settings,
      counts: this.totals,
      breakerChanged: (subject, from, to, connection) =>
        this.listeners.emit("breaker", { subject, from, to, connection }),
      report: (error) => this.report(error),
      ended: (nc) => this.uses.delete(nc),
    };
  }

  /** One that is thrown away after a call. @internal */
  static forOneCall(settings: Settings): RequestPolicy {
    return new RequestPolicy(settings, false);
  }

  /** Its name in `nc.components`, health and metrics. */
  get name(): string {
    return this.settings.name;
  }

  /** What became of all calls, on whatever connection, as in `PolicyFacts`. */
  get counts(): Readonly<PolicyCounts> {
    return { ...this.totals };
  }

  /** The circuit breakers, by connection and subject. */
  get breakers(): readonly PolicyBreaker[] {
    return [...this.uses.values()].flatMap(({ connectionName: connection, breakers }) =>
      (breakers?.facts ?? []).map((facts) => ({ ...facts, connection })),
    );
  }

  /**
   * Holds the breakers of a subject open on all connections: calls are refused with `CIRCUIT_OPEN`, until all who asked for it have released it.
   *
   * @returns releases it; then it is closed
   * @throws an error with code `INVALID_ARGUMENT`, or `INVALID_OPERATION` when the policy has no breaker
   */
  isolate(subject: string): () => void {
    if (typeof subject !== "string") throw invalidArgument("isolate(): the subject must be a string");
    if (this.settings.breaker === undefined) {
      throw codedError("INVALID_OPERATION", `isolate(): policy "${this.name}" has no circuit breaker`);
    }
    const key = this.settings.key(subject);
    const holders = this.isolations.get(key) ?? 0;
    this.isolations.set(key, holders + 1);
    if (holders === 0) for (const { breakers } of this.uses.values()) breakers?.isolate(key);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.release(key);
    };
  }

  private release(key: string): void {
    const holders = (this.isolations.get(key) ?? 1) - 1;
    if (holders > 0) {
      this.isolations.set(key, holders);
      return;
    }
    this.isolations.delete(key);
    for (const { breakers } of this.uses.values()) breakers?.release(key);
  }

  /**
   * Runs something else than a request by this policy, such as a publish to a stream or a call of HTTP: `await policy.execute(({ signal }) =>
   * fetch(url, { signal }), { subject: "billing", idempotent: true })`. For errors that are not Holdfast's: one with a numeric `status`,
   * `statusCode` or `code` of 400 to 599 counts like a service's answer; any other is a failure, and tried again if the call is idempotent
   * or the error says `retryable`.
   *
   * A signal alone may stand for the options, as with policies of cockatiel's.
   *
   * Rejects with what `call` rejects with; with `TIMEOUT` (`maybeDelivered`: what `call` does later is ignored), `CIRCUIT_OPEN`, the reason of
   * `signal`, `INVALID_ARGUMENT`, `INVALID_OPTION`.
   */
  async execute<T>(
    call: (context: PolicyContext) => PromiseLike<T> | T,
    options: ExecuteOptions | AbortSignal = {},
  ): Promise<T> {
    if (typeof call !== "function")
      throw invalidArgument("execute(): what is to be called must be a function");
    const own = options instanceof AbortSignal ? { signal: options } : options;
    const given = readOptions<ExecuteOptions>(own, EXECUTE_CHECKS);
    const { subject = this.name, connection, signal } = given;
    const { idempotent = this.settings.idempotent, timeout = this.settings.timeout } = given;
    return this.run({
      subject,
      data: undefined,
      idempotent,
      timeout,
      totalTimeout: given.totalTimeout ?? this.settings.totalTimeout,
      signal,
      connection,
      attempt: (attempt, ms, abandoned) =>
        timed(ms, subject, abandoned ?? signal, async (ended) => call({ subject, attempt, signal: ended })),
    });
  }

  /** Carries out a call. @internal */
  run<T>(call: Call<T>): Promise<T> {
    return this.calls.run(call, this.useOn(call.connection));
  }

  /** Its settings. @internal */
  get inForce(): Settings {
    return this.settings;
  }

  /** Adds a listener. @throws an error with code `INVALID_ARGUMENT` */
  on<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this {
    this.listeners.add(event, listener);
    return this;
  }

  /** Adds a listener that is called once. @throws an error with code `INVALID_ARGUMENT` */
  once<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this {
    this.listeners.add(event, listener, true);
    return this;
  }

  /** Removes a listener. */
  off<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this {
    this.listeners.remove(event, listener);
    return this;
  }

  private useOn(connection: Connection | undefined): PolicyUse {
    const known = this.uses.get(connection);
    if (known !== undefined) return known;
    const use = new PolicyUse(this.useHost, connection);
    for (const key of this.isolations.keys()) use.breakers?.isolate(key);
    // On a closed connection nothing is left to be seen, and nothing to come back to.
    if (connection?.isClosed() === true || !this.isShown) return use;
    this.uses.set(connection, use);
    use.register();
    return use;
  }

  /** Told by `error` of the connection that it is about, or of any; where there is none, as a warning of the process. */
  private report(error: Error, about?: Connection): void {
    const nc = about ?? [...this.uses.keys()].find((one) => one !== undefined);
    if (nc === undefined) process.emitWarning(error);
    else nc.report(error);
  }
}

/**
 * Makes a policy: how requests are tried, and what happens when they fail. Without options: 5 s for each try; 2 more tries, after 100 and 200 ms ± 20 %,
 * where that is safe; a circuit breaker for each subject, which 5 failures in a row open, and which lets one call through 30 s later, or
 * after a reconnect.
 *
 * Tried again is what was not delivered: `NO_RESPONDERS`, `BUFFER_FULL`, `DISCONNECTED`, what waited for a link in vain. What may have been delivered
 * (`TIMEOUT`, `CONNECTION_LOST` with `maybeDelivered`), and a service's answers 429 and 503, only with `idempotent: true`, or if `retry.when` says so.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function policy(options?: PolicyOptions): RequestPolicy {
  return new RequestPolicy(readSettings(options));
}
