import { CodedError, describeCause } from "../errors.js";
import type { Msg, NatsSubscriptionOptions } from "../interop/nats-core.js";
import { checkPendingLimit } from "./check-options.js";
import { checkTimeout } from "./check-timeout.js";
import { optionError } from "./option-error.js";
import type { PendingLimit } from "./pending-limit.js";

/** Options of one subscription: those of nats.js, except that a callback may return anything. */
export interface SubscriptionOptions extends Omit<NatsSubscriptionOptions, "callback"> {
  /** Called with every message; a promise that it returns is awaited by `drain()`, and its failure reported. */
  callback?: (error: Error | null, msg: Msg) => unknown;
  /**
   * How much may wait: for the `for await`, or for promises that the callback has returned. Beyond it messages are
   * dropped, counted by `getDropped()`, and told by `slowConsumer`. What is not given is as in option
   * `pendingLimit` of `connect()`: by default 500,000 messages and 64 MiB, and the newest is dropped.
   */
  pendingLimit?: PendingLimit;
  /** Messages waiting above which `slowConsumer` is told, long before anything is dropped; 0 (default): none. */
  slow?: number;
  /**
   * When the server refuses it: it stays, its callback is told the error, and every reconnect tries again. Default: as option
   * `resubscribeOnPermission` of `connect()`, false: a refusal ends it.
   */
  resubscribeOnPermission?: boolean;
}

/**
 * The options of a subscription as the engine needs them.
 *
 * @throws CodedError `INVALID_ARGUMENT`, `INVALID_OPTION` (of `pendingLimit`, `resubscribeOnPermission`)
 */
export function checkSubscription(options: SubscriptionOptions): {
  queue: string | undefined;
  max: number | undefined;
  resubscribe: boolean | undefined;
} {
  const { queue, max, callback, timeout, resubscribeOnPermission: resubscribe } = options;
  if (timeout !== undefined && timeout !== 0) checkTimeout("timeout", timeout);
  if (max !== undefined && max !== 0 && (!Number.isSafeInteger(max) || max < 0)) {
    throw new CodedError(
      "INVALID_ARGUMENT",
      `option "max" must be a positive integer, not ${describeCause(max)}`,
      {
        option: "max",
      },
    );
  }
  if (callback !== undefined && typeof callback !== "function") {
    throw new CodedError("INVALID_ARGUMENT", 'option "callback" must be a function', { option: "callback" });
  }
  if (resubscribe !== undefined && typeof resubscribe !== "boolean") {
    throw optionError("resubscribeOnPermission", "must be true or false");
  }
  checkPendingLimit(options.pendingLimit);
  return { queue: queue === "" ? undefined : queue, max: max === 0 ? undefined : max, resubscribe };
}
