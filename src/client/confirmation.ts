import type { FenceOutcome } from "../core/fences.js";
import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";

/** Settles the promise of `publishConfirmed()` or `fence()` with the outcome of what it waited for. */
export function settleFence(
  outcome: FenceOutcome,
  subject: string | undefined,
  resolve: () => void,
  reject: (error: Error) => void,
): void {
  if (outcome === "confirmed") return resolve();
  reject(publicError(fenceError(outcome, subject)));
}

function fenceError(outcome: Exclude<FenceOutcome, "confirmed">, subject: string | undefined): CodedError {
  const what = subject === undefined ? "a message before the fence" : "the message";
  switch (outcome) {
    case "refused":
      return new CodedError("PERMISSIONS_VIOLATION", `the server refused ${what}`, {
        subject,
        operation: "publish",
      });
    case "dropped":
      return new CodedError("MESSAGE_DROPPED", `${what} was given up, see the messageLost event`, {
        subject,
      });
    case "unconfirmed":
      return new CodedError("UNCONFIRMED", `the link died before ${what} was confirmed`, {
        subject,
        maybeDelivered: true,
      });
    case "closed":
      return new CodedError("CONNECTION_CLOSED", "the connection was closed before the confirmation", {
        subject,
      });
  }
}
