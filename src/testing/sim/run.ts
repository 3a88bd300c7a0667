import type { Verdict } from "../history/verdict.js";
import { perform, type Stage } from "./actions.js";
import { RandomApplication } from "./application.js";
import { Audit } from "./audit.js";
import { Client } from "./client.js";
import { Cluster } from "./cluster.js";
import { Coverage } from "./coverage.js";
import { Faults } from "./faults.js";
import { Flows } from "./flows.js";
import { Network } from "./network.js";
import { makeProfile, type Profile } from "./profile.js";
import { judgeAtRest, judgeClosed, unsettled } from "./verdict.js";
import { demand, Violation } from "./violation.js";
import { World } from "./world.js";

/** What to run. */
export interface RunOptions {
  readonly seed: number;
  /** Ingredients to leave out, see `INGREDIENTS`. */
  readonly without?: ReadonlySet<string>;
  /** Steps after which there is no more trouble, whatever the profile says; default 4,000. */
  readonly steps?: number;
  /** Keep the lines of the trace. */
  readonly keepTrace?: boolean;
  /** Spoils the engine before it starts: the run must then fail. */
  readonly spoil?: (client: Client) => void;
}

/** How it went, on either level. */
export interface RunResult<P = Profile> {
  readonly seed: number;
  readonly profile: P;
  /** Tells this run from any other that went differently. */
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly coverage: Coverage;
  /** What became of all messages; of those until the failure, if there was one. */
  readonly history: Verdict;
  /** The rule that was broken, or an error that has come out of what was run. */
  readonly failure: Error | undefined;
  readonly trace: readonly string[];
}

/** ms after the healing within which everything must have come to rest. */
const PATIENCE = 180_000;
/** ms after a close in which nothing may happen any more. */
const AFTERMATH = 10_000;
/** Default of {@link RunOptions.steps}. */
const ENOUGH_STEPS = 4000;
/** Actions on a closed connection: more of them say nothing new. */
const ENOUGH_IN_VAIN = 30;
/** Steps of one run: more means that something goes in circles. */
const MAX_STEPS = 400_000;

/** Runs one seed from its beginning to its end. */
export function run(options: RunOptions): RunResult {
  const { seed, without = new Set<string>(), keepTrace = false } = options;
  const profile = makeProfile(seed, without);
  const world = new World(seed, keepTrace);
  const coverage = new Coverage();
  const play = new Run(world, profile, coverage, options.spoil);
  let failure: Error | undefined;
  try {
    play.go(options.steps ?? ENOUGH_STEPS);
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
    history: play.history,
    failure,
    trace: trace.lines ?? [],
  };
}

class Run {
  private readonly world: World;
  private readonly profile: Profile;
  private readonly stage: Stage;
  private readonly client: Client;
  private readonly app: RandomApplication;
  private readonly faults: Faults;
  private readonly audit: Audit;
  private readonly flows: Flows | undefined;
  private over = false;
  /** Actions since the connection was closed. */
  private inVain = 0;

  constructor(world: World, profile: Profile, coverage: Coverage, spoil?: (client: Client) => void) {
    this.world = world;
    this.profile = profile;
    const network = new Network(world, world.random.fork(1), { ...profile.conditions });
    this.app = new RandomApplication(world, profile);
    this.client = new Client(world, network, profile, coverage, this.app);
    this.app.attach(this.client);
    const cluster = new Cluster(world, network, world.random.fork(2), profile.setups, this.client.witness);
    cluster.gossip = profile.gossip;
    this.client.attach(cluster);
    Object.assign(cluster.routes.conditions, profile.routes);
    if (profile.flowEvery !== Number.POSITIVE_INFINITY)
      this.flows = new Flows(world, cluster, this.client.delivery, profile.flowEvery);
    this.faults = new Faults(world, network, cluster, this.client);
    this.audit = new Audit(this.client);
    this.stage = { client: this.client, cluster, app: this.app };
    spoil?.(this.client);
    world.afterStep = () => {
      this.client.driver.microtask();
      this.audit.check();
      demand(world.steps < MAX_STEPS, "endless", () => `${MAX_STEPS} steps`);
    };
  }

  /** What has become of the messages until now. */
  get history(): Verdict {
    return this.client.ledger.history.check({ pending: true });
  }

