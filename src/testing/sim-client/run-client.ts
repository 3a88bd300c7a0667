import { connectWith } from "../../client/connect.js";
import type { Connection } from "../../client/connection.js";
import type { ConnectionOptions } from "../../client/options.js";
import { Cluster } from "../sim/cluster.js";
import { Coverage } from "../sim/coverage.js";
import { SAFE_SETTLE } from "../sim/delivery-rules.js";
import { Faults } from "../sim/faults.js";
import { Flows } from "../sim/flows.js";
import { Network } from "../sim/network.js";
import type { RunResult } from "../sim/run.js";
import { demand, Violation } from "../sim/violation.js";
import { World } from "../sim/world.js";
import { perform } from "./actions.js";
import { type Desk, RandomApplication } from "./application.js";
import { Audit, toTell } from "./audit.js";
import { type ClientProfile, makeClientProfile } from "./client-profile.js";
import { ErrorTrap } from "./error-trap.js";
import { EventWatch } from "./event-watch.js";
import { Findings } from "./findings.js";
import { followLinks, peerOf } from "./link-follower.js";
import { Posts } from "./posts.js";
import { PromiseBook } from "./promise-book.js";
import { SimSurroundings } from "./sim-surroundings.js";
import { stepWithTurn } from "./turns.js";

/** What to run. */
export interface ClientRunOptions {
  readonly seed: number;
  /** Ingredients to leave out, see `INGREDIENTS` of level one. */
  readonly without?: ReadonlySet<string>;
  /** Steps after which there is no more trouble, whatever the profile says; default 8,000. */
  readonly steps?: number;
  /** Keep the lines of the trace. */
  readonly keepTrace?: boolean;
  /** Spoils the connection before anything is done with it: the run must then fail. */
  readonly spoil?: (nc: Connection) => void;
}

/** ms after the healing within which everything must have come to rest. */
const PATIENCE = 180_000;
/** ms after a close after which no timer may be left: what a socket's last words and a loop that drains itself may take. */
const TIMERS_LEFT = 1500;
/** ms after a close in which nothing may happen any more. */
const AFTERMATH = 10_000;
/** Default of {@link ClientRunOptions.steps}. */
const ENOUGH_STEPS = 8000;
/** Steps of one run: more means that something goes in circles. */
const MAX_STEPS = 400_000;
/** ms that a promise may settle behind its deadline, beside what timers are late. */
const SLACK = 50;

/** Runs one seed of level two, from its beginning to its end: the real client on simulated links, in virtual time. */
export async function runClient(options: ClientRunOptions): Promise<RunResult<ClientProfile>> {
  const { seed, without = new Set<string>(), keepTrace = false } = options;
  const run = new ClientRun(makeClientProfile(seed, without), keepTrace, options.spoil);
  const { world, coverage, posts, profile } = run;
  let failure: Error | undefined;
  using _trap = new ErrorTrap((error) => run.findings.note(escaped(error)));
  try {
    await run.go(options.steps ?? ENOUGH_STEPS);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    world.trace.say(() => `FAILED ${failure?.message}`);
  }
  const { steps, now, trace } = world;
  return {
    seed,
    profile,
    hash: trace.hash,
    steps,
    virtualMs: now,
    coverage,
    history: posts.history.check(),
    failure,
    trace: trace.lines ?? [],
  };
}

function escaped(error: unknown): unknown {
  if (error instanceof Violation) return error;
  return new Violation("escaped", error instanceof Error ? `${error.stack}` : String(error));
}

class ClientRun {
  readonly profile: ClientProfile;
  readonly world: World;
  readonly coverage = new Coverage();
  readonly posts: Posts;
  readonly findings = new Findings();
  private readonly desk: Desk;
  private readonly surroundings: SimSurroundings;
  private readonly promises: PromiseBook;
  private readonly app: RandomApplication;
  private readonly cluster: Cluster;
  private readonly faults: Faults;
  private readonly flows: Flows | undefined;
  private readonly spoil: ((nc: Connection) => void) | undefined;
  private nc: Connection | undefined;
  private audit: Audit | undefined;
  private watch: EventWatch | undefined;
  private over = false;
  /** `close()` was called, which does not wait for readers, and ends a drain that does. */
  private isCut = false;

