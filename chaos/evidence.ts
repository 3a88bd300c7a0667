import type { ClientKind } from "../demo/protocol.js";
import type { Trouble } from "./faults/catalogue.js";
import type { Fault } from "./faults/fault.js";
import type { Delivery, LinkWord, PublisherReport, WitnessReport } from "./protocol.js";

/** What is put through a trouble. */
export interface Subject {
  readonly client: ClientKind;
  /** What the client was asked for; nats.js knows only one kind, at-most-once in effect. */
  readonly delivery: Delivery;
}

/** One injection, as it really happened. */
export interface Injection {
  /** The fault, or those that were injected together. */
  readonly faults: readonly Fault[];
  readonly at: number;
  /** Infinity while it lasts. */
  healedAt: number;
}

/** All that was observed of one trial; the account is made from it and from nothing else. */
export interface Evidence {
  readonly trouble: Trouble;
  readonly subject: Subject;
  /** Messages a second that were wanted. */
  readonly rate: number;
  readonly startedAt: number;
  readonly injections: readonly Injection[];
  readonly words: readonly LinkWord[];
  /** When servers were killed. */
  readonly kills: readonly number[];
  /** Bytes that the publisher's process held at the start, and the most after it. */
  readonly heldAtStart: number;
  readonly heldAtMost: number;
  readonly publisher: PublisherReport;
  readonly witness: WitnessReport;
  /** Links were to have TLS, and one of the client's had none in the end. */
  readonly inClear: boolean;
  /** What should not have happened but did not end the trial, in words. */
  readonly failures: readonly string[];
}
