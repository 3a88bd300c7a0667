import type { Books } from "./books.js";
import { ownCause } from "./cause.js";
import type { Fences } from "./fences.js";
import type { Intake } from "./intake.js";
import { keeperOf } from "./keeping.js";
import type { Losses } from "./losses.js";
import type { Outbound } from "./outbound.js";
import type { Overflow } from "./overflow.js";
import type { Publisher } from "./publisher.js";
import type { Requests } from "./requests.js";
import type { Session } from "./session.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Timers } from "./timers.js";

/** What comes to its end. */
export interface ShutdownParts {
  readonly subscriptions: Subscriptions;
  /** Sends requests, if there were any. */
  readonly senderIfAny: { readonly requests: Requests } | undefined;
  readonly outbound: Outbound;
  readonly intake: Intake;
  readonly publisher: Publisher;
  readonly fences: Fences;
  readonly timers: Timers;
  readonly books: Books;
  readonly losses: Losses;
  readonly options: { readonly overflow: Overflow };
}

/** What it asks of the engine around it. */
export interface ShutdownHost {
  readonly session: Session;
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  close(error: Error | undefined, now: number): void;
}

/** The end of a connection: first nothing more is accepted, and then everything ends, in an order in which nobody is forgotten. */
export class Shutdown {
  private readonly parts: ShutdownParts;
  private readonly host: ShutdownHost;

  constructor(parts: ShutdownParts, host: ShutdownHost) {
    this.parts = parts;
    this.host = host;
  }

  /** Accepts nothing more, and closes when everything is confirmed, or after `timeout` ms at the latest. */
  begin(timeout: number, now: number): void {
    const { host } = this;
    const { intake, timers, publisher, books } = this.parts;
    if (intake.finishing) return timers.advance("shutdown", now + timeout);
    intake.finishing = true;
    host.session.stay(now);
    if (books.pending === 0) return host.close(undefined, now);
    timers.set("shutdown", now + timeout);
    publisher.fence(() => timers.set("shutdown", host.now), now);
  }

  /** Ends everything. Whoever hears of an end may use the connection, which is closed by then. */
  end(error: Error | undefined, now: number): void {
    const { session } = this.host;
    const {
      subscriptions,
      senderIfAny: sender,
      outbound,
      publisher,
      fences,
      timers,
      books,
      losses,
      options,
    } = this.parts;
    const { dropped, unconfirmed } = books;
    const { kept } = books.dropReasons;
    const entries = subscriptions.clear();
    session.close(error, now);
    sender?.requests.close();
    outbound.close(keeperOf(options.overflow, publisher.expiry, now));
    for (const entry of entries) entry.sink.onEnd(undefined);
    fences.close();
    timers.clearAll();
    publisher.expiry.clear();
    losses.tell(now, true);
    session.emit({ type: "writable" });
    session.emit({
      type: "close",
      error,
      cause: error === undefined ? ownCause("CLOSE") : session.reasons.ofClose(error, session.lastCause),
      dropped: books.dropped - dropped - (books.dropReasons.kept - kept),
      unconfirmed: books.unconfirmed - unconfirmed,
    });
  }
}
