import type { EngineEvent } from "../../core/events.js";
import type { State } from "../../core/lifecycle.js";
import { findServerError } from "../../core/server-errors.js";
import { CodedError } from "../../errors.js";
import type { Coverage } from "./coverage.js";
import type { Ledger } from "./ledger.js";
import { demand } from "./violation.js";

/** The table of promises.md §4, written down once more. */
const LEGAL: ReadonlySet<string> = new Set([
  "disconnected→connecting",
  "connecting→connected",
  "connected→reconnecting",
  "reconnecting→connected",
  "connecting→reconnecting",
  "reconnecting→disconnected",
  "disconnected→closed",
  "connecting→closed",
  "connected→closed",
  "reconnecting→closed",
]);

/** Checks that what the engine tells fits together, and what has happened. */
export class EventRules {
  private readonly ledger: Ledger;
  private readonly coverage: Coverage;
  private state: State = "disconnected";
  private up = false;
  /** When the last link came up, or took over. */
  upSince = 0;
  /** Someone waits for `writable`. */
  writableWanted = false;
  private everUp = false;
  private downSince = 0;
  private abandoned = 0;
  closed = false;

  constructor(ledger: Ledger, coverage: Coverage) {
    this.ledger = ledger;
    this.coverage = coverage;
  }

  /** There was a link before: the next one is a reconnect. */
  get wasUp(): boolean {
    return this.everUp;
  }

  see(event: EngineEvent, now: number): void {
    demand(!this.closed, "event-after-close", () => event.type);
    this.coverage.count("event", event.type);
    if ("error" in event) this.countText(event.error);
    switch (event.type) {
      case "state": {
        const { from, to } = event.transition;
        this.coverage.count("transition", `${from}→${to}`);
        demand(
          from === this.state && LEGAL.has(`${from}→${to}`),
          "transition",
          () => `${from}→${to} in ${this.state}`,
        );
        this.state = to;
        break;
      }
      case "connect":
        demand(!this.everUp, "event", () => "connect for the second time");
        this.up = true;
        this.upSince = now;
        this.everUp = true;
        break;
      case "disconnect":
        demand(this.up, "event", () => "disconnect without a link");
        this.up = false;
        this.downSince = now;
        this.abandoned += event.abandoned;
        break;
      case "reconnect": {
        demand(!this.up && this.everUp, "event", () => "reconnect without a disconnect");
        this.up = true;
        this.upSince = now;
        const { downtime } = event;
        demand(
          downtime === now - this.downSince,
          "event",
          () => `downtime ${downtime}, down since ${this.downSince}`,
        );
        break;
      }
      case "move":
        demand(this.up, "event", () => "move without a link");
        break;
      case "attemptFailed":
        demand(event.error instanceof Error, "event", () => "attemptFailed without an error");
        this.abandoned += event.abandoned;
        break;
      case "writable":
        this.writableWanted = false;
        break;
      case "close": {
        this.closed = true;
        this.abandoned += event.unconfirmed;
        break;
      }
      default:
    }
  }

  private countText(error: Error | undefined): void {
    const text = error instanceof CodedError ? error.detail.serverText : undefined;
    if (text === undefined) return;
    this.coverage.count("server error", findServerError(text)?.prefix ?? "unknown");
  }

  /** To be called when all is told: at rest, or when closed. */
  conclude(): void {
    demand(!this.writableWanted, "writable", () => "someone still waits for it");
    const unconfirmed = this.ledger.unconfirmedWithLink;
    demand(
      this.abandoned === unconfirmed,
      "not-told",
      () => `${unconfirmed} unconfirmed, ${this.abandoned} told by disconnect and close`,
    );
  }
}
