import type { EngineEvent, SparePurpose } from "../../core/events.js";
import type { Link } from "../../core/link.js";
import type { PoolServer } from "../../core/pool.js";
import type { SpareOptions } from "../../core/spare.js";
import type { Client } from "./client.js";
import { SimPreference } from "./spare-profile.js";
import { inside, replace } from "./spoil.js";
import { demand } from "./violation.js";

const PURPOSES: readonly SparePurpose[] = ["failback", "standby"];

/** ms between PINGs where the options want none. */
const PING_INTERVAL = 20_000;

/** A link that was told to be ready. */
interface Ready {
  readonly epoch: number;
  readonly since: number;
}

/**
 * Checks links beside the one in use: dialled only for a reason and after a wait, one of each kind, told once, taken when there is a
 * use for them, and none left behind.
 */
export class SpareRules {
  private readonly client: Client;
  /** What each link was dialled for that was not dialled to be used. */
  private readonly purposes = new Map<number, SparePurpose>();
  /** Those that stand and have not been taken. */
  private readonly ready = new Map<SparePurpose, Ready>();
  /** When each may dial, by the wait that was asked for last; used up by a dial. */
  private readonly due = new Map<SparePurpose, number>();
  /** It was told that none can be had, and nothing since. */
  private readonly missed = new Set<SparePurpose>();
  /** The link in use was left, not lost, when it ended last. */
  private isLeft = false;
  /** Links of which one has to be restored at once, since the one in use has died. */
  private heirs: readonly number[] = [];
  /** A failback is under way, or has just come to nothing. */
  goesBack = false;

  constructor(client: Client) {
    this.client = client;
    const spares = inside<object>(client.engine.session, "spares");
    for (const purpose of PURPOSES) this.watch(inside<object | undefined>(spares, purpose), purpose);
    type Obtain = (purpose: SparePurpose, server: PoolServer, now: number) => Link;
    const obtain = inside<Obtain>(spares, "obtain").bind(spares);
    replace(spares, "obtain", (purpose: SparePurpose, server: PoolServer, now: number) => {
      const link = obtain(purpose, server, now);
      this.obtained(link, purpose);
      return link;
    });
  }

  /** Notes the waits that are asked for. */
  private watch(spare: object | undefined, purpose: SparePurpose): void {
    if (spare === undefined) return;
    const options = inside<SpareOptions>(spare, "options");
    const delay = (failures: number) => {
      const wait = options.delay(failures);
      this.due.set(purpose, this.client.now + wait);
      return wait;
    };
    replace(spare, "options", { ...options, delay });
  }

  /** Whether the link was not dialled to be used. */
  has(epoch: number): boolean {
    return this.purposes.has(epoch);
  }

  /** Whether a link was dialled to go back to a preferred server. */
  isFailback(epoch: number | undefined): boolean {
    return epoch !== undefined && this.purposes.get(epoch) === "failback";
  }

  /** Links beside the one in use that have not been taken. */
  private get idle(): number[] {
    const { driver, turns } = this.client;
    return [...driver.sockets.keys()].filter((epoch) => this.has(epoch) && !turns.has(epoch));
  }

  /** How many of them stand, or are on the way. */
  get count(): number {
    return this.idle.length;
  }

  private obtained(link: Link, purpose: SparePurpose): void {
    const { client } = this;
    // What leads to a preferred server already is not dialled once more.
    const passed = this.has(link.epoch);
    if (passed) this.ready.delete("standby");
    const { active } = client.engine.session;
    const { listen } = link.server.address;
    const what = () => `${purpose} to ${listen} at ${client.now}`;
    demand(!client.finishing, "spare-late", what);
    demand(active?.phase === "live" && active.server.address.listen !== listen, "spare-where", what);
    const since = this.due.get(purpose) ?? Number.POSITIVE_INFINITY;
    demand(client.now >= since, "spare-wait", () => `${what()}, it is due at ${since}`);
    const other = this.idle.find((epoch) => this.purposes.get(epoch) === purpose && this.stands(epoch));
    demand(other === undefined, "spare-twice", () => `${what()}, beside link ${other}`);
    const same = this.idle.find((epoch) => epoch !== link.epoch && client.driver.addressOf(epoch) === listen);
    demand(same === undefined, "spare-twice", () => `${what()}, where link ${same} leads already`);
    const mayBe = purpose === "standby" || this.isBetter(link.server, active!.server, true);
    demand(mayBe, "spare-where", () => `${what()} from ${active!.server.address.listen}`);
    this.due.delete(purpose);
    this.purposes.set(link.epoch, purpose);
    client.coverage.count("spare", passed ? `${purpose} by the standby's link` : `${purpose} dialled`);
  }

