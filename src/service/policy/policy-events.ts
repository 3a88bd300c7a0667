import type { BreakerState } from "../../index.js";

/** What a circuit breaker has changed to. */
export interface BreakerChange {
  /** Normalised, or as `breaker.key` has it. */
  readonly subject: string;
  /** Its state before. */
  readonly from: BreakerState;
  /** Its state now. */
  readonly to: BreakerState;
  /** Name (option `name`) of the connection whose breaker it is; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/** A further try that follows a failed one. */
export interface PolicyRetry {
  /** The subject of the request, or what `execute()` was given as `subject`. */
  readonly subject: string;
  /** The try that failed, from 1. */
  readonly attempt: number;
  /** ms until the next one. */
  readonly delay: number;
  /** Why the try failed. */
  readonly error: Error;
  /** Name (option `name`) of the connection that it went over; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/** A call that has failed, and that the fallback has answered. */
export interface PolicyFallback {
  /** The subject of the request, or what `execute()` was given as `subject`. */
  readonly subject: string;
  /** Why the call failed. */
  readonly error: Error;
  /** Name (option `name`) of the connection that it went over; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/** A second request, because the first is slow. */
export interface PolicyHedge {
  /** The subject of the request, or what `execute()` was given as `subject`. */
  readonly subject: string;
  /** ms that the one before has taken so far. */
  readonly after: number;
  /** Name (option `name`) of the connection that it went over; undefined when it has none, and for calls of `execute()` without one. */
  readonly connection: string | undefined;
}

/** What a policy tells. */
export interface PolicyEvents {
  /** A circuit breaker has changed its state. */
  breaker: BreakerChange;
  /** A try has failed, and another one follows. */
  retry: PolicyRetry;
  /** A call has failed, and the fallback has answered. */
  fallback: PolicyFallback;
  /** A second request is sent, because the first is slow. */
  hedge: PolicyHedge;
}

/** The names of all events. */
export const POLICY_EVENTS: readonly (keyof PolicyEvents)[] = ["breaker", "retry", "fallback", "hedge"];
