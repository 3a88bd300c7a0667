import type { Duplex } from "node:stream";
import { connectWith } from "../../src/client/connect.js";
import type { Connection, ConnectionOptions } from "../../src/index.js";
import type { Random } from "../../src/testing/random.js";
import { Cluster } from "../../src/testing/sim/cluster.js";
import { Network } from "../../src/testing/sim/network.js";
import type { Conditions } from "../../src/testing/sim/pipe.js";
import type { SimServer } from "../../src/testing/sim/server.js";
import type { ServerSetup } from "../../src/testing/sim/server-setup.js";
import { World } from "../../src/testing/sim/world.js";
import { SimSurroundings } from "../../src/testing/sim-client/sim-surroundings.js";
import { stepWithTurn, turn } from "../../src/testing/sim-client/turns.js";
import { QUICK, type Stage, type StageMaker, type StageServer, type StageSetup } from "./stage.js";

const DEFAULT_TIMEOUT = 10_000;
/** Turns without anything that could happen: then what is waited for never will. */
const MAX_IDLE = 100;
/** Virtual ms of one scenario. */
const MAX_DURATION = 3_600_000;

interface Waiter {
  readonly condition: () => boolean;
  readonly deadline: number;
  readonly what: string | (() => string);
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Simulated servers, links and time; the client is the real one. */
class SimulatedStage implements Stage {
  readonly setup: StageSetup;
  readonly servers: readonly StageServer[];
  readonly failed: Promise<never>;
  private readonly world: World;
  private readonly network: Network;
  private readonly cluster: Cluster;
  private readonly surroundings: SimSurroundings;
  private readonly connections: Connection[] = [];
  private readonly others: Duplex[] = [];
  private waiters: Waiter[] = [];
  private over = false;
  private fail!: (error: Error) => void;

  constructor(setup: StageSetup, seed: number) {
    this.setup = setup;
    this.world = new World(seed);
    const { world } = this;
    this.network = new Network(world, world.random.fork(1), makeConditions(world.random.fork(4)));
    const setups = Array.from({ length: setup.servers ?? 1 }, (_, i) => makeSetup(i, setup));
    const unwatched = { opened() {}, published() {}, accused() {}, subscribed() {} };
    this.cluster = new Cluster(world, this.network, world.random.fork(2), setups, unwatched);
    this.surroundings = new SimSurroundings(world, this.network, world.random.fork(3));
    this.servers = this.cluster.servers.map((server) => asStageServer(server, this.cluster));
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
    void this.run();
  }

  /** Lets the world go on until the stage is closed. */
  private async run(): Promise<void> {
    const { world } = this;
    let idle = 0;
    try {
      while (!this.over) {
        if (this.serveWaiters()) await turn();
        if (await stepWithTurn(world)) idle = 0;
        else {
          await turn();
          if (++idle > MAX_IDLE) throw new Error("nothing is left that could happen");
        }
        if (world.now > MAX_DURATION) throw new Error(`it is not over after ${MAX_DURATION} virtual ms`);
      }
    } catch (error) {
      this.over = true;
      for (const { reject } of this.waiters) reject(error as Error);
      this.fail(error as Error);
    }
  }

  /** Tells those whose condition holds, or whose time is up; whether there was any. */
  private serveWaiters(): boolean {
    const { now } = this.world;
    const before = this.waiters.length;
    this.waiters = this.waiters.filter(({ condition, deadline, what, resolve, reject }) => {
      if (condition()) resolve();
      else if (now > deadline) reject(new Error(`not in time: ${typeof what === "string" ? what : what()}`));
      else return true;
      return false;
    });
    return this.waiters.length < before;
  }

  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const servers = this.servers[0].url;
    const nc = await connectWith({ servers, ...QUICK, ...options }, this.surroundings);
    this.connections.push(nc);
    return nc;
  }

  async openSocket({ hostport }: StageServer): Promise<Duplex> {
    const socket = this.surroundings.open(hostport);
    this.others.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return socket;
  }

  until(
    condition: () => boolean,
    what: string | (() => string),
    timeout: number = DEFAULT_TIMEOUT,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ condition, deadline: this.world.now + timeout, what, resolve, reject });
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.in(ms, () => {});
      this.waiters.push({
        condition: () => this.world.now >= end,
        deadline: Number.POSITIVE_INFINITY,
        what: "",
        resolve,
        reject: () => {},
      });
      const end = this.world.now + ms;
    });
  }

  now(): number {
    return this.world.now;
  }

  /** Closes all clients; nothing may be left of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.over) return;
    for (const server of this.cluster.servers) server.thaw();
    for (const socket of this.others) socket.destroy();
    await Promise.race([Promise.all(this.connections.map((nc) => nc.close())), this.failed]);
    const { sockets, clock, chunks } = this.surroundings;
    const isClean = () => sockets.size === 0 && clock.pending === 0 && chunks.held === 0;
    const left = () => `${sockets.size} sockets, ${clock.pending} timers, ${chunks.held} chunks are left`;
    await this.until(isClean, left, 1000);
    this.over = true;
  }
}

/** A network as it may be between two machines, or on one. */
function makeConditions(random: Random): Conditions {
  const capacity = random.pick([8 * 1024, 2 ** 16, 2 ** 18]);
  return {
    latency: random.scale(0.05, 2),
    jitter: random.between(0, 1),
    split: random.pick([0, 0.1, 0.5]),
    capacity,
    receive: capacity / 2,
    bandwidth: Number.POSITIVE_INFINITY,
    writtenDelay: random.pick([0, 0.1]),
  };
}

function makeSetup(index: number, { user, maxPayload, denyPublish, denySubscribe }: StageSetup): ServerSetup {
  return {
    name: `n${index + 1}`,
    host: `10.0.0.${index + 1}`,
    port: 4222,
    greeting: "normal",
    maxPayload: maxPayload ?? 2 ** 20,
    headers: true,
    requireAuth: user !== undefined,
    rejectAuth: false,
    denyPublish: denyPublish !== undefined,
    poison: undefined,
    denySubscribe: denySubscribe !== undefined,
  };
}

function asStageServer(server: SimServer, cluster: Cluster): StageServer {
  return {
    url: `nats://${server.address}`,
    hostport: server.address,
    async kill() {
      server.kill();
      cluster.announce();
    },
    async start() {
      server.start();
      cluster.announce();
    },
    stop: () => server.freeze(),
    cont: () => server.thaw(),
    lameDuck: () => server.enterLameDuck(),
    async setMaxPayload(bytes) {
      server.setup.maxPayload = bytes;
    },
  };
}

/** Makes worlds as scenarios want them; the seed decides about everything else. */
export function simulated(seed: number): StageMaker {
  return async (setup) => new SimulatedStage(setup, seed);
}
