import type { PublishWishes } from "../core/publisher.js";
import { CodedError, withoutStack } from "../errors.js";
import type { PublishOptions as NatsPublishOptions } from "../interop/nats-core.js";

/** Options of one publish, beside those of nats.js. */
export interface PublishOptions extends NatsPublishOptions {
  /** Whether it may be written twice, instead of what option `delivery` says. */
  replay?: boolean;
  /**
   * ms after which the message is worth nothing: if no link has it by then, or the link that has it dies later, it is
   * dropped with reason `"ttl"`. Default: none; Infinity is none.
   */
  ttl?: number;
  /** Refuse at once (`DISCONNECTED`) when there is no connection, instead of buffering. Default false. */
  critical?: boolean;
  /** Do not offer it to an engaged {@link Overflow}: for the overflow's own messages. Default false. */
  bypassOverflow?: boolean;
}

/**
 * What the engine has to know of the options of a publish.
 *
 * @param now monotonic ms
 * @throws CodedError `INVALID_ARGUMENT`, `DISCONNECTED`
 */
export function toWishes(
  options: PublishOptions,
  subject: string,
  connected: boolean,
  now: () => number,
): PublishWishes {
  const { replay, ttl, critical, bypassOverflow } = options;
  if (critical === true && !connected) {
    const text = "there is no connection, and the message is critical";
    throw withoutStack(CodedError, "DISCONNECTED", text, { subject });
  }
  return {
    replay,
    bypassOverflow,
    expiresAt: ttl === undefined ? undefined : now() + checkTtl(ttl),
  };
}

function checkTtl(ttl: unknown): number {
  if (typeof ttl === "number" && ttl > 0) return ttl;
  const found = typeof ttl === "number" ? ttl : typeof ttl;
  throw new CodedError(
    "INVALID_ARGUMENT",
    `option "ttl" must be a number of milliseconds over 0, not ${found}`,
    {
      option: "ttl",
    },
  );
}
