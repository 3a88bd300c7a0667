import type { CauseKind } from "../../core/cause.js";
import type { EngineEvent } from "../../core/events.js";
import { CodedError } from "../../errors.js";
import type { Client } from "./client.js";
import { accuses } from "./server-texts.js";
import { demand } from "./violation.js";

/** Checks when which server is tried (promises.md §4): at once, another one first, and never in a tight loop. */
export class AttemptRules {
  private readonly client: Client;
  /** When each server failed last, since there was a link. */
  private readonly failures = new Map<string, number>();
  /** Servers of links that were kept beside the one in use, and had been taken: a move may have one of them since. */
  private readonly ready = new Set<string>();
  /** Links in a row that did not stand: from the second on their servers are dialled only after a wait. */
  private flaps = 0;
  /** The pool has changed, or was told to begin anew: servers may be tried again without a wait. */
  private freshPass = false;

  constructor(client: Client) {
    this.client = client;
  }

  /** `reconnect()` or `setServers()` is called. */
  beginAnew(): void {
    this.freshPass = true;
  }

  /** The link in use is lost: what failed while it stood, when another server was wanted, is tried again. */
  lost(): void {
    this.failures.clear();
  }

  /** Another link is in use from now on: it is told later, when the old one is left. */
  followed(): void {
    const { now, rules, profile } = this.client;
    if (now - rules.upSince >= profile.options.connector.stableAfter) this.flaps = 0;
    rules.upSince = now;
  }

  event(event: EngineEvent): void {
    switch (event.type) {
      case "disconnect":
        this.judgeFirst(event.server);
        this.countFlap(event.server, event.error, event.cause.kind);
        break;
      case "spare":
        if (event.ready) this.ready.add(event.server);
        else this.ready.delete(event.server);
        break;
      case "attemptFailed":
        // What broke had stood, although it was not in use: the first look at its server may follow at once, as behind any link.
        if (!this.ready.delete(event.server)) this.failures.set(event.server, this.client.now);
        break;
      case "connect":
      case "reconnect":
        this.failures.clear();
        break;
      case "update":
        this.freshPass = true;
        break;
      case "reconnecting":
        if (event.delay > 0) this.freshPass = false;
        break;
      default:
    }
  }

  /** After a link that stood the first attempt is made at once, on another server where there is one. */
  private judgeFirst(lost: string): void {
    const { client } = this;
    const { options } = client.profile;
    const stood = client.now - client.rules.upSince;
    if (!options.reconnect || client.closed || stood < options.connector.stableAfter) return;
    const { lastDial, sockets } = client.driver;
    // In the middle of a move another server is being dialled, or has taken us.
    if ([...sockets.keys()].some((epoch) => epoch !== lastDial.epoch)) return;
    if (sockets.size > 0 && lastDial.at < client.now) return;
    demand(lastDial.at === client.now, "first-attempt", () => `lost ${lost}, last attempt at ${lastDial.at}`);
    const others = client.engine.session.pool.all.some((server) => server.address.listen !== lost);
    demand(
      !others || lastDial.address !== lost,
      "first-attempt",
      () => `${lost} again, although there are others`,
    );
  }

  /**
   * What a server ended for what we wrote is mended at once, also when its word was lost in the reset behind it, and what we
   * left ourselves is no failure.
   */
  private countFlap(server: string, error: Error | undefined, kind: CauseKind): void {
    const { now, rules, profile } = this.client;
    const text = error instanceof CodedError ? error.detail.serverText : undefined;
    const searches = this.client.engine.continuity.onTrial;
    const stood = now - rules.upSince >= profile.options.connector.stableAfter;
    if (stood) this.flaps = 0;
    if (kind === "client" || searches || (text !== undefined && accuses(text))) {
      this.freshPass = true;
      return;
    }
    if (!stood) this.flaps++;
    if (this.flaps > 1) this.failures.set(server, now);
  }

  /** An attempt begins: a server that has failed is tried again only after a wait. */
  dialling(address: string): void {
    const { now, profile } = this.client;
    this.ready.delete(address);
    const failed = this.freshPass ? undefined : this.failures.get(address);
    const waited = failed === undefined || now >= failed + profile.minWait * 0.999;
    demand(waited, "no-wait", () => `${address} failed at ${failed}, and is tried again at ${now}`);
  }
}
