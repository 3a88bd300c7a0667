import type { HoldfastError } from "../../index.js";
import { isInvalidMessage } from "../work/decoder.js";
import { isUnrecoverable } from "../work/unrecoverable.js";

/**
 * Deliveries beyond the last try, after which a message is taken for one that ends the processes that handle it. Processes hand back what they have
 * never begun when they stop, and lose it when they are killed, and each of these deliveries is counted.
 */
export const DEADLY_MARGIN = 20;

/** Who decides how often a message is delivered. */
export interface DeliveryLimits {
  /** Option `maxDeliver`. */
  readonly maxDeliver: number;
  /** The consumer's own `max_deliver`; -1 or 0: none. */
  readonly serverMax: number;
}

/** What becomes of a message whose try has failed; `attempts` are all that have, with this one. */
export function verdictOn(
  error: HoldfastError,
  attempts: number,
  deliveryCount: number,
  { maxDeliver, serverMax }: DeliveryLimits,
): "again" | "giveUp" {
  if (isInvalidMessage(error) || isUnrecoverable((error as { cause?: unknown }).cause)) return "giveUp";
  // The server would not deliver it again.
  if (serverMax > 0 && deliveryCount >= serverMax) return "giveUp";
  return attempts >= maxDeliver ? "giveUp" : "again";
}

/**
 * Whether a message has been delivered so often without a result that it is not to be handled again. A few deliveries more than there are tries prove
 * nothing: one is counted when a server or a process is killed just then, whoever is to blame. With a limit of the server's own it cannot come to that.
 */
export function isDeadly(deliveryCount: number, { maxDeliver }: DeliveryLimits): boolean {
  return deliveryCount > maxDeliver + DEADLY_MARGIN;
}
