import { ConsecutiveBreaker, type IBreaker, SamplingBreaker } from "cockatiel";
import { invalidOption } from "../../checks/invalid.js";
import { anObject, type Check, numberOf, type OtherNames, readOptions } from "../../checks/read-options.js";
import { normalizeSubject } from "../../index.js";
import { LONGEST_WAIT } from "../work/retry-delays.js";
import { dismissPromise } from "../work/thenable.js";
import { DefaultNames } from "./default-names.js";
import { type Delays, readDelays } from "./delays.js";
import type {
  BreakerOptions,
  HedgeOptions,
  PolicyOptions,
  RetryOptions,
  SamplingOptions,
} from "./options.js";

/** The options of a policy, checked, with its defaults. */
export interface Settings {
  readonly name: string;
  /** ms; Infinity for none. */
  readonly timeout: number;
  readonly totalTimeout: number;
  readonly idempotent: boolean;
  readonly retries: number;
  readonly delays: Delays;
  readonly retryWhen: RetryOptions["when"];
  /** The name under which a subject is counted. */
  readonly key: (subject: string) => string;
  readonly breaker: BreakerSettings | undefined;
  readonly fallback: Exclude<PolicyOptions["fallback"], false>;
  readonly hedge: HedgeSettings | undefined;
}

export interface BreakerSettings {
  readonly make: () => IBreaker;
  readonly halfOpenAfter: number;
  readonly when: BreakerOptions["when"];
  readonly max: number;
}

export interface HedgeSettings {
  /** ms; undefined when `quantile` says it. */
  readonly after: number | undefined;
  readonly quantile: number | undefined;
  readonly max: number;
}

/** What a name may have: it is a label of metrics. */
const LONGEST_NAME = 128;
const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };
const DEFAULT_BREAKERS = 256;

const defaultNames = new DefaultNames();

/** A time-out of a try or a call, ms. */
export const aTimeout: Check = numberOf("milliseconds", 1, LONGEST_WAIT);
export const aBoolean: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const aFunction: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

