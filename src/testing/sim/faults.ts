import type { Random } from "../random.js";
import type { Cluster } from "./cluster.js";
import type { Coverage } from "./coverage.js";
import type { Network } from "./network.js";
import type { Conditions } from "./pipe.js";
import type { Fault } from "./profile.js";
import type { SimServer } from "./server.js";
import { GREETINGS } from "./server-setup.js";
import { textsFor } from "./server-texts.js";
import type { Wire } from "./wire.js";
import type { World } from "./world.js";

const CLOSING_ERRORS = textsFor("link", true);
const OTHER_ERRORS = textsFor("link", false);
const REFUSALS = textsFor("greeting", true);
const PAYLOADS = [500, 1000, 8000, 40_000, 1024 * 1024];
/** Where nobody is. */
const NOWHERE = "10.9.9.9";

/** The client that is harmed, as far as faults have to do with it. */
export interface Victim {
  readonly coverage: Coverage;
  reconnect(): void;
  setServers(servers: string[]): void;
}

/** Does harm to a world, and heals it again. */
export class Faults {
  private readonly world: World;
  private readonly network: Network;
  private readonly cluster: Cluster;
  private readonly client: Victim;
  private readonly random: Random;
  private readonly normal: Conditions;

  constructor(world: World, network: Network, cluster: Cluster, client: Victim) {
    this.world = world;
    this.network = network;
    this.cluster = cluster;
    this.client = client;
    this.random = world.random.fork(8);
    this.normal = { ...network.conditions };
  }

  private get wire(): Wire | undefined {
    const alive = this.network.wires.filter((wire) => !wire.over);
    return alive.length === 0 ? undefined : this.random.pick(alive);
  }

  /** How long something stays wrong, ms. */
  private get while(): number {
    return this.random.scale(1, 4000);
  }

  strike(fault: Fault): void {
    const { random, world, network, cluster, client } = this;
    client.coverage.count("fault", fault);
    world.trace.note(`fault ${fault}`);
    const server = random.pick(cluster.servers);
    switch (fault) {
      case "link-lost":
        return this.wire?.lose();
      case "half-open":
        return this.wire?.vanish("both");
      case "half-open-up":
        return this.wire?.vanish("up");
      case "half-open-down":
        return this.wire?.vanish("down");
      case "server-kill":
        return this.restart([server], true, () => {});
      case "all-killed":
        return this.restart(cluster.servers, true, () => {});
      case "server-stops-reading":
        return this.stopReading();
      case "server-frozen":
        if (!server.up || server.frozen) return;
        server.freeze();
        world.in(this.while, () => server.thaw());
        return;
      case "server-slow":
        network.conditions.latency = this.normal.latency + random.scale(1, 200);
        world.in(this.while, () => {
          Object.assign(network.conditions, this.normal);
          network.slowUntil = world.now;
        });
        network.slowUntil = Number.POSITIVE_INFINITY;
        return;
      case "client-frozen":
        return world.freeze(this.while);
      case "blackhole":
        network.blackholes.add(server.address);
        world.in(this.while, () => network.blackholes.delete(server.address));
        return;
      case "greeting":
        return this.greetBadly(random.chance(0.3) ? cluster.servers : [server]);
      case "auth-refused":
        return this.refuseAuth(server);
      case "error-and-close":
        return this.expel(server, random.pick(CLOSING_ERRORS));
      case "error-only":
        for (const peer of server.peers) {
          const text = random.pick(OTHER_ERRORS);
          // What is about one operation is not the cause of anything.
          if (text.startsWith("Invalid") || text.startsWith("maximum")) peer.say(`-ERR '${text}'\r\n`);
          else peer.complain(text);
        }
        return;
      case "lame-duck":
        return this.lameDuck(server);
      case "account-full":
        cluster.oneEach = true;
        world.in(this.while, () => {
          cluster.oneEach = false;
        });
        return;
      case "setup-changes":
        return this.restart([server], random.chance(0.5), () => this.change(server));
      case "reload":
        server.setup.maxPayload = random.pick(PAYLOADS);
        // Of this alone a server says nothing; of other changes it tells its clients.
        if (random.chance(0.5)) server.announce();
        return;
      case "gossip-changes":
        cluster.gossip = random.chance(0.5);
        return cluster.announce();
      case "reconnect-called":
        world.clientIn(0, () => {
          client.reconnect();
          if (random.chance(0.3)) client.reconnect();
        });
        return;
      case "servers-changed": {
        const some = cluster.servers
          .filter(() => random.chance(0.6))
          .map(({ setup, address }) =>
            setup.dnsName !== undefined && random.chance(0.5) ? `${setup.dnsName}:${setup.port}` : address,
          );
        if (some.length > 0) world.clientIn(0, () => client.setServers(some));
        return;
      }
      case "partition":
        cluster.isolate(server);
        world.in(this.while, () => cluster.rejoin(server));
        return;
      case "max-connections":
        server.limit(random.int(2));
        world.in(this.while, () => {
          server.setup.maxConnections = undefined;
        });
        return;
      case "name-changes":
        return this.changeName();
      case "names-fail":
        network.names.failing = true;
        world.in(this.while, () => {
          network.names.failing = false;
        });
        return;
      case "names-slow":
        network.names.delay = this.while;
        world.in(this.while, () => network.names.heal());
        return;
    }
  }