  constructor(profile: ClientProfile, keepTrace: boolean, spoil?: (nc: Connection) => void) {
    this.profile = profile;
    this.spoil = spoil;
    const { world: setting, seed } = profile;
    const world = new World(seed, keepTrace);
    this.world = world;
    this.posts = new Posts(
      () => world.now,
      () => this.cluster,
    );
    this.posts.delivery.isExact = false;
    this.posts.delivery.echo = profile.options.noEcho !== true;
    this.posts.delivery.isHasty = (profile.options.moveSettle ?? SAFE_SETTLE) < SAFE_SETTLE;
    const network = new Network(world, world.random.fork(1), { ...setting.conditions });
    this.cluster = new Cluster(world, network, world.random.fork(2), setting.setups, this.posts);
    this.cluster.gossip = setting.gossip;
    this.cluster.onOutside = (server, about, publisher) =>
      this.posts.delivery.taken(server, about, publisher);
    Object.assign(this.cluster.routes.conditions, setting.routes);
    if (setting.flowEvery !== Number.POSITIVE_INFINITY)
      this.flows = new Flows(world, this.cluster, this.posts.delivery, setting.flowEvery);
    const { lateness, keepIdleChunks } = setting;
    this.surroundings = new SimSurroundings(world, network, world.random.fork(3), lateness, keepIdleChunks);
    this.surroundings.tellsQueues = profile.tellsQueues;
    this.promises = new PromiseBook(world, lateness * 3 + SLACK, this.findings);
    const { posts, promises, findings, coverage } = this;
    this.desk = { world, profile, posts, promises, findings, coverage };
    this.app = new RandomApplication(this.desk);
    this.faults = new Faults(world, network, this.cluster, {
      coverage,
      reconnect: () => {
        if (this.nc !== undefined && !this.over) this.promises.follow("reconnect", this.nc.reconnect(), 0);
      },
      setServers: (servers) => this.nc?.setServers(servers),
    });
  }

  /** Lets the next thing happen and looks at what came of it; false when nothing is left. */
  private async step(): Promise<boolean> {
    const { world } = this;
    if (!(await stepWithTurn(world))) return false;
    this.findings.check();
    if (world.clientRan) this.audit?.check();
    demand(world.steps < MAX_STEPS, "endless", () => `${MAX_STEPS} steps`);
    return true;
  }

  private async until(done: () => boolean, limit = Number.POSITIVE_INFINITY): Promise<boolean> {
    const end = this.world.now + limit;
    while (!done()) if (this.world.now > end || !(await this.step())) return done();
    return true;
  }

  private async pass(ms: number): Promise<void> {
    const end = this.world.now + ms;
    this.world.in(ms, () => {});
    await this.until(() => this.world.now >= end);
  }

  async go(steps: number): Promise<void> {
    const { world, profile } = this;
    this.strike();
    world.in(profile.world.duration, () => {
      this.over = true;
    });
    world.clientIn(0, () => this.connect());
    const most = this.flows === undefined ? steps : 2 * steps;
    await this.until(() => this.over || world.steps > most);
    this.over = true;
    this.flows?.end();
    if (this.nc === undefined) {
      this.faults.heal();
      await this.until(() => this.nc !== undefined || this.promises.open.length === 0, PATIENCE);
    }
    this.coverage.count("ending", profile.ending);
    if (this.nc !== undefined && !this.nc.isClosed()) await this.end(this.nc);
    await this.afterClose();
  }

  private connect(): void {
    const { profile, surroundings, promises, desk } = this;
    const connecting = connectWith(this.options, surroundings);
    promises.follow("connect", connecting);
    connecting.then(
      (nc) => {
        this.spoil?.(nc);
        this.nc = nc;
        this.watch = new EventWatch(nc, desk.posts, desk.coverage, desk.findings);
        this.audit = new Audit(
          nc,
          desk.posts,
          this.app.readers,
          profile.options.reconnectBufSize ?? 8 * 2 ** 20,
        );
        this.app.begin(nc, this.watch);
        followLinks(nc, desk.posts, this.findings);
        this.flows?.begin();
        if (this.flows !== undefined) this.app.subscribeToFlows();
        this.act(nc);
      },
      () => this.coverage.count("ending", "never connected"),
    );
  }

  private get options(): ConnectionOptions {
    const { options } = this.profile;
    const { preferredServers } = options;
    if (typeof preferredServers !== "function") return options;
    const ask: typeof preferredServers = (server, info) => {
      this.app.asked();
      return preferredServers(server, info);
    };
    return { ...options, preferredServers: ask };
  }

  private act(nc: Connection): void {
    const { profile, app, world } = this;
    world.clientIn(profile.world.actionEvery * 2 * app.random.float(), () => {
      if (this.over) return;
      perform(app.random.weighted(profile.actions), app, this.cluster, this.desk);
      this.act(nc);
    });
  }

  private strike(): void {
    const { world } = this;
    const { faults, faultEvery } = this.profile.world;
    if (Object.keys(faults).length === 0) return;
    const random = world.random.fork(world.steps + 100);
    world.in(faultEvery * 2 * random.float(), () => {
      if (this.over) return;
      this.faults.strike(random.weighted(faults));
      this.strike();
    });
  }

  private async end(nc: Connection): Promise<void> {
    const { profile, app } = this;
    const random = app.random.fork(9);
    switch (profile.ending) {
      case "close":
      case "drain":
        await this.rest(nc);
        break;
      case "close-in-callback":
        app.inCallback = () => this.shut(nc, random.chance(0.5));
        break;
      case "close-in-listener":
        app.inListener = () => this.shut(nc, random.chance(0.5));
        break;
    }
    this.world.clientIn(profile.ending.includes("-in-") ? 500 : 0, () =>
      this.shut(nc, profile.ending.startsWith("drain")),
    );
    const isClosed = await this.until(() => nc.isClosed(), PATIENCE);
    demand(isClosed, "close", () => "it does not close");
  }