  private stands(epoch: number): boolean {
    return this.client.engine.session.link(epoch) !== undefined;
  }

  /** @param perhaps one that has told nothing of itself may be anyone */
  private isBetter(server: PoolServer, than: PoolServer, perhaps = false): boolean {
    const { preference } = this.client.profile.options.connector;
    if (preference === undefined) return false;
    const rank = preference.rank(than);
    if (perhaps && preference.needsInfo && server.info === undefined && rank > 0) return true;
    return preference.rank(server) < rank;
  }

  /** A link is subscribed beside the one in use. */
  joining(epoch: number): void {
    this.taken(epoch, "joined");
    if (!this.isFailback(epoch)) return;
    const { session } = this.client.engine;
    const from = session.active!.server;
    const to = session.link(epoch)!.server;
    const what = () => `link ${epoch} goes back from ${from.address.listen} to ${to.address.listen}`;
    demand(this.isBetter(to, from), "failback", what);
    this.goesBack = true;
  }

  /** A link gets the window. */
  restoring(epoch: number): void {
    this.taken(epoch, "restored");
    if (this.heirs.includes(epoch)) this.heirs = [];
  }

  private taken(epoch: number, how: "joined" | "restored"): void {
    const { client } = this;
    const purpose = this.purposes.get(epoch);
    if (purpose === undefined) return;
    const ready = this.ready.get(purpose);
    if (ready?.epoch !== epoch) {
      // A move that had begun by it has been turned into the end of an outage.
      demand(
        client.turns.has(epoch),
        "spare-ready",
        () => `link ${epoch} is taken without having been ready`,
      );
      return;
    }
    this.ready.delete(purpose);
    client.coverage.count("spare", `${purpose} ${how}`);
    const { failback } = client.profile.options;
    if (purpose !== "failback" || how !== "joined" || client.engine.session.active!.lameDuck) return;
    const stood = client.now - ready.since;
    demand(stood >= failback!.stable, "failback", () => `link ${epoch} has stood for ${stood} ms`);
  }

  /** A server takes something of a link that was not given anything to do. */
  spoke(epoch: number, what: string): void {
    demand(this.client.turns.has(epoch), "idle-link", () => `link ${epoch} says ${what}`);
  }

  /** The engine tells of what has happened. */
  emitted(event: EngineEvent): void {
    if (event.type === "spare") this.told(event);
    if (event.type !== "disconnect") return;
    this.isLeft = event.error === undefined;
    if (!this.isLeft) this.died(event.server);
  }

  private told({ purpose, server, ready }: EngineEvent & { type: "spare" }): void {
    const { client, missed } = this;
    const what = () => `${purpose} at ${server}, ready: ${ready}`;
    client.coverage.count("spare", `${purpose} ${ready ? "ready" : "lost"}`);
    if (!ready) {
      demand(!missed.has(purpose), "spare-event", () => `${what()}, for the second time`);
      missed.add(purpose);
      this.ready.delete(purpose);
      return;
    }
    missed.delete(purpose);
    const { session } = client.engine;
    const epoch = this.idle.find((one) => this.purposes.get(one) === purpose && this.stands(one));
    const fits = epoch !== undefined && session.link(epoch)?.server.address.listen === server;
    demand(fits && !this.ready.has(purpose), "spare-event", what);
    // Who leaves a server may want to be somebody else: what is under way beside it takes its place no more than what is ready.
    demand(session.connected || this.isLeft, "spare-event", () => `${what()} in ${client.engine.state}`);
    this.ready.set(purpose, { epoch: epoch!, since: client.now });
  }

