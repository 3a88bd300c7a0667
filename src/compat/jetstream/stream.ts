import type * as Official from "@nats-io/jetstream";
import { ErrorCode } from "../error-codes.js";
import { NatsError } from "../nats-error.js";
import { adapt } from "../translate.js";
import { type Consumer, type OrderedConsumerOptions, toConsumer, toOfficialName } from "./consumer.js";

/** Makes the handle of a consumer that is known, without asking the server. */
type FromInfo = (info: Official.ConsumerInfo) => Consumer;

/** A stream. */
export interface Stream
  extends Omit<Official.Stream, "best" | "getConsumer" | "getMessage" | "getPushConsumer" | "resetConsumer"> {
  /** The nearest of the streams that have the same messages (mirrors), as the server ranks them; itself when there are no others. */
  best(): Promise<Stream>;
  /** A durable consumer by its name, or an ordered consumer without one. */
  getConsumer(name?: string | Partial<OrderedConsumerOptions>): Promise<Consumer>;
  /** The handle of a consumer that is known, without asking the server. */
  getConsumerFromInfo(info: Official.ConsumerInfo): Consumer;
  /** Rejects with `404` when there is no such message. */
  getMessage(query: Official.MsgRequest): Promise<Official.StoredMsg>;
}

/** A stream in the shape of `nats` 2. */
export function toStream(stream: Official.Stream, fromInfo: FromInfo): Stream {
  const official = adapt(stream, {});
  return adapt(stream, {
    best: async () => toStream(await official.best(), fromInfo),
    getConsumer: async (name?: string | Partial<OrderedConsumerOptions>) =>
      toConsumer(await official.getConsumer(toOfficialName(name))),
    getConsumerFromInfo: fromInfo,
    getMessage: async (query: Official.MsgRequest) => found(await official.getMessage(query)),
  });
}

/** The message, or the error that `nats` 2 has where nats.js 3 has null. */
export function found<T>(message: T | null): T {
  if (message !== null) return message;
  const error = new NatsError("no message found", ErrorCode.JetStream404NoMessages);
  error.api_error = { code: 404, description: "no message found", err_code: 10037 };
  throw error;
}
