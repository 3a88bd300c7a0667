import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { Connection } from "../../index.js";
import { atOnce } from "./at-once.js";
import type { Breaker } from "./breaker.js";
import { hedged } from "./hedge.js";
import { codeOf, isRefusal, mayRetry, type Verdict, verdictOn } from "./judgement.js";
import type { PolicyEvents } from "./policy-events.js";
import type { PolicyUse } from "./policy-use.js";
import type { Settings } from "./settings.js";
import { bySignal, follow, orAborted, pause, within } from "./waiting.js";

/** A call, and what it says for itself. */
export interface Call<T> {
  readonly subject: string;
  /** Given to the application's functions only. */
  readonly data: unknown;
  readonly idempotent: boolean;
  /** ms of a try and of all of it; Infinity for none. */
  readonly timeout: number;
  readonly totalTimeout: number;
  readonly signal: AbortSignal | undefined;
  readonly connection: Connection | undefined;
  /**
   * One try, of at most `timeout` ms.
   *
   * @param abandoned aborted when another one was first; only where there are others. It is aborted with `signal`, too
   */
  attempt(attempt: number, timeout: number, abandoned: AbortSignal | undefined): Promise<T>;
}

/** Whom calls tell what happens. */
export interface CallsHost {
  emit<N extends keyof PolicyEvents>(name: N, info: PolicyEvents[N]): void;
  /** A function of the application's has failed. */
  report(error: Error, nc: Connection | undefined): void;
}

/** What a fallback has at least, ms: tries that time out leave nothing of `totalTimeout`, and what lies in a cache is near. */
const LEAST_FOR_FALLBACK = 100;

/** Never aborted. */
const NEVER = new AbortController().signal;

/** Carries calls out by the settings of a policy. */
export class Calls {
  private readonly settings: Settings;
  private readonly host: CallsHost;

  constructor(settings: Settings, host: CallsHost) {
    this.settings = settings;
    this.host = host;
  }

