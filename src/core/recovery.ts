import type { Announcements } from "./announcements.js";
import type { Cause } from "./cause.js";
import type { Dialling } from "./dialling.js";
import type { Effect, EngineEvent } from "./events.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Link } from "./link.js";
import { holdExpired, leftForGood } from "./link-errors.js";
import type { EngineOptions } from "./options.js";
import { isAnother, type Outage } from "./outage.js";
import type { SessionOwner } from "./session-owner.js";
import type { Timers } from "./timers.js";
import type { Rewind } from "./window.js";

/** What a recovery asks of the session. */
export interface RecoveryHost {
  /** The link that carries the window. */
  active: Link | undefined;
  readonly lifecycle: Lifecycle;
  readonly dialling: Dialling;
  readonly announcements: Announcements;
  /** Why the last link, or the last attempt, has ended. */
  readonly lastCause: Cause;
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  link(epoch: number): Link | undefined;
  drop(link: Link, reset: boolean): void;
  emit(event: EngineEvent): void;
  effect(effect: Effect): void;
  /** The link is in use and stands. */
  linkStands(link: Link, now: number): void;
}

/** From the loss of a link to the next one that stands, and how the first one comes to stand. */
export class Recovery {
  private outage: Outage | undefined;
  /** Outages that are over. */
  count = 0;
  private readonly options: EngineOptions;
  private readonly owner: SessionOwner;
  private readonly timers: Timers;
  private readonly host: RecoveryHost;

  constructor(options: EngineOptions, owner: SessionOwner, timers: Timers, host: RecoveryHost) {
    this.options = options;
    this.owner = owner;
    this.timers = timers;
    this.host = host;
  }

  /**
   * A link that stood is gone.
   *
   * @param largest bytes of the largest message that was on the way without a confirmation
   * @param heir one that can take its place
   */
  begin(
    link: Link,
    error: Error | undefined,
    rewind: Rewind,
    largest: number,
    heir: Link | undefined,
    now: number,
  ): void {
    const { host, owner } = this;
    const server = link.server.address.listen;
    const { lastCause: cause, dialling } = host;
    const { replay, unconfirmed } = rewind;
    this.outage = { since: now, server, id: link.info?.server_id ?? "", cause, replay };
    owner.onOutage();
    if (this.options.reconnect) {
      const phase = { state: "reconnecting", since: now, server } as const;
      host.lifecycle.transition(phase, now, error === undefined ? "reconnect()" : error.message);
      dialling.connector.begin(link.server, now - link.connectedAt, error, owner.onTrial, now);
    }
    const found = { unconfirmed: replay, abandoned: unconfirmed, largest };
    host.emit({ type: "disconnect", server, error, cause, ...found });
    if (!this.options.reconnect) return owner.onGaveUp(error ?? leftForGood(server), now);
    if (heir === undefined) return dialling.outage(now);
    dialling.inherit(heir, now);
    this.restore(heir);
  }

  /** No server could be reached at first, and there will be another pass. */
  beginFirst(now: number): void {
    const phase = { state: "reconnecting", since: now, server: "" } as const;
    this.host.lifecycle.transition(phase, now, "no server could be reached");
    this.outage = { since: now, server: "", id: "", cause: undefined, replay: 0 };
  }

  /** The server has taken our CONNECT: brings the link to where the last one was, and gives it the window. */
  restore(link: Link): void {
    const { host, outage } = this;
    const { now } = host;
    host.announcements.adopt(link);
    const isAgain = outage !== undefined && outage.server !== "";
    const hold = this.options.holdTimeout > 0 && isAgain;
    // Planned before the link carries anything: whoever hears of a dropped frame may subscribe, publish or close.
    const { lines, replay } = this.owner.onRestore(hold);
    if (host.link(link.epoch) !== link) return;
    host.dialling.attempts.restores(link, now);
    link.beginRestoring(now);
    host.active = link;
    if (outage !== undefined) outage.replay = replay;
    for (const line of lines) link.send(line);
    link.sendPing(now, () => this.restored(link, hold));
  }

  /** The server has taken the subscriptions. */
  private restored(link: Link, hold: boolean): void {
    const { host, outage } = this;
    const { now, dialling } = host;
    const { listen: server } = link.server.address;
    const { attempts } = dialling.connector;
    link.phase = "live";
    link.connectedAt = now;
    for (const other of dialling.succeeded(link)) host.drop(other, true);
    this.owner.onConnected();
    this.outage = undefined;
    host.linkStands(link, now);
    const phase = { state: "connected", since: now, epoch: link.epoch, server } as const;
    if (outage === undefined || outage.server === "") {
      host.lifecycle.transition(phase, now, "connected");
      return host.emit({ type: "connect", server });
    }
    this.count++;
    host.lifecycle.transition(phase, now, "reconnected");
    host.emit({
      type: "reconnect",
      server,
      previous: outage.server,
      downtime: now - outage.since,
      attempts,
      replayed: outage.replay,
      serverChanged: isAnother(link, outage),
    });
    if (!hold) return;
    this.timers.set("hold", now + this.options.holdTimeout);
    host.effect({ type: "hold", epoch: link.epoch });
  }

  handleTimeout(now: number): void {
    if (!this.timers.take("hold", now)) return;
    this.host.emit({ type: "error", error: holdExpired(this.options.holdTimeout) });
    this.owner.onReplayReleased();
  }

  /** The application lets the replay go on. */
  release(): void {
    this.timers.clear("hold");
    this.owner.onReplayReleased();
  }
}
