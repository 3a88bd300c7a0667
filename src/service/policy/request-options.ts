import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { IPolicy } from "cockatiel";
import { type Check, readOptions } from "../../checks/read-options.js";
import type { RequestOptions } from "../../index.js";
import type { Codec, CodecName } from "../work/codec.js";
import { aSignal } from "./execute-options.js";
import type { PolicyOptions } from "./options.js";
import type { RequestPolicy } from "./policy.js";
import { aBoolean, aTimeout, POLICY_CHECKS } from "./settings.js";

/** What a request may say for itself; `headers`, `noMux` and `reply` are those of `nc.request()`. */
export interface ServiceRequestOptions extends Partial<RequestOptions> {
  /** ms of one try. Default: the policy's; 5,000 with one of cockatiel's. */
  timeout?: number;
  /** ms of the whole call, waits between its tries included. Default: the policy's. */
  totalTimeout?: number;
  /** That it may be carried out twice without harm. Default: the policy's. */
  idempotent?: boolean;
  /** Ends the call at once: it rejects with the signal's reason. A try that waits for a link is not sent any more. */
  signal?: AbortSignal;
  /** How the data is written and the answer is read. Default `"json"`; with `"none"` the answer is the message itself. */
  codec?: CodecName | Codec;
  /** What the answer must be like: a Standard Schema, such as those of zod, valibot and arktype. */
  schema?: StandardSchemaV1;
}

/** How a request is tried where there is no policy for it: what {@link policy} takes, but for a breaker, and what the request says for itself. */
export type RequestSettings = ServiceRequestOptions & Omit<PolicyOptions, "breaker" | "name" | "timeout">;

/** A policy of {@link policy}, or one of cockatiel's, such as `wrap(retry(...), circuitBreaker(...))`. */
export type AnyPolicy = RequestPolicy | Pick<IPolicy, "execute">;

const anything: Check = () => undefined;

const CALL_CHECKS: Readonly<Record<keyof ServiceRequestOptions, Check>> = {
  timeout: aTimeout,
  totalTimeout: aTimeout,
  idempotent: aBoolean,
  signal: aSignal,
  // The decoder checks these two, `nc.request()` what is its own.
  codec: anything,
  schema: anything,
  headers: anything,
  noMux: anything,
  reply: anything,
  traceDestination: anything,
  traceOnly: anything,
};

const ofPolicy: Check = () => "belongs to the policy, which is the fourth argument of request()";

/** Names of a policy's options that are none of a call's. */
const POLICY_ONLY = {
  retry: ofPolicy,
  retries: ofPolicy,
  breaker: ofPolicy,
  fallback: ofPolicy,
  hedge: ofPolicy,
};

const { fallback, hedge, retry } = POLICY_CHECKS;
const SETTINGS_CHECKS: Readonly<Record<keyof RequestSettings, Check>> = {
  ...CALL_CHECKS,
  fallback,
  hedge,
  retry,
  ...{
    breaker: () =>
      "needs a policy that is made once, by policy(): one made for a single call would forget everything",
  },
};

/** @throws an error with code `INVALID_OPTION` */
export function readCallOptions(given: unknown): ServiceRequestOptions {
  return readOptions<ServiceRequestOptions>(given, { ...CALL_CHECKS, ...POLICY_ONLY });
}

/** @throws an error with code `INVALID_OPTION` */
export function readRequestSettings(given: unknown): RequestSettings {
  return readOptions<RequestSettings>(given, SETTINGS_CHECKS);
}