  /** Rejects with the error of the last try, what the fallback rejects with, or the reason of the call's signal. */
  async run<T>(call: Call<T>, use: PolicyUse): Promise<T> {
    const { signal } = call;
    signal?.throwIfAborted();
    use.begin();
    const end = performance.now() + call.totalTimeout;
    try {
      return await orAborted(this.tries(call, use, end), signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      return await this.fallBack(call, use, error, end);
    } finally {
      use.end();
    }
  }

  /** @param end when `totalTimeout` is over; monotonic ms */
  private async tries<T>(call: Call<T>, use: PolicyUse, end: number): Promise<T> {
    const { subject, signal, connection } = call;
    const delays = this.settings.delays();
    let before: unknown;
    for (let attempt = 1; ; attempt++) {
      try {
        const left = Math.max(1, end - performance.now());
        return await this.once(call, use, attempt, Math.min(call.timeout, left));
      } catch (thrown) {
        // That nothing was sent is true of this try only.
        if (attempt > 1 && codeOf(thrown) === "CIRCUIT_OPEN") throw before;
        before = thrown;
        const error = toError(thrown);
        if (signal?.aborted === true || !this.mayRetry(call, attempt, thrown)) throw thrown;
        const delay = this.guarded(connection, "retry.backoff", () =>
          delays(attempt, error, signal ?? NEVER),
        );
        if (delay === undefined || performance.now() + delay >= end) throw thrown;
        use.count("retried");
        this.host.emit("retry", { subject, attempt, delay, error, connection: use.connectionName });
        await pause(delay, signal && bySignal(signal), use.ender);
        signal?.throwIfAborted();
      }
    }
  }

  /** One try, by way of the breaker. */
  private async once<T>(call: Call<T>, use: PolicyUse, attempt: number, timeout: number): Promise<T> {
    const { breakers } = use;
    const key = this.settings.key(call.subject);
    if (breakers === undefined) return this.send(call, use, key, attempt, timeout);
    const breaker = breakers.of(key);
    const refusal = breaker.refusal();
    if (refusal !== undefined) {
      use.count("rejected");
      throw refusal;
    }
    const judge = (error: unknown) => this.judge(error, call, use, breaker);
    return breaker.run(() => this.send(call, use, key, attempt, timeout), judge, timeout);
  }

  private send<T>(call: Call<T>, use: PolicyUse, key: string, attempt: number, timeout: number): Promise<T> {
    const after = call.idempotent ? this.hedgeAfter(use, key) : undefined;
    if (after === undefined || after >= timeout)
      return this.measured(call, use, key, attempt, timeout, undefined);
    return this.hedge(call, use, key, attempt, timeout, after);
  }

  private async hedge<T>(
    call: Call<T>,
    use: PolicyUse,
    key: string,
    attempt: number,
    timeout: number,
    after: number,
  ): Promise<T> {
    const { subject, signal, connection } = call;
    const settled = new AbortController();
    const untie = follow(settled, signal);
    const end = performance.now() + timeout;
    try {
      return await hedged({
        send: () =>
          this.measured(call, use, key, attempt, Math.max(1, end - performance.now()), settled.signal),
        after,
        max: this.settings.hedge?.max ?? 1,
        mayHedge: () => {
          // Without a link both would wait for the same.
          if (signal?.aborted === true || connection?.health().connected === false) return false;
          use.count("hedged");
          this.host.emit("hedge", { subject, after, connection: use.connectionName });
          return true;
        },
        isAnswer: (error) => verdictOn(error) === "alive",
      });
    } finally {
      untie();
      settled.abort();
    }
  }

  private hedgeAfter({ durations }: PolicyUse, key: string): number | undefined {
    const { hedge } = this.settings;
    return hedge?.after ?? durations?.quantile(key);
  }

  private async measured<T>(
    call: Call<T>,
    { durations }: PolicyUse,
    key: string,
    attempt: number,
    timeout: number,
    abandoned: AbortSignal | undefined,
  ): Promise<T> {
    if (durations === undefined) return call.attempt(attempt, timeout, abandoned);
    const begun = performance.now();
    const value = await call.attempt(attempt, timeout, abandoned);
    durations.add(key, performance.now() - begun);
    return value;
  }

  private async fallBack<T>(call: Call<T>, use: PolicyUse, thrown: unknown, end: number): Promise<T> {
    const { fallback } = this.settings;
    const { subject, data, signal } = call;
    const error = toError(thrown);
    if (fallback === undefined || isRefusal(thrown)) {
      use.failed(error);
      throw thrown;
    }
    let value: unknown;
    try {
      const asked = (async () => fallback(error, { subject, data }))();
      const left = Math.max(LEAST_FOR_FALLBACK, end - performance.now());
      // In this order: one that never settles must not leave a listener at a signal that lives long.
      value = await orAborted(within(left, asked, thrown), signal);
    } catch (own) {
      if (signal?.aborted === true) throw own;
      use.failed(toError(own));
      keepCause(own, error);
      throw own;
    }
    use.count("fallbacks");
    this.host.emit("fallback", { subject, error, connection: use.connectionName });
    return value as T;
  }

  private mayRetry<T>(call: Call<T>, attempt: number, thrown: unknown): boolean {
    const { retries, retryWhen } = this.settings;
    if (attempt > retries) return false;
    const { subject, data, idempotent, connection } = call;
    const wanted =
      retryWhen &&
      this.guarded(connection, "retry.when", () =>
        retryWhen(toError(thrown), { subject, data, attempt, idempotent }),
      );
    return typeof wanted === "boolean" ? wanted : mayRetry(thrown, idempotent);
  }

  /** What an error counts for the breaker; all that one outage has ended is one failure. */
  private judge<T>(error: unknown, call: Call<T>, { outage }: PolicyUse, breaker: Breaker): Verdict {
    if (call.signal?.aborted === true) return "nothing";
    const when = this.settings.breaker?.when;
    const isFailure = when && this.guarded(call.connection, "breaker.when", () => when(toError(error)));
    if (typeof isFailure === "boolean") return isFailure ? "failure" : "nothing";
    const isLost = codeOf(error) === "CONNECTION_LOST" && outage !== undefined;
    return isLost && breaker.isCounted(outage) ? "nothing" : verdictOn(error);
  }

  /** What a function of the application's answers at once; undefined when it throws, or answers with a promise, which is told. */
  private guarded<R>(nc: Connection | undefined, option: string, ask: () => R): R | undefined {
    try {
      return atOnce(ask());
    } catch (cause) {
      const text = `option "${option}" of a policy failed: ${describeCause(cause)}`;
      this.host.report(codedError("CALLBACK_FAILED", text, { cause }), nc);
      return undefined;
    }
  }
}

/** Anything can be thrown. */
function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describeCause(thrown), { cause: thrown });
}

/** Keeps what the fallback was asked for, where its own error has room for it. */
function keepCause(own: unknown, first: Error): void {
  if (!(own instanceof Error) || own === first || own.cause !== undefined || !Object.isExtensible(own))
    return;
  Object.defineProperty(own, "cause", { value: first, writable: true, configurable: true });
}
