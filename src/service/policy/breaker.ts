import {
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleWhen,
  type IBreaker,
} from "cockatiel";
import { codedError } from "../../checks/coded-error.js";
import { describeCause, stackless } from "../../errors.js";
import type { BreakerFacts, BreakerState, HoldfastError } from "../../index.js";
import { isThenable } from "../work/thenable.js";
import { atOnce } from "./at-once.js";
import type { Verdict } from "./judgement.js";
import type { BreakerSettings } from "./settings.js";

/** What breakers tell. */
export interface BreakerHost {
  changed(subject: string, from: BreakerState, to: BreakerState): void;
  /** A strategy of the application's has failed. */
  report(error: Error): void;
}

/** What cockatiel's state is called here. */
const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.Open]: "open",
  [CircuitState.HalfOpen]: "half-open",
  [CircuitState.Isolated]: "isolated",
};

/** An error that says nothing about the other side: cockatiel passes on what its filter does not take, and counts nothing. */
class Uncounted {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
const COUNTED = handleWhen((error: unknown) => !(error instanceof Uncounted));

/**
 * The circuit breaker of one subject. Cockatiel's, with these differences: while one call tests whether all is well again, others are
 * refused in place of waiting for it; a test that says nothing about the other side is repeated by the next call, not taken for a success;
 * what was asked before it opened has no say in the state after it; a clock that is set back does not keep it open.
 */
export class Breaker {
  readonly subject: string;
  private readonly settings: BreakerSettings;
  private readonly host: BreakerHost;
  private readonly strategy: IBreaker;
  private circuit: CircuitBreakerPolicy;
  private state: BreakerState = "closed";
  private opened = 0;
  /** When an open one lets a call through, and when a test has taken so long that another one may; monotonic ms. */
  private dueAt = 0;
  private isolation: { dispose(): void } | undefined;
  /** The outages whose lost requests have been counted: all those of one are one failure. */
  private countedOutage: number | undefined;

  /** @throws what the application's strategy throws */
  constructor(subject: string, settings: BreakerSettings, host: BreakerHost) {
    this.subject = subject;
    this.settings = settings;
    this.host = host;
    this.strategy = guarded(settings.make(), host);
    this.circuit = this.watched(undefined);
  }

  get facts(): BreakerFacts {
    const { subject, state, opened } = this;
    return { subject, state, opened };
  }

  get isClosed(): boolean {
    return this.state === "closed";
  }

  /** Whether what one outage has ended was counted already; counts it. */
  isCounted(outage: number): boolean {
    const before = this.countedOutage;
    this.countedOutage = outage;
    return before === outage;
  }

  /** Why a call is not let through now; undefined when it is: then {@link run} must follow at once. */
  refusal(): HoldfastError | undefined {
    const { state } = this;
    if (state === "closed") return undefined;
    if (state === "isolated") return this.refuse("it is isolated by hand");
    const wait = Math.ceil(this.dueAt - performance.now());
    if (wait <= 0) return undefined;
    return this.refuse(
      state === "open" ? `one call is let through in ${wait} ms` : "one call is under way to test it",
    );
  }

  /**
   * Runs a call that was let through.
   *
   * @param judge what an error says; must not throw
   * @param longest ms within which `call` settles; Infinity when nobody knows
   */
  async run<T>(call: () => Promise<T>, judge: (error: unknown) => Verdict, longest: number): Promise<T> {
    if (this.state !== "closed") this.beginTest(longest);
    const { circuit } = this;
    const settled = async (): Promise<{ value: T } | { error: unknown }> => {
      try {
        return { value: await call() };
      } catch (error) {
        const verdict = judge(error);
        if (verdict === "alive") return { error };
        if (verdict === "failure") throw error;
        if (circuit === this.circuit && this.state === "half-open") this.reopen(performance.now());
        throw new Uncounted(error);
      }
    };
    try {
      const outcome = await circuit.execute(settled);
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    } catch (error) {
      throw error instanceof Uncounted ? error.error : error;
    }
  }

  /** Lets the next call through as a test, if it is open: there is reason to hope. */
  retest(): void {
    if (this.state === "open") this.dueAt = performance.now();
  }

  /** Holds it open until {@link release}. */
  isolate(): void {
    this.isolation ??= this.circuit.isolate();
  }

  release(): void {
    const { isolation } = this;
    this.isolation = undefined;
    isolation?.dispose();
  }

  private beginTest(longest: number): void {
    this.reopen(0);
    // A test that never settles must not keep it half-open for ever.
    const patience =
      longest === Number.POSITIVE_INFINITY ? this.settings.halfOpenAfter : Number.POSITIVE_INFINITY;
    this.dueAt = performance.now() + patience;
  }

  /**
   * Puts an open circuit in the place of this one, whose wait is over: what was asked under the old one has no say any more, and cockatiel,
   * which goes by the time of day, lets the next call through.
   */
  private reopen(dueAt: number): void {
    const { ownState, breakerState } = this.circuit.toJSON() as { ownState: object; breakerState: unknown };
    this.circuit = this.watched({
      ownState: { ...ownState, openedAt: Number.NEGATIVE_INFINITY },
      breakerState,
    });
    this.dueAt = dueAt;
    this.become("open");
  }

  private watched(initialState: unknown): CircuitBreakerPolicy {
    const { halfOpenAfter } = this.settings;
    const circuit = circuitBreaker(COUNTED, { breaker: this.strategy, halfOpenAfter, initialState });
    circuit.onStateChange((state) => {
      if (circuit !== this.circuit) return;
      if (state === CircuitState.Open) {
        this.opened++;
        this.dueAt = performance.now() + halfOpenAfter;
      }
      this.become(STATES[state]);
    });
    return circuit;
  }

  private become(state: BreakerState): void {
    const from = this.state;
    this.state = state;
    if (from !== state) this.host.changed(this.subject, from, state);
  }

  private refuse(why: string): HoldfastError {
    const { subject } = this;
    const text = `the circuit of "${subject}" is open, nothing was sent: ${why}`;
    return stackless(codedError, "CIRCUIT_OPEN", text, { subject });
  }
}

/** A strategy that throws costs nobody an answer: it is told, and counts nothing. */
function guarded(strategy: IBreaker, host: BreakerHost): IBreaker {
  function failed(cause: unknown): void {
    const text = `the strategy of a circuit breaker failed: ${describeCause(cause)}`;
    host.report(codedError("CALLBACK_FAILED", text, { cause }));
  }
  function guard<R>(action: () => R, otherwise: R): R {
    try {
      return action();
    } catch (cause) {
      failed(cause);
      return otherwise;
    }
  }
  /** Of `success()` nothing is asked, so it may take its time. */
  function heard(answer: unknown): void {
    if (isThenable(answer)) Promise.resolve(answer).catch(failed);
  }
  return {
    get state() {
      return guard(() => atOnce(strategy.state), undefined);
    },
    set state(value) {
      guard(() => {
        strategy.state = value;
      }, undefined);
    },
    success: (state) => guard(() => heard(strategy.success(state)), undefined),
    failure: (state) => guard(() => atOnce(strategy.failure(state)) === true, false),
  };
}
