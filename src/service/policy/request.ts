import type { StandardSchemaV1 } from "@standard-schema/spec";
import { codedError } from "../../checks/coded-error.js";
import { invalidArgument, invalidOption } from "../../checks/invalid.js";
import type { Connection, Msg, Payload } from "../../index.js";
import { toCodec } from "../work/codec.js";
import { type Decoder, makeDecoder } from "../work/decoder.js";
import { errorLine } from "../work/plain-text.js";
import { hasWildcard } from "../work/subjects.js";
import type { CodecData, DataByCodec, DataByName } from "../work/work-options.js";
import { aConnection } from "./execute-options.js";
import { executeForeign, type ForeignPolicy } from "./foreign-policy.js";
import { RequestPolicy } from "./policy.js";
import {
  type AnyPolicy,
  type RequestSettings,
  readCallOptions,
  readRequestSettings,
  type ServiceRequestOptions,
} from "./request-options.js";
import { Answer, serviceErrorOf } from "./service-answer.js";
import { toSettings } from "./settings.js";
import { timed } from "./timed.js";

/** What is thrown by a codec is kept up to here. */
const LONGEST_REASON = 1000;

/**
 * Sends a request and reads its answer: JSON by default, checked by `schema` if there is one. By `policy`: one made by `policy()`, or any of
 * cockatiel's, whose `execute()` gets one try; in its place the options of a policy, for this call alone and without a breaker, and the
 * request's own. Without: 5 s for each try, 2 more tries where that is safe, no breaker.
 *
 * Rejects with the codes of `nc.request()`; `SERVICE_ERROR` (an answer that is an error, with `serviceCode`); `INVALID_MESSAGE` (the answer cannot be read;
 * not tried again); `CIRCUIT_OPEN`; `TIMEOUT` also when `totalTimeout` is over; `INVALID_PAYLOAD` (the data cannot be encoded); `INVALID_ARGUMENT`,
 * `INVALID_OPTION`; `INVALID_SUBJECT`, also for a wildcard, which nobody could answer; the reason of `signal`. A rejection that nobody awaits does no harm, as with `nc.request()`.
 *
 * The answer has the type of what `schema` returns; without one that of the codec: `Msg` with `"none"`, `string` and `Uint8Array` with those of these
 * names, what `decode()` of one's own returns. With JSON alone it is what the caller says: `request<Order>(…)`.
 *
 * @param data encoded by `codec`; undefined is an empty payload
 */
export function request<S extends StandardSchemaV1>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: RequestSettings & { schema: S },
): Promise<StandardSchemaV1.InferOutput<S>>;
export function request<S extends StandardSchemaV1>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: AnyPolicy | RequestSettings | undefined,
  options: ServiceRequestOptions & { schema: S },
): Promise<StandardSchemaV1.InferOutput<S>>;
export function request<N extends keyof CodecData<Msg>>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: RequestSettings & DataByName<N>,
): Promise<CodecData<Msg>[N]>;
export function request<N extends keyof CodecData<Msg>>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: AnyPolicy | RequestSettings | undefined,
  options: ServiceRequestOptions & DataByName<N>,
): Promise<CodecData<Msg>[N]>;
export function request<T>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: RequestSettings & DataByCodec<T>,
): Promise<T>;
export function request<T>(
  nc: Connection,
  subject: string,
  data: unknown,
  policy: AnyPolicy | RequestSettings | undefined,
  options: ServiceRequestOptions & DataByCodec<T>,
): Promise<T>;
export function request<T = unknown>(
  nc: Connection,
  subject: string,
  data?: unknown,
  policy?: AnyPolicy | RequestSettings,
  options?: ServiceRequestOptions,
): Promise<T>;
export function request(
  nc: Connection,
  subject: string,
  data?: unknown,
  policy?: AnyPolicy | RequestSettings,
  options?: ServiceRequestOptions,
): Promise<unknown> {
  const answer = ask(nc, subject, data, policy, options);
  answer.catch(() => {});
  return answer;
}