  /** The link in use has died: one that is ready takes its place, if no other one was about to. */
  private died(server: string): void {
    const { client } = this;
    const { options } = client.profile;
    if (!options.reconnect || client.finishing || client.moves.isJoining) return;
    const { driver } = client;
    this.heirs = [...this.ready.values()]
      .map(({ epoch }) => epoch)
      .filter((epoch) => driver.sockets.has(epoch) && driver.addressOf(epoch) !== server);
  }

  /** What holds behind every step. */
  endOfStep(): void {
    const { client, heirs } = this;
    const { driver, engine, moves } = client;
    if (!moves.underWay) this.goesBack = false;
    for (const [purpose, { epoch }] of this.ready) if (!driver.sockets.has(epoch)) this.ready.delete(purpose);
    if (client.closed) return;
    demand(heirs.length === 0, "heir", () => `link ${heirs} was ready, and has not taken over`);
    demand(!client.finishing || this.count === 0, "spare-late", () => `links ${this.idle} at the end`);
    const owned = new Set([
      engine.session.active,
      ...engine.session.dialling.attempts.all,
      ...PURPOSES.map((purpose) => this.linkOf(purpose)),
      ...this.moving,
    ]);
    for (const [purpose, ready] of this.ready) this.judgeSilence(purpose, ready);
    for (const epoch of driver.sockets.keys())
      demand(owned.has(engine.session.link(epoch)), "nobodys-link", () => `link ${epoch}`);
  }

  /** One from which nothing can come is given up in time. */
  private judgeSilence(purpose: SparePurpose, { epoch, since }: Ready): void {
    const { driver, engine, profile, world, slack } = this.client;
    const wire = driver.sockets.get(epoch)!.wire!;
    const silentSince = Math.min(wire.frozenAt ?? Number.POSITIVE_INFINITY, wire.vanishedAt);
    if (wire.over || silentSince === Number.POSITIVE_INFINITY) return;
    const { liveness, failback, timeout } = profile.options;
    const interval = purpose === "failback" ? failback!.stable : liveness.pingInterval || PING_INTERVAL;
    // One that served another purpose before is asked from when it serves this one.
    const last = Math.max(silentSince, since, world.thawedAt, engine.session.link(epoch)?.lastInbound ?? 0);
    const what = () => `link ${epoch} is silent since ${silentSince} and still kept`;
    demand(world.now <= last + interval + timeout + slack, "silent-spare", what);
  }

  /** The two links of a move. */
  private get moving(): Link[] {
    const handover = inside<object | undefined>(this.client.engine.session.moves, "handover");
    return handover === undefined ? [] : [inside(handover, "from"), inside(handover, "to")];
  }

  private linkOf(purpose: SparePurpose): Link | undefined {
    const spares = inside<object>(this.client.engine.session, "spares");
    const spare = inside<object | undefined>(spares, purpose);
    return spare === undefined ? undefined : inside(spare, "link");
  }

  /** What is still to come, where servers can be told apart by their addresses; undefined: nothing. */
  get wanted(): string | undefined {
    const { engine, profile, finishing } = this.client;
    const { active, pool } = engine.session;
    const { options, setups } = profile;
    if (active === undefined || finishing || !options.reconnect) return undefined;
    if (setups.some(({ dnsName }) => dnsName !== undefined)) return undefined;
    const at = ({ address }: PoolServer) => setups.find(({ host }) => host === address.hostname)!;
    const others = pool.all.filter(({ address }) => address.listen !== active.server.address.listen);
    if (options.standby !== undefined && others.length > 0 && !this.ready.has("standby")) return "a standby";
    const { preference } = options.connector;
    if (options.failback === undefined || !(preference instanceof SimPreference)) return undefined;
    const rank = preference.rankOfSetup(at(active.server));
    const isBest = others.every((server) => preference.rankOfSetup(at(server)) >= rank);
    return isBest ? undefined : "a better server";
  }
}
