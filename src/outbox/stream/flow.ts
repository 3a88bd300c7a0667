import type { Failure } from "./failure.js";
import type { Outgoing } from "./outgoing.js";
import type { PubAck } from "./pub-ack.js";

/** What became of one try. */
export type Outcome = { readonly ack: PubAck } | { readonly failure: Failure };

/** What a flow needs of the publisher. */
export interface FlowHost {
  /** Whether there is a link to send on. */
  readonly isUp: boolean;
  /**
   * Sends a message once.
   *
   * @param expected sequence that the stream's last message must have; undefined: whatever it is
   * @param came is called once, never in the middle of this call
   */
  send(out: Outgoing, expected: number | undefined, came: (outcome: Outcome) => void): void;
  /** Why it need not be sent: it would be refused for good. `asking`: that is being found out, and `pump()` is called then. */
  refusal(out: Outgoing): Failure | "asking" | undefined;
  /** It has its outcome: stored. */
  stored(out: Outgoing, ack: PubAck): void;
  /** It has its outcome: given up. */
  gaveUp(out: Outgoing, failure: Failure): void;
  /** It has its outcome: not sent, because its time is over. */
  dropped(out: Outgoing): void;
  /** It will be sent again. */
  willRetry(out: Outgoing, failure: Failure): void;
  /** The wait after so many failures in a row, ms. */
  delay(failures: number): number;
  /** Calls back after so many ms, unless the publisher has ended by then. */
  later(ms: number, callback: () => void): void;
}

/** Decides which message is sent when. */
export interface Flow {
  /** Messages on the way. */
  readonly inFlight: number;
  /** Something has gone wrong, and has not been made good yet. */
  readonly isRecovering: boolean;
  /** Takes one more. */
  add(out: Outgoing): void;
  /** Sends what may be sent: called when the link is back. */
  pump(): void;
  /** Gives up all of it: returns what has no outcome, in order; what comes of it afterwards is not looked at. */
  takeAll(): Outgoing[];
}

/** Whether it is to be dropped: one that the stream may have is sent on, until it is known whether it has. */
export function isOver(out: Outgoing): boolean {
  return out.expiry !== undefined && !out.maybeDelivered && out.expiry.isOver();
}

/** Whether it is to be tried again after this failure, which is counted. */
export function triesAgain(out: Outgoing, failure: Failure): boolean {
  return failure.mayPass && ++out.failures <= out.retries;
}