async function ask(
  nc: Connection,
  subject: string,
  data: unknown,
  given: AnyPolicy | RequestSettings | undefined,
  options: ServiceRequestOptions | undefined,
): Promise<unknown> {
  const wrong = aConnection(nc);
  if (wrong !== undefined) throw invalidArgument(`request(): the first argument ${wrong}`);
  if (typeof subject !== "string") throw invalidArgument("request(): the subject must be a string");
  if (hasWildcard(subject)) {
    const text = `invalid subject ${JSON.stringify(subject)}: a request cannot have wildcards`;
    throw codedError("INVALID_SUBJECT", text, { subject });
  }
  if (options instanceof RequestPolicy || isForeign(options)) {
    throw invalidArgument("request(): the policy is the fourth argument, before the options of this request");
  }
  const own = readCallOptions(options);
  const { by, settings } = policyOf(given, own);
  const { codec, schema, signal, idempotent, timeout, totalTimeout, ...rest } = settings;
  const decode = makeDecoder({ codec, schema });
  const send = sender(
    nc,
    subject,
    payloadOf(subject, data, codec),
    codec === "none" ? undefined : decode,
    rest,
  );
  if (!(by instanceof RequestPolicy)) {
    return executeForeign(by, send, { subject, timeout, totalTimeout, signal });
  }
  const { inForce } = by;
  return by.run({
    subject,
    data,
    idempotent: idempotent ?? inForce.idempotent,
    timeout: timeout ?? inForce.timeout,
    totalTimeout: totalTimeout ?? inForce.totalTimeout,
    signal,
    connection: nc,
    attempt: (_, ms, abandoned) => send(ms, abandoned ?? signal),
  });
}

/** What a request goes by, and all that is said about this one. */
function policyOf(
  given: AnyPolicy | RequestSettings | undefined,
  own: ServiceRequestOptions,
): { by: RequestPolicy | ForeignPolicy; settings: ServiceRequestOptions } {
  if (given instanceof RequestPolicy || isForeign(given)) return { by: given, settings: own };
  const { retry, fallback, hedge, ...rest } = readRequestSettings(given);
  const settings = { ...rest, ...own };
  if (hedge !== undefined && hedge !== false && typeof hedge.after === "string") {
    throw invalidOption(
      "hedge.after",
      "must be a number of milliseconds here: one call has no durations to go by",
    );
  }
  const { idempotent } = settings;
  const by = RequestPolicy.forOneCall(toSettings({ idempotent, retry, fallback, hedge, breaker: false }));
  return { by, settings };
}

function isForeign(given: unknown): given is ForeignPolicy {
  if (typeof given !== "object" || given === null) return false;
  try {
    return typeof (given as Partial<ForeignPolicy>).execute === "function";
  } catch {
    return false; // said by the check of options
  }
}

function payloadOf(subject: string, data: unknown, codec: ServiceRequestOptions["codec"]): Payload {
  const { encode } = toCodec(codec);
  try {
    return encode(data);
  } catch (cause) {
    const text = `the data of the request to "${subject}" cannot be encoded: ${errorLine(cause, LONGEST_REASON)}`;
    throw codedError("INVALID_PAYLOAD", text, { subject, cause });
  }
}

/** One try, of at most `timeout` ms. */
export type Send = (timeout: number, abandoned?: AbortSignal) => Promise<unknown>;

function sender(
  nc: Connection,
  subject: string,
  payload: Payload,
  decode: Decoder | undefined,
  options: Omit<ServiceRequestOptions, "timeout">,
): Send {
  return async (timeout, signal) => {
    const end = performance.now() + timeout;
    const msg: Msg = await nc.request(subject, payload, { ...options, timeout, signal });
    const error = serviceErrorOf(msg, subject);
    if (error !== undefined) throw error;
    if (decode === undefined) return msg;
    const value = decode(new Answer(subject, msg));
    if (!(value instanceof Promise)) return value;
    const left = Math.max(1, end - performance.now());
    return timed(left, subject, undefined, () => value);
  };
}
