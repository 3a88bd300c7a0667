import { codedError } from "../../checks/coded-error.js";
import { stackless } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import { readableHeaders } from "../work/dead-letter.js";
import type { GivenUp } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";

/** What is stored of a message that is given up. */
export function givenUpOf(delivery: Delivery, attempts: number, error: HoldfastError): GivenUp {
  const { subject, data, facts } = delivery;
  const { sequence, stored } = facts;
  return { subject, headers: readableHeaders(delivery), data, sequence, stored, attempts, error };
}

/** Why a message is given up that has come too often without a result. */
export function deadly({ subject, facts }: Delivery): HoldfastError {
  const text =
    `the message on "${subject}" was delivered ${facts.deliveryCount} times without a result:` +
    " it may end the processes that handle it";
  return stackless(codedError, "HANDLER_FAILED", text, { subject });
}