  go(steps: number): void {
    const { world, profile, client } = this;
    world.clientIn(0, () => client.start());
    this.act();
    this.strike();
    if (this.flows !== undefined) {
      this.flows.begin();
      world.clientIn(0, () => this.app.subscribeToFlows());
    }
    world.in(profile.duration, () => {
      this.over = true;
    });
    const most = this.flows === undefined ? steps : 3 * steps;
    world.until(() => this.over || world.steps > most);
    this.over = true;
    this.flows?.end();
    client.coverage.count("ending", profile.ending);
    if (!client.closed) this.end();
    if (client.closed) client.coverage.count("ending", "closed");
    this.afterClose();
  }

  private act(): void {
    const { profile, app, world } = this;
    world.clientIn(profile.actionEvery * 2 * app.random.float(), () => {
      if (this.client.closed && ++this.inVain > ENOUGH_IN_VAIN) this.over = true;
      if (this.over) return;
      perform(app.random.weighted(profile.actions), this.stage);
      this.act();
    });
  }

  private strike(): void {
    const { profile, world } = this;
    if (Object.keys(profile.faults).length === 0) return;
    const random = world.random.fork(world.steps + 100);
    world.in(profile.faultEvery * 2 * random.float(), () => {
      if (this.over) return;
      this.faults.strike(random.weighted(profile.faults));
      this.strike();
    });
  }

  private end(): void {
    const { client, world, profile, faults } = this;
    const timeout = this.app.random.scale(1, 3000);
    switch (profile.ending) {
      case "quiet":
        return this.comeToRest();
      case "finish":
        faults.heal();
        return this.finish(timeout);
      case "finish-early":
        return this.finish(timeout);
      case "close-early":
        world.clientIn(0, () => client.close());
        break;
      case "close-in-sink":
        this.app.closeInSink = true;
        world.clientIn(1000, () => client.close());
        break;
    }
    demand(
      world.until(() => client.closed, PATIENCE),
      "close",
      () => "it does not close",
    );
  }

  private comeToRest(): void {
    const { client, world } = this;
    this.app.quiet = true;
    this.faults.heal();
    // Bytes that wait are what finds a half-open link when pings are switched off.
    world.clientIn(0, () => client.fence());
    const rests = this.waitForRest();
    if (client.closed) return;
    if (!rests) throw new Violation("not-at-rest", `${PATIENCE} ms after the healing: ${unsettled(client)}`);
    this.waitForSpares();
    if (client.closed) return;
    judgeAtRest(client);
    client.coverage.count("ending", "at rest");
    this.finish(1000);
  }

  /** What is to stand beside the link in use comes, and the best server is gone back to. */
  private waitForSpares(): void {
    const { client, world } = this;
    const { spares } = client;
    const isThere = () => spares.wanted === undefined && unsettled(client) === undefined;
    const comes = world.until(() => client.closed || isThere(), PATIENCE);
    if (!comes)
      throw new Violation("no-spare", `${PATIENCE} ms after the rest: ${spares.wanted} is not there`);
  }

  /** Waits as long as something gets through: what a narrow way still carries takes its time. */
  private waitForRest(): boolean {
    const { client, world } = this;
    for (;;) {
      const before = this.carried;
      if (world.until(() => client.closed || unsettled(client) === undefined, PATIENCE)) return true;
      if (this.carried === before) return false;
    }
  }

  /** Bytes that either end of the link in use has read. */
  private get carried(): number {
    const { driver, activeEpoch } = this.client;
    const wire = driver.sockets.get(activeEpoch)?.wire;
    return activeEpoch * 2 ** 40 + (wire?.up.read ?? 0) + (wire?.down.read ?? 0);
  }

  private finish(timeout: number): void {
    const { client, world, profile } = this;
    let begun = Number.POSITIVE_INFINITY;
    world.clientIn(0, () => {
      begun = Math.max(world.now, world.thawedAt);
      client.finish(timeout);
    });
    world.until(() => client.closed, PATIENCE);
    const took = world.now - begun;
    demand(
      took <= timeout + profile.lateness * 3 + 50,
      "finish",
      () => `took ${took} ms instead of ${timeout}`,
    );
  }

  private afterClose(): void {
    const { client, world } = this;
    this.app.quiet = true;
    this.faults.heal();
    world.pass(AFTERMATH);
    judgeClosed(client);
  }
}
