import type { EngineOptions } from "../../core/options.js";
import { OPTIONS as BASE } from "../worlds/engine-options.js";
import type { Application } from "./application.js";
import { Audit } from "./audit.js";
import { Client } from "./client.js";
import { Cluster } from "./cluster.js";
import { Coverage } from "./coverage.js";
import { Network } from "./network.js";
import type { Peer } from "./peer.js";
import type { Conditions } from "./pipe.js";
import type { Profile } from "./profile.js";
import type { Asked, Sent } from "./sent.js";
import type { SimServer } from "./server.js";
import type { ServerSetup } from "./server-setup.js";
import { judgeAtRest, judgeClosed, unsettled } from "./verdict.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";
import { World } from "./world.js";

/** What differs from an ordinary client with one or more ordinary servers. */
export interface SceneOptions {
  readonly servers?: number;
  readonly setup?: Partial<ServerSetup>;
  readonly options?: Partial<EngineOptions>;
  readonly conditions?: Partial<Conditions>;
  readonly maxInFlight?: number;
  readonly seed?: number;
  /** Spoils the engine before it starts. */
  readonly spoil?: (client: Client) => void;
}

const OPTIONS: EngineOptions = {
  ...BASE,
  connector: { ...BASE.connector, delay: () => 100, ignoreAuthErrorAbort: true, stableAfter: 20 },
  connect: { ...BASE.connect, lang: "sim" },
  inbox: "_INBOX.sim.",
  secret: () => "_INBOX.own.",
  retryFirst: true,
};

/**
 * A world for a test of one rule: nothing goes wrong by itself, the test says what happens when. All that
 * watches over a random run watches here as well. A byte takes 1 ms in either direction.
 */
export class Scene {
  readonly world: World;
  readonly network: Network;
  readonly cluster: Cluster;
  readonly client: Client;
  /** What the application does; a test may replace each. */
  readonly app: Application = {
    event: () => {},
    message: () => {},
    answered: () => {},
    settled: () => {},
    beforeReplay: (epoch) => this.client.releaseReplay(epoch),
    moving: () => {},
    authenticate: () => ({ user: "sim", pass: "secret" }),
  };

  constructor({ servers = 1, setup, options, conditions, maxInFlight, seed = 1, spoil }: SceneOptions = {}) {
    this.world = new World(seed, true);
    const setups = Array.from({ length: servers }, (_, i) => makeSetup(i, setup));
    const profile: Profile = {
      seed,
      setups,
      configured: [...new Set(setups.map(({ dnsName, host, port }) => `${dnsName ?? host}:${port}`))],
      conditions: {
        latency: 1,
        jitter: 0,
        split: 0,
        capacity: 2 ** 20,
        receive: 2 ** 18,
        bandwidth: Number.POSITIVE_INFINITY,
        writtenDelay: 0,
        ...conditions,
      },
      maxInFlight: maxInFlight ?? 512 * 1024,
      keepIdleChunks: 4,
      lateness: 0,
      // Tests write into it: what is below is each scene's own as well.
      options: { ...OPTIONS, move: { ...OPTIONS.move }, ...options },
      minWait: 0,
      duration: 0,
      actionEvery: 0,
      faultEvery: 0,
      actions: {},
      faults: {},
      maxSize: 100,
      ttl: 0,
      poison: 0,
      reentrance: 0,
      gossip: true,
      routes: { distance: 0, delay: 2, spikes: 0, spike: 0, setup: 0 },
      flowEvery: Number.POSITIVE_INFINITY,
      ending: "quiet",
    };
    this.network = new Network(this.world, this.world.random.fork(1), { ...profile.conditions });
    this.client = new Client(this.world, this.network, profile, new Coverage(), this.app);
    this.cluster = new Cluster(
      this.world,
      this.network,
      this.world.random.fork(2),
      setups,
      this.client.witness,
    );
    this.client.attach(this.cluster);
    const audit = new Audit(this.client);
    spoil?.(this.client);
    this.world.afterStep = () => {
      this.client.driver.microtask();
      audit.check();
    };
  }

  /** The first server. */
  get server(): SimServer {
    return this.cluster.servers[0];
  }

  /** The connection that the client uses. */
  get wire(): Wire {
    return this.client.driver.sockets.get(this.client.engine.session.active!.epoch)!.wire!;
  }

  /** The server's end of it. */
  get peer(): Peer {
    return this.client.peers.get(this.wire.epoch)!;
  }

  /** Connects for the first time. */
  connect(): this {
    this.do(() => this.client.start());
    this.until(() => this.client.engine.session.connected);
    return this;
  }

  /** Lets the client's process do something, in a turn of its own. */
  do(act: () => void): this {
    let done = false;
    this.world.clientIn(0, () => {
      act();
      done = true;
    });
    this.world.until(() => done);
    return this;
  }

  /** Steps until something holds; a scene waits for a minute at most. */
  until(holds: () => boolean): this {
    demand(this.world.until(holds, 60_000), "scene", () => "it did not happen within a minute");
    return this;
  }

  pass(ms: number): this {
    this.world.pass(ms);
    return this;
  }

  /** Publishes a message of `bytes` bytes. */
  publish(subject: string, bytes = 20, replay?: boolean): Sent | undefined {
    let sent: Sent | undefined;
    this.do(() => {
      sent = this.client.publish(this.client.drafts.plain(subject, bytes, replay));
    });
    return sent;
  }

  /** Sends a request. */
  request(subject: string, timeout = 1000): Asked {
    const publication = this.client.drafts.request(this.world.now + timeout, subject);
    this.do(() => this.client.request(publication, timeout));
    return publication.draft.asked!;
  }

  /** Restarts a server: gone now, back in `ms`. */
  restart(ms: number, server = this.server, change: (setup: ServerSetup) => void = () => {}): this {
    server.kill();
    change(server.setup);
    this.world.in(ms, () => server.start());
    return this;
  }

  /** Waits until the client knows that its link is lost. */
  lost(): this {
    return this.until(() => this.client.engine.session.active === undefined);
  }

  /** Waits until it is connected again. */
  back(): this {
    return this.until(() => this.client.engine.session.connected);
  }

  /** Waits until all is quiet, and judges. */
  rest(): this {
    this.until(() => unsettled(this.client) === undefined);
    judgeAtRest(this.client);
    return this;
  }

  /** Closes if it is not closed, waits until the last write has ended, and judges. */
  end(): this {
    if (!this.client.closed) this.do(() => this.client.close());
    this.pass(10_000);
    judgeClosed(this.client);
    return this;
  }
}

function makeSetup(i: number, more: Partial<ServerSetup> | undefined): ServerSetup {
  return {
    name: `n${i + 1}`,
    host: `10.0.0.${i + 1}`,
    port: 4222,
    greeting: "normal",
    maxPayload: 1024 * 1024,
    headers: true,
    requireAuth: false,
    rejectAuth: false,
    denyPublish: true,
    denySubscribe: true,
    poison: undefined,
    ...more,
  };
}
