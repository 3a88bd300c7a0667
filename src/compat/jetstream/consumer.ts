import type * as Official from "@nats-io/jetstream";
import type { ConsumerDebugEvents, ConsumerEvents } from "../constants.js";
import { toNatsError } from "../errors.js";
import { expand } from "../iterators.js";
import { adapt, adaptIterable } from "../translate.js";

/** What `messages.status()` yields. */
export interface ConsumerStatus {
  /** What it tells of; says what `data` is. */
  type: ConsumerEvents | ConsumerDebugEvents;
  /** A count, a name, the server's text or what was asked for, depending on the type. */
  data: unknown;
}

/** Messages of `consume()` and `fetch()`. */
export interface ConsumerMessages extends Omit<Official.ConsumerMessages, "status"> {
  /** What happens to the consumer, from this call on. */
  status(): Promise<AsyncIterable<ConsumerStatus>>;
}

/** Options of an ordered consumer. */
export interface OrderedConsumerOptions extends Official.OrderedConsumerOptions {
  /** The old name of `filter_subjects`. */
  filterSubjects: string | string[];
}

/** The name of a consumer, or the options of an ordered one, as the official package has them. */
export function toOfficialName(
  given?: string | Partial<OrderedConsumerOptions>,
): string | Partial<Official.OrderedConsumerOptions> | undefined {
  if (given === undefined || typeof given === "string") return given;
  const { filterSubjects, ...rest } = given;
  return filterSubjects === undefined ? rest : { filter_subjects: filterSubjects, ...rest };
}

/** A consumer. */
export interface Consumer extends Omit<Official.Consumer, "consume" | "fetch"> {
  /** Messages without end: it asks for more by itself. */
  consume(options?: Official.ConsumeOptions): Promise<ConsumerMessages>;
  /** So many messages, or bytes, as the options say, or what comes until they expire. */
  fetch(options?: Official.FetchOptions): Promise<ConsumerMessages>;
}

/** A consumer in the shape of `nats` 2. */
export function toConsumer(consumer: Official.Consumer): Consumer {
  const official = adapt(consumer, {});
  return adapt(consumer, {
    consume: async (options?: Official.ConsumeOptions) => toMessages(await official.consume(options)),
    fetch: async (options?: Official.FetchOptions) => toMessages(await official.fetch(options)),
  });
}

function toMessages(messages: Official.ConsumerMessages): ConsumerMessages {
  return adaptIterable(messages, {
    close: async () => toNatsError(await messages.close()) as undefined | Error,
    closed: async () => toNatsError(await messages.closed()) as undefined | Error,
    status: async () => expand(messages.status(), toStatus),
  });
}

/** What `nats` 2 tells of it; nothing when it does not tell it. */
function* toStatus(notification: Official.ConsumerNotification): Iterable<ConsumerStatus> {
  const { type } = notification;
  switch (type) {
    case "heartbeats_missed":
    case "consumer_not_found":
      return yield { type, data: notification.count };
    case "stream_not_found":
      return yield { type, data: notification.consumerCreateFails ?? 1 };
    case "consumer_deleted":
      return yield { type, data: `${notification.code} ${notification.description}` };
    case "no_responders":
      return yield { type, data: `${notification.code} No Responders` };
    case "ordered_consumer_recreated":
      return yield { type, data: notification.name };
    case "exceeded_limits":
    case "debug":
      return yield { type: "debug", data: `${notification.code} ${notification.description}` };
    case "discard": {
      const { messagesLeft, bytesLeft } = notification;
      return yield { type, data: { msgsLeft: messagesLeft, bytesLeft } };
    }
    case "reset":
      return yield { type, data: "" };
    case "next":
      return yield { type, data: notification.options };
  }
}
