import type { BreakerState } from "../../index.js";

/** What a circuit breaker has changed to. */
export interface BreakerChange {
  /** Normalised, or as `breaker.key` has it. */
  readonly subject: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** Name (option `name`) of the connection whose breaker it is; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/** A further try that follows a failed one. */
export interface PolicyRetry {
  readonly subject: string;
  /** The try that failed, from 1. */
  readonly attempt: number;
  /** ms until the next one. */
  readonly delay: number;
  readonly error: Error;
  readonly connection: string | undefined;
}

/** A call that has failed, and that the fallback has answered. */
export interface PolicyFallback {
  readonly subject: string;
  readonly error: Error;
  readonly connection: string | undefined;
}

/** A second request, because the first is slow. */
export interface PolicyHedge {
  readonly subject: string;
  /** ms that the one before has taken so far. */
  readonly after: number;
  readonly connection: string | undefined;
}

/** What a policy tells. */
export interface PolicyEvents {
  breaker: BreakerChange;
  retry: PolicyRetry;
  fallback: PolicyFallback;
  hedge: PolicyHedge;
}

/** The names of all events. */
export const POLICY_EVENTS: readonly (keyof PolicyEvents)[] = ["breaker", "retry", "fallback", "hedge"];