  /** A server lets go of its clients one by one, if it gives them the time; then it is gone, and comes back. */
  private lameDuck(server: SimServer): void {
    const { random, world } = this;
    if (!server.up || server.frozen || server.lame) return;
    server.enterLameDuck();
    if (random.chance(0.5)) this.evict(server);
    world.in(this.while, () => {
      if (server.lame) this.restart([server], false, () => {});
    });
  }

  private evict(server: SimServer): void {
    this.world.in(this.while, () => {
      const [first] = server.peers;
      if (!server.lame || server.frozen || first === undefined) return;
      first.hangUp();
      this.evict(server);
    });
  }

  private greetBadly(servers: readonly SimServer[]): void {
    const { random, world } = this;
    for (const { setup } of servers) {
      // There are many texts, each of which must be heard now and then.
      setup.greeting = random.chance(0.3) ? "info-error" : random.pick(GREETINGS);
      setup.refusal = random.pick(REFUSALS);
      this.client.coverage.count("greeting", setup.greeting);
    }
    if (random.chance(0.7)) this.wire?.lose();
    world.in(this.while, () => {
      for (const { setup } of servers) setup.greeting = "normal";
    });
  }

  private changeName(): void {
    const { random, network, cluster } = this;
    const { names } = network;
    if (names.known.length === 0) return;
    const name = random.pick(names.known);
    const some = cluster.servers.filter(() => random.chance(0.5)).map(({ setup }) => setup.host);
    names.change(name, random.chance(0.3) ? [NOWHERE, ...some] : some);
    this.client.coverage.count("name", some.length === 0 ? "leads nowhere" : "leads elsewhere");
  }

  private restart(servers: readonly SimServer[], killed: boolean, change: () => void): void {
    for (const server of servers) {
      if (killed) server.kill();
      else server.stop();
    }
    change();
    for (const server of servers) {
      const back = this.random.chance(0.2) ? this.random.float() : this.while;
      this.world.in(back, () => {
        server.start();
        this.cluster.announce();
      });
    }
    this.cluster.announce();
  }

  private stopReading(): void {
    const { wire } = this;
    if (wire === undefined) return;
    wire.up.pause();
    this.world.in(this.while, () => {
      if (wire.frozenAt === undefined) wire.up.resume();
    });
  }

  private refuseAuth(server: SimServer): void {
    server.setup.rejectAuth = true;
    if (this.random.chance(0.7)) this.expel(server, "User Authentication Revoked");
    this.world.in(this.while, () => {
      server.setup.rejectAuth = false;
    });
  }

  private expel(server: SimServer, error: string): void {
    if (server.frozen) return;
    for (const peer of [...server.peers]) peer.expel(error);
  }

  private change({ setup }: SimServer): void {
    const { random } = this;
    setup.maxPayload = random.pick(PAYLOADS);
    setup.headers = random.chance(0.8);
    setup.denyPublish = random.chance(0.5);
    setup.denySubscribe = random.chance(0.5);
  }

  /** Everything works again, and fast. What is broken without the client knowing of it stays broken. */
  heal(): void {
    const { network, cluster } = this;
    Object.assign(network.conditions, this.normal);
    network.conditions.latency = Math.min(network.conditions.latency, 1);
    network.conditions.jitter = Math.min(network.conditions.jitter, 1);
    network.conditions.capacity = 1024 * 1024;
    network.conditions.bandwidth = Number.POSITIVE_INFINITY;
    Object.assign(this.normal, network.conditions);
    network.blackholes.clear();
    network.names.heal();
    for (const wire of network.wires) wire.up.resume();
    cluster.gossip = true;
    cluster.oneEach = false;
    for (const server of cluster.servers) {
      server.setup.greeting = "normal";
      server.setup.rejectAuth = false;
      server.setup.authLifetime = undefined;
      server.setup.maxConnections = undefined;
      cluster.rejoin(server);
      server.lame = false;
      server.thaw();
      server.start();
    }
  }
}
