import type { ConsumerFacts } from "../../index.js";
import type { DeadLetterInfo, DiscardedInfo, RetryInfo } from "../work/work-events.js";

/** How a supervised consumer is; `recovering`: it gets nothing for the moment, and tries to change that. */
export type ConsumptionState = ConsumerFacts["state"];

/** What happens to a supervised consumer and its messages. */
export interface ConsumptionEvents {
  /** Its state has changed, `from` one `to` another; `reason`: why, in a few words. */
  state: { readonly from: ConsumptionState; readonly to: ConsumptionState; readonly reason: string };
  /** It gets messages again, `after` so many ms; `reason` is why it had stopped. */
  recovered: { readonly after: number; readonly reason: string };
  /** Stream or consumer (`what`) of this `name` was gone, and was made anew. */
  recreated: { readonly what: "stream" | "consumer"; readonly name: string };
  /** A try has failed, and there will be another one: the server delivers the message again after `delay` ms, or this process tries again then. */
  retry: RetryInfo;
  /** A message was given up, and is stored where dead letters go. */
  deadLetter: DeadLetterInfo;
  /** A message was given up, and lies nowhere but in its stream: no dead letters are wanted, or it could not be stored any more. */
  discarded: DiscardedInfo;
}

export const CONSUMPTION_EVENTS = [
  "state",
  "recovered",
  "recreated",
  "retry",
  "deadLetter",
  "discarded",
] as const satisfies readonly (keyof ConsumptionEvents)[];
