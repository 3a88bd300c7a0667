import type { Subscription } from "../broker/sublist.js";
import type { Client } from "./client.js";
import type { Peer } from "./peer.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";

/** Looks at the send queue within one `stallTimeout`: what is on its way for longer looks like a queue that moves. */
const LOOKS = 5;
/** Longest silence in ms that the engine bears after many links that were given up. */
const MAX_PATIENCE = 60_000;

/** The invariants that hold after every step, whatever has happened. */
export class Audit {
  private readonly client: Client;
  private comparedAt = "";
  /** How often a server's subscriptions were compared with the client's. */
  comparisons = 0;

  constructor(client: Client) {
    this.client = client;
  }

  check(): void {
    const { client } = this;
    const { engine, driver, world } = client;
    client.ledger.compare(engine.books);
    client.intake.endOfStep();
    client.told.endOfStep();
    client.spares.endOfStep();
    client.moves.endOfStep();
    if (client.closed) {
      demand(
        engine.timeout === Number.POSITIVE_INFINITY,
        "timer-after-close",
        () => `due at ${engine.timeout}`,
      );
      demand(driver.sockets.size === 0, "socket-after-close", () => `${driver.sockets.size} sockets`);
      demand(
        client.asking.open.size === 0,
        "request",
        () => `${client.asking.open.size} wait on a closed connection`,
      );
      return;
    }
    demand(
      engine.subscriptions.size <= client.subscribers.size + 1,
      "subscription",
      () => "more than were made",
    );
    if (world.steps % 8 === 0) {
      client.asking.checkOverdue(client.slack);
      client.ledger.checkOverdue();
    }
    this.checkLink();
  }

  private checkLink(): void {
    const { engine, driver } = this.client;
    const link = engine.session.active;
    if (link === undefined || link.phase !== "live") return;
    const socket = driver.sockets.get(link.epoch);
    const wire = socket?.wire;
    if (wire === undefined || wire.over) return;
    const silentSince =
      wire.frozenAt ?? (wire.vanished === "up" ? Number.POSITIVE_INFINITY : wire.vanishedAt);
    if (silentSince !== Number.POSITIVE_INFINITY)
      this.checkSilent(wire, Math.min(silentSince, wire.vanishedAt));
    const { outbound } = engine;
    const written = !link.hasOwn && outbound.window.drained && outbound.express?.drained !== false;
    const alone = !this.client.moves.underWay;
    if (alone && written && socket!.idle && wire.vanished === undefined && wire.frozenAt === undefined)
      this.compare(link.epoch);
  }

  /** A link from which nothing can come is given up in time (promises.md §4). */
  private checkSilent(wire: Wire, silentSince: number): void {
    const { engine, world, profile, ledger, staleness, driver } = this.client;
    const { pingInterval, maxPingOut, stallTimeout } = profile.options.liveness;
    const link = engine.session.active!;
    const { slack } = this.client;
    const { up, down } = wire;
    const { bandwidth } = profile.conditions;
    // What a narrow way still carries is taken for a sign of life, and what is behind it has to wait for it.
    const { latency, jitter } = driver.conditions;
    const isFar = latency + jitter > stallTimeout / LOOKS || world.now < driver.slowUntil + stallTimeout;
    const isSlow = bandwidth !== Number.POSITIVE_INFINITY || isFar;
    const carried = isSlow ? up.lastAck : 0;
    const onItsWay = Math.min((2 * link.unanswered) / bandwidth, MAX_PATIENCE);
    const since = Math.max(silentSince, link.connectedAt, world.thawedAt, down.lastRead);
    const what = () => `link ${wire.epoch} is silent since ${silentSince} and still used at ${world.now}`;
    // Where round trips take long, two of them are waited for.
    const roundTrips = Math.min(2 * (link.roundTrips.longest ?? 0), MAX_PATIENCE);
    const inTime = Math.max(pingInterval * (maxPingOut + 1), pingInterval * 2 + roundTrips);
    const pings = Math.max(since, carried) + inTime + slack;
    if (pingInterval > 0) demand(world.now <= pings, "silent-link", what);
    const waiting = ledger.oldestPending(engine.outbound.window);
    if (stallTimeout <= 0 || waiting?.link !== wire.epoch) return;
    const moved = Math.max(since, waiting.handedAt, carried, driver.sockets.get(wire.epoch)!.lastProgress);
    const doubled = Math.min(stallTimeout * 2 ** staleness.stalls, MAX_PATIENCE);
    const patience = Math.max(stallTimeout, doubled, roundTrips);
    const limit = patience + onItsWay + profile.options.confirmInterval + slack;
    demand(world.now <= moved + limit, "stalled-link", what);
  }

  /** At rest the server has the subscriptions that the client has, with what is left of their `max`. */
  private compare(epoch: number): void {
    const { engine, peers, coverage } = this.client;
    const peer = peers.get(epoch)!;
    const key = `${epoch} ${peer.frames} ${engine.continuity.inMsgs} ${engine.subscriptions.size}`;
    if (key === this.comparedAt) return;
    this.comparedAt = key;
    this.comparisons++;
    coverage.count("audit", "subscriptions compared");
    compareSubscriptions(this.client, peer);
  }
}

function compareSubscriptions({ engine }: Client, peer: Peer): void {
  demand(peer.held === 0, "protocol", () => `${peer.held} bytes of a frame whose rest never came`);
  let alive = 0;
  for (const entry of engine.subscriptions.all) {
    alive++;
    const sub = peer.subs.get(String(entry.sid));
    const left = entry.max === undefined ? undefined : entry.max - entry.received;
    const serverLeft = leftOf(sub);
    const unheeded = peer.unheeded.get(entry.sid) ?? 0;
    const same =
      sub !== undefined &&
      sub.subject === entry.subject &&
      sub.queue === entry.queue &&
      isLeft(serverLeft, left === undefined ? undefined : left + unheeded, entry.owesUnsub);
    const theirs = sub === undefined ? "does not have it" : `has ${sub.subject} with ${serverLeft} left`;
    demand(
      same,
      "subscriptions",
      () => `sid ${entry.sid} ${entry.subject} with ${left} left: the server ${theirs}`,
    );
  }
  const extra = () =>
    `the server has ${[...peer.subs.keys()]}, the client only ${[...engine.subscriptions.all].map(({ sid }) => sid)}`;
  demand(peer.subs.size === alive, "subscriptions", extra);
}

/** In a move two servers have counted, and the one that is left behind is told of the end. */
function isLeft(server: number | undefined, left: number | undefined, owesUnsub: boolean): boolean {
  if (server === undefined || left === undefined || !owesUnsub) return server === left;
  return server >= left;
}

/** Messages that a server still gives to a subscription; undefined: any number. */
function leftOf(sub: Subscription | undefined): number | undefined {
  return sub?.max === undefined ? undefined : sub.max - sub.delivered;
}
