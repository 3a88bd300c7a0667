import type { IBackoffFactory, IBreaker, IRetryBackoffContext } from "cockatiel";
import type { RetryBackoff } from "../work/retry-delays.js";

/** What is called: given to functions of a policy's options. */
export interface PolicyCall {
  /** The subject of the request, or what `execute()` was told. */
  readonly subject: string;
  /** What was asked with, before it was encoded; undefined for `execute()`. */
  readonly data: unknown;
}

/** Further tries after a failed one. */
export interface RetryOptions {
  /** Tries after the first one. Default 2. */
  retries?: number;
  /** Waits between them, default 100 ms × 2ⁿ ± 20 %, at most 10 s; or a backoff of cockatiel's. */
  backoff?: RetryBackoff | IBackoffFactory<IRetryBackoffContext<unknown>>;
  /**
   * Decides about an error of try `attempt` (from 1) in place of the policy, which knows the call as `idempotent` or not: true for
   * another try, also where that may do twice what was asked for; false for none;
   * undefined leaves it to the policy. Not asked when `signal` has ended the call.
   */
  when?: (
    error: Error,
    call: PolicyCall & { readonly attempt: number; readonly idempotent: boolean },
  ) => unknown;
}

/** Opens at a rate of failures: cockatiel's `SamplingBreaker`. */
export interface SamplingOptions {
  /** Part of the calls that must fail, above 0 and below 1. Default 0.5. */
  threshold?: number;
  /** The time that is looked at, ms. Default 30,000. */
  duration?: number;
  /** Calls per second below which it stays closed. Default: cockatiel's, which wants five within `duration`. */
  minimumRps?: number;
}

/** When calls to a subject are stopped because too many have failed. At most one of `failures`, `sampling` and `strategy`. */
export interface BreakerOptions {
  /** Failures in a row that open it. Default 5. */
  failures?: number;
  /** Opens at a rate of failures instead. */
  sampling?: SamplingOptions;
  /** A strategy of cockatiel's or of your own, made for each breaker. */
  strategy?: () => IBreaker;
  /** How long it stays open before it lets one call through to see, ms. Default 30,000; a reconnect ends the wait. */
  halfOpenAfter?: number;
  /** The breaker of a subject. Default `normalizeSubject`, so that subjects which differ in ids share one. */
  key?: (subject: string) => string;
  /**
   * Whether an error is a failure: true or false; undefined leaves it to the policy, for which time-outs, `NO_RESPONDERS`, a lost link,
   * answers with a code of 500 and more, and errors that it does not know are.
   */
  when?: (error: Error) => unknown;
  /** Breakers for each connection, at most; what comes beyond shares one, called `>`. Default 256. Closed ones make room, the one used least recently first. */
  max?: number;
}

/** A second request when the first is slow. */
export interface HedgeOptions {
  /**
   * ms to wait before it, or how long the latest answers took: `"p95"` is slower than 95 of 100 of the last ones to the subject (nothing is
   * hedged before 20 have come).
   */
  after: number | "p50" | "p90" | "p95" | "p99";
  /** How many, each after another `after`. Default 1, at most 5. */
  max?: number;
}

/** How requests are tried; see {@link policy}. `false` switches a part off. */
export interface PolicyOptions {
  /**
   * Its name in `nc.components`, health and metrics; policies with the same name share their series. Default: `policy`, `policy2`, … `policy16` in the
   * order in which policies without a name are made in this process; later ones share `policy-other`.
   */
  name?: string;
  /** ms of one try. Default 5,000. `false`: none, which for a request is only for those who end it by `signal` or `totalTimeout`. */
  timeout?: number | false;
  /**
   * ms of the whole call, waits between its tries included. A wait that would end later is not begun; `fallback` has what is left, and at
   * least 100 ms. Default: none.
   */
  totalTimeout?: number;
  /**
   * That all calls may be carried out twice without harm: then what may have been delivered is tried again, too. Default false; a call can
   * say so for itself.
   */
  idempotent?: boolean;
  /** Further tries; a number is that of `retries`. Default: 2, after 100 and 200 ms. */
  retry?: RetryOptions | number | false;
  /** A circuit breaker for each subject. Default: 5 failures in a row open it, 30 s later one call is let through, success closes it. */
  breaker?: BreakerOptions | false;
  /**
   * Answers in place of a call that has failed. Default: none. Not asked when `signal` has ended the call, or an argument was wrong. It has
   * what is left of `totalTimeout`, and at least 100 ms; then the call's own error is told. Without `totalTimeout` it may take as long as it
   * wants.
   */
  fallback?: ((error: Error, call: PolicyCall) => unknown) | false;
  /** A second request when the first is slow; needs `idempotent: true`. Default: none. */
  hedge?: HedgeOptions | false;
}