function whole(of: string, min: number, max: number): Check {
  return (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number of ${of} from ${min} to ${max}`;
}

function orFalse(check: Check, what: string): Check {
  return (value) => (value === false || check(value) === undefined ? undefined : `must be ${what}, or false`);
}

const aName: Check = (value) =>
  typeof value === "string" && value !== "" && value.length <= LONGEST_NAME && !/\p{Cc}/u.test(value)
    ? undefined
    : `must be a text of 1 to ${LONGEST_NAME} characters on one line`;

/** The names of a policy's options. */
export const POLICY_CHECKS: Readonly<Record<keyof PolicyOptions, Check>> = {
  name: aName,
  timeout: orFalse(aTimeout, `a number of milliseconds from 1 to ${LONGEST_WAIT}`),
  totalTimeout: aTimeout,
  idempotent: aBoolean,
  retry: (value) =>
    value === false || typeof value === "number" || anObject(value) === undefined
      ? undefined
      : "must be an object, a number of retries, or false",
  breaker: orFalse(anObject, "an object"),
  fallback: orFalse(aFunction, "a function"),
  hedge: orFalse(anObject, "an object"),
};

/** What parts of a policy are called elsewhere, in cockatiel and opossum among others. */
const POLICY_NAMES: OtherNames<PolicyOptions> = { circuitBreaker: "breaker" };
const RETRY_NAMES: OtherNames<RetryOptions> = {
  attempts: "retries",
  maxAttempts: "retries",
  maxRetries: "retries",
};
const BREAKER_NAMES: OtherNames<BreakerOptions> = {
  threshold: "failures",
  failureThreshold: "failures",
  consecutiveFailures: "failures",
  resetTimeout: "halfOpenAfter",
};

const RETRY_CHECKS: Readonly<Record<keyof RetryOptions, Check>> = {
  retries: whole("tries", 0, 1000),
  backoff: anObject,
  when: aFunction,
};

const BREAKER_CHECKS: Readonly<Record<keyof BreakerOptions, Check>> = {
  failures: whole("failures", 1, 1_000_000),
  sampling: anObject,
  strategy: aFunction,
  halfOpenAfter: aTimeout,
  key: aFunction,
  when: aFunction,
  max: whole("breakers", 1, 1_000_000),
};

const SAMPLING_CHECKS: Readonly<Record<keyof SamplingOptions, Check>> = {
  threshold: (value) =>
    typeof value === "number" && value > 0 && value < 1 ? undefined : "must be a number above 0 and below 1",
  duration: aTimeout,
  minimumRps: numberOf("calls per second", 0, 1_000_000_000),
};

const HEDGE_CHECKS: Readonly<Record<keyof HedgeOptions, Check>> = {
  after: (value) =>
    aTimeout(value) === undefined || (typeof value === "string" && Object.hasOwn(QUANTILES, value))
      ? undefined
      : `must be a number of milliseconds from 1 to ${LONGEST_WAIT}, or "p50", "p90", "p95" or "p99"`,
  max: whole("requests", 1, 5),
};

/**
 * The settings of a policy.
 *
 * @param names for one that is given none
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function readSettings(given: unknown, names: DefaultNames = defaultNames): Settings {
  const options = readOptions<PolicyOptions>(given, POLICY_CHECKS, "", POLICY_NAMES);
  const settings = toSettings(options);
  return options.name === undefined ? { ...settings, name: names.next() } : settings;
}

/** The settings of options that {@link POLICY_CHECKS} have passed. */
export function toSettings(options: PolicyOptions): Settings {
  const { name = "policy", timeout = 5000, totalTimeout, idempotent = false, fallback } = options;
  const { retries = 2, backoff, when } = readRetry(options.retry);
  const breaker = options.breaker === false ? undefined : readBreaker(options.breaker);
  const hedge = options.hedge === undefined || options.hedge === false ? undefined : readHedge(options.hedge);
  if (hedge !== undefined && !idempotent) {
    throw invalidOption("hedge", "sends a request twice: it needs idempotent: true");
  }
  return {
    name,
    timeout: timeout === false ? Number.POSITIVE_INFINITY : timeout,
    totalTimeout: totalTimeout ?? Number.POSITIVE_INFINITY,
    idempotent,
    retries,
    delays: readDelays(backoff),
    retryWhen: when,
    key: keyOf(breaker?.key),
    breaker: breaker && toBreaker(breaker),
    fallback: fallback === false ? undefined : fallback,
    hedge,
  };
}

function readRetry(given: PolicyOptions["retry"]): RetryOptions {
  if (given === false) return { retries: 0 };
  return readOptions<RetryOptions>(
    typeof given === "number" ? { retries: given } : given,
    RETRY_CHECKS,
    "retry",
    RETRY_NAMES,
  );
}

function readBreaker(given: BreakerOptions | undefined): BreakerOptions {
  return readOptions<BreakerOptions>(given, BREAKER_CHECKS, "breaker", BREAKER_NAMES);
}

function toBreaker(options: BreakerOptions): BreakerSettings {
  const { halfOpenAfter = 30_000, when, max = DEFAULT_BREAKERS } = options;
  return { make: strategyOf(options), halfOpenAfter, when, max };
}

function strategyOf({ failures, sampling, strategy }: BreakerOptions): () => IBreaker {
  if ([failures, sampling, strategy].filter((one) => one !== undefined).length > 1) {
    throw invalidOption("breaker", "has more than one of failures, sampling and strategy");
  }
  if (strategy !== undefined) return checked(strategy);
  if (sampling === undefined) return () => new ConsecutiveBreaker(failures ?? 5);
  const read = readOptions<SamplingOptions>(sampling, SAMPLING_CHECKS, "breaker.sampling");
  const { threshold = 0.5, duration = 30_000, minimumRps } = read;
  return () => new SamplingBreaker({ threshold, duration, minimumRps });
}

/** A strategy that makes none is found out when the policy is made, not at the first request. */
function checked(strategy: () => IBreaker): () => IBreaker {
  let made: unknown;
  try {
    made = strategy();
  } catch (cause) {
    throw invalidOption("breaker.strategy", "has thrown", cause);
  }
  dismissPromise(made);
  const { success, failure } = (made ?? {}) as Partial<IBreaker>;
  if (typeof success !== "function" || typeof failure !== "function") {
    throw invalidOption("breaker.strategy", "must make an object with success() and failure()");
  }
  return strategy;
}

function keyOf(key: BreakerOptions["key"]): (subject: string) => string {
  if (key === undefined) return normalizeSubject;
  return (subject) => {
    let name: unknown;
    try {
      name = key(subject);
    } catch (cause) {
      throw invalidOption("breaker.key", "has thrown", cause);
    }
    if (typeof name === "string") return name;
    dismissPromise(name);
    throw invalidOption("breaker.key", "must return a string");
  };
}

function readHedge(given: HedgeOptions): HedgeSettings {
  const { after, max = 1 } = readOptions<HedgeOptions>(given, HEDGE_CHECKS, "hedge");
  if (after === undefined) throw invalidOption("hedge.after", "must be there");
  return typeof after === "number"
    ? { after, quantile: undefined, max }
    : { after: undefined, quantile: QUANTILES[after], max };
}
