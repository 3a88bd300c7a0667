import type { Msg, MsgHdrs, RequestManyOptions as OfficialOptions } from "../index.js";
import type { RequestStrategy } from "./constants.js";
import { ErrorCode } from "./error-codes.js";
import { NatsError } from "./nats-error.js";
import { translatedIterator } from "./translate.js";

/** Options of `nc.request()`. */
export interface RequestOptions {
  /** ms until it rejects with `TIMEOUT`. Default 1,000. */
  timeout: number;
  /** Headers of the request. Default: none. */
  headers?: MsgHdrs;
  /** Use a reply subject of its own. */
  noMux?: boolean;
  /** The reply subject, with `noMux`. */
  reply?: string;
}

/** Options of `nc.requestMany()`. */
export interface RequestManyOptions {
  /** When it is enough. Default `timer`: when `maxWait` is over. */
  strategy: RequestStrategy;
  /** ms, at most. Default 1,000. */
  maxWait: number;
  /** Headers of the request. Default: none. */
  headers?: MsgHdrs;
  /** Answers, at most. */
  maxMessages?: number;
  /** Use a reply subject of its own. */
  noMux?: boolean;
  /** ms between two answers that end it, with `jitterTimer`. Default 300. */
  jitter?: number;
}

/** The strategies by the names that they have in nats-core 3. */
const STRATEGIES: Record<string, OfficialOptions["strategy"]> = {
  jitterTimer: "stall",
  sentinelMsg: "sentinel",
};

/** The options as nats-core 3 names them. */
export function toOfficialRequestMany(options: Partial<RequestManyOptions> = {}): Partial<OfficialOptions> {
  const { strategy, maxWait, jitter, ...rest } = options;
  const made: Partial<OfficialOptions> = rest;
  if (strategy !== undefined)
    made.strategy = STRATEGIES[strategy] ?? (strategy as OfficialOptions["strategy"]);
  if (maxWait) made.maxWait = maxWait;
  if (jitter !== undefined) made.stall = jitter;
  return made;
}

/** The timeout of a request as `nats` 2 takes it: 0 is the default. @throws NatsError `INVALID_OPTION` */
export function toOfficialRequest(options: Partial<RequestOptions> = {}): Partial<RequestOptions> {
  const { timeout, ...rest } = options;
  if (!timeout) return rest;
  if (timeout < 1) throw new NatsError("timeout", ErrorCode.InvalidOption);
  if (rest.reply !== undefined && rest.noMux !== true)
    throw new NatsError("reply can only be used with noMux", ErrorCode.InvalidOption);
  return options;
}

/** The answers, with errors as `NatsError`s. */
export function answers(source: AsyncIterable<Msg>): AsyncIterableIterator<Msg> {
  return translatedIterator(source[Symbol.asyncIterator]());
}
