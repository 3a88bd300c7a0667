import type { CodedError } from "../errors.js";
import type { MessageReceiver } from "../wire/parser.js";
import type { Failure } from "./handover-stages.js";
import type { Link } from "./link.js";
import type { Outbound } from "./outbound.js";
import type { Stragglers } from "./stragglers.js";
import type { Subscriber } from "./subscriber.js";
import type { MessageSink, Subscriptions } from "./subscriptions.js";
import type { Timers } from "./timers.js";

/** What is brought from one link to the other. */
export interface HandoverParts {
  readonly outbound: Outbound;
  readonly subscriptions: Subscriptions;
  readonly subscriber: Subscriber;
  /** Delivers messages. */
  readonly continuity: MessageReceiver;
  /** Takes the answers of requests, which are told apart by their token. */
  readonly requests: MessageSink;
}

/** How a handover is made. */
export interface HandoverOptions {
  /** ms for which both links have the subscriptions; undefined: as the round trips say. */
  readonly settle: number | undefined;
  /** ms that it may take until the new link is in use, and again until the old one is left. */
  readonly timeout: number;
  /** `_INBOX.<unique>.`, that nobody is told. */
  readonly secret: string;
  /** Our own messages come back to us. With `noEcho` they would by the second link, so nothing is published meanwhile. */
  readonly echo: boolean;
}

/** What a handover asks of the session. */
export interface HandoverHost {
  readonly timers: Timers;
  /** Delivers what the link in use brings. */
  readonly stragglers: Stragglers;
  readonly closed: boolean;
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  /** The last round trip on the old link, ms. */
  readonly rtt: number | undefined;
  /** The new link is in use from now on; `refusals`: what its server has refused of the subscriptions. */
  follow(to: Link, refusals: readonly CodedError[], now: number): void;
  /** It cannot be done, and the old link stays in use. */
  failed(to: Link, why: Failure, error: CodedError, now: number): void;
  /** The old link is left. */
  left(from: Link, reset: boolean): void;
  /** All is done; `overlap`: ms for which both links had the subscriptions, `twins`: messages that came twice. */
  done(from: Link, to: Link, overlap: number, twins: number): void;
  /** Nothing more is done about a move that an outage has ended. */
  ended(): void;
}
