import { invalidArgument } from "../../checks/invalid.js";
import type { Connection, Msg } from "../../index.js";
import type { HandlerFunction } from "../work/attempt.js";
import type { CodecData, DataByCodec, DataByName } from "../work/work-options.js";
import { type HandleOptions, readHandleOptions } from "./handle-options.js";
import type { Handler } from "./handler.js";
import { MessageHandler } from "./message-handler.js";

/**
 * Handles the messages of a subject: decodes them, calls `handler` with the data and a context, up to `concurrency` at the same time, and answers
 * requests with what it returns. A message that cannot be read, or whose handler throws, rejects or is too slow, harms no other one: it is tried
 * again, and then given up, which is an answer with an error for who has asked (`Nats-Service-Error`), a dead letter if there is a place for
 * it, and an `error` event. Nothing is given up silently.
 *
 * The handler is a component of the connection: health and metrics show it, `nc.drain()` lets it finish. When the connection is closed, what is
 * not done is given up.
 *
 * The data has the type of what `schema` returns; without one that of the codec: `Msg` with `"none"`, `string` and `Uint8Array` with those of these
 * names, what `decode()` of one's own returns (say the type of its parameter, or make it a `Codec<Order>`). With JSON alone it is what the caller says: `handle<Order>(…)`, or the type of the handler's parameter.
 *
 * @param subject may have wildcards
 * @throws an error with code `INVALID_ARGUMENT`, `INVALID_OPTION`, `INVALID_SUBJECT`, `CONNECTION_CLOSED`, `CONNECTION_DRAINING`
 */
export function handle<N extends keyof CodecData<Msg>>(
  nc: Connection,
  subject: string,
  handler: HandlerFunction<CodecData<Msg>[N]>,
  options: HandleOptions<CodecData<Msg>[N]> & DataByName<N>,
): Handler;
export function handle<T>(
  nc: Connection,
  subject: string,
  handler: HandlerFunction<T>,
  options: HandleOptions<T> & DataByCodec<T>,
): Handler;
export function handle<T = unknown>(
  nc: Connection,
  subject: string,
  handler: HandlerFunction<T>,
  options?: HandleOptions<T>,
): Handler;
export function handle<T>(
  nc: Connection,
  subject: string,
  handler: HandlerFunction<T>,
  options?: HandleOptions<T>,
): Handler {
  if (typeof nc?.addComponent !== "function")
    throw invalidArgument("handle(): nc is no connection of holdfast");
  if (typeof handler !== "function") throw invalidArgument("handle(): the handler is no function");
  return new MessageHandler(nc, subject, handler, readHandleOptions(subject, options));
}