  private shut(nc: Connection, drains: boolean): void {
    const { closeTimeout = 0, drainTimeout = 0 } = this.profile.options;
    const { guard } = this.findings;
    this.coverage.count("shut", drains ? "drain" : "close");
    if (drains && (nc.isClosed() || nc.isDraining())) return;
    const timeout = drains || nc.state === "draining" ? drainTimeout : closeTimeout;
    const since = this.world.now;
    // A callback that drains is not waited for.
    const own = this.profile.ending === "close-in-callback" ? 1 : 0;
    const alive = this.app.readers.filter(({ subscription }) => !subscription.isClosed());
    this.isCut ||= !drains;
    const shut = drains ? nc.drain() : nc.close();
    this.promises.follow(drains ? "drain of all" : "close", shut, timeout);
    shut
      .then(() =>
        guard(() => {
          demand(nc.isClosed(), "early-close", () => `it is ${nc.state}`);
          // A timer fires up to a ms before the time that it was given, and later when the process was frozen.
          const isInTime = this.world.now < since + timeout - 1 && this.world.thawedAt < since;
          const waiting = alive.find(({ subscription }) => subscription.getPending() > own);
          const isDrained = this.isCut || !isInTime || waiting === undefined;
          demand(isDrained, "not-drained", () => `${JSON.stringify(waiting?.subscription)}`);
        }),
      )
      .catch(() => {});
  }

  /** Leaves everything alone until it has come to rest, and judges that. */
  private async rest(nc: Connection): Promise<void> {
    const { app, faults, posts } = this;
    app.quiet = true;
    faults.heal();
    // Bytes that wait are what finds a half-open link when pings are switched off.
    this.world.clientIn(0, () => app.publish());
    const isResting = () => nc.isClosed() || this.unsettled(nc) === undefined;
    const rests = await this.until(isResting, PATIENCE);
    if (nc.isClosed()) return;
    demand(rests, "not-at-rest", () => `${PATIENCE} ms after the healing: ${this.unsettled(nc)}`);
    this.coverage.count("ending", "at rest");
    posts.conclude(false, nc.stats());
    for (const reader of app.readers) reader.conclude(posts.peers, peerOf(nc, posts.peers));
    posts.delivery.conclude();
    this.coverage.count("delivery", "owed", posts.delivery.owed);
  }

  /** What is still under way; undefined at rest. */
  private unsettled(nc: Connection): string | undefined {
    const { app, promises, surroundings, posts } = this;
    if (nc.state !== "connected") return nc.state;
    const stats = nc.stats();
    const untold = toTell(stats) - posts.lost;
    if (stats.pending > 0) return `${stats.pending} are pending`;
    if (untold > 0) return `${untold} losses are not told`;
    if (promises.open.length > 0) return `open: ${promises.open}`;
    const waiting = app.readers.find(({ subscription }) => subscription.getPending() > 0);
    if (waiting !== undefined) return `messages wait in ${waiting.subscription.getSubject()}`;
    const wires = posts.peers.filter(({ wire }) => !wire.over);
    const [least, most] = this.linksAtRest(nc);
    const count = wires.length;
    if (count < least || count > most) return `there are ${count} links`;
    if (!wires.every(({ wire }) => wire.idle)) return "bytes are on their way";
    return surroundings.sockets.size > count ? "there are more sockets than links" : undefined;
  }

  /** How many links there are, at least and at most: one, and those that the options want beside it. */
  private linksAtRest(nc: Connection): readonly [number, number] {
    const { standby = false, preferredServers, failback } = this.profile.options;
    const goesBack = preferredServers !== undefined && failback !== false;
    // By several names there may be a single server.
    const hasOthers =
      nc.getServers().length > 1 && this.profile.world.setups.every(({ dnsName }) => dnsName === undefined);
    return [1 + Number(standby && hasOthers), 1 + Number(standby) + Number(goesBack)];
  }

  private async afterClose(): Promise<void> {
    const { nc, app, faults, posts, promises, surroundings, watch, audit } = this;
    app.quiet = true;
    faults.heal();
    const { clock, sockets, chunks } = surroundings;
    await this.pass(TIMERS_LEFT);
    demand(nc === undefined || clock.pending === 0, "timers-left", () => `${clock.pending} timers`);
    await this.pass(AFTERMATH);
    promises.conclude();
    if (nc !== undefined) {
      audit?.conclude();
      watch?.conclude();
      posts.conclude(true, nc.stats());
      for (const reader of app.readers) {
        demand(reader.isRead, "open-iterator", () => reader.subscription.getSubject());
        reader.conclude(posts.peers);
      }
    }
    demand(clock.pending === 0, "timers-left", () => `${clock.pending} timers`);
    demand(sockets.size === 0, "sockets-left", () => `${sockets.size} sockets`);
    demand(chunks.held === 0, "chunks-left", () => `${chunks.held} chunks`);
  }
}
