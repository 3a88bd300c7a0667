import { BrokerCluster } from "../broker/broker-cluster.js";
import type { Scheduler } from "../broker/line.js";
import { type Message, message } from "../broker/message.js";
import type { Match, Subscription } from "../broker/sublist.js";
import type { Random } from "../random.js";
import { clientId, makeBytes, markOf, Origin } from "./content.js";
import type { Network } from "./network.js";
import type { Peer, Witness } from "./peer.js";
import { Routes } from "./routes.js";
import { type ServerHost, SimServer } from "./server.js";
import type { ServerSetup } from "./server-setup.js";
import type { World } from "./world.js";

/** How long a service takes, by the second token of its subject. */
const SERVICE_DELAY: Readonly<Record<string, readonly [from: number, to: number]>> = {
  fast: [0.1, 5],
  slow: [20, 1500],
  mute: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
};

/** A few servers that know each other, and the services and publishers behind them. */
export class Cluster extends BrokerCluster<SimServer> implements ServerHost {
  readonly witness: Witness;
  readonly scheduler: Scheduler;
  private readonly luck: Random;
  private readonly world: World;
  private readonly isolated = new Set<SimServer>();
  readonly routes: Routes<SimServer>;
  /** Tells of every message of others that a server takes, just before it does. */
  onOutside: (server: SimServer, about: Message, publisher: number) => void = () => {};
  private outside = 0;
  /** An account may have one connection. */
  oneEach = false;
  /** Messages that died with a route. */
  lostOnRoutes = 0;

  constructor(
    world: World,
    network: Network,
    luck: Random,
    setups: readonly ServerSetup[],
    witness: Witness,
  ) {
    super(luck.float);
    this.world = world;
    this.luck = luck;
    this.witness = witness;
    this.routes = new Routes(world, luck);
    this.scheduler = {
      get now() {
        return world.now;
      },
      in: (delay, run) => {
        const appointment = world.in(delay, run);
        return {
          cancel: () => {
            appointment.cancelled = true;
          },
        };
      },
    };
    for (const setup of setups) this.servers.push(new SimServer(setup, this));
    for (const server of this.servers) this.routes.add(server);
    for (const server of this.servers) network.listen(server.address, server);
    for (const { dnsName } of setups) {
      const hosts = setups.filter((one) => one.dnsName === dnsName).map(({ host }) => host);
      if (dnsName !== undefined) network.names.set(dnsName, hosts);
    }
  }

  /** All that is connected, to any server. */
  get peers(): Peer[] {
    return this.servers.flatMap((server) => [...server.peers]);
  }

  override forward(about: Message, origin: SimServer): boolean {
    const found = super.forward(about, origin);
    return this.serve(about, origin) || found;
  }

  /** Cuts a server off from the others: clients can reach it, routes cannot. */
  isolate(server: SimServer): void {
    this.isolated.add(server);
    this.routes.close(server, false);
  }

  /** It is reached by its routes again. */
  rejoin(server: SimServer): void {
    if (this.isolated.delete(server)) this.joined(server);
  }

  /** A server's process has started. */
  joined(server: SimServer): void {
    this.routes.open(server, (other) => [server, other].every((one) => one.up && !this.isolated.has(one)));
  }

  /** A server's process has ended; `inOrder`: it was not killed. */
  left(server: SimServer, inOrder: boolean): void {
    this.routes.close(server, inOrder);
  }

  isFull(peer: Peer): boolean {
    return this.oneEach && this.peers.some((one) => one !== peer && one.connected && !one.over);
  }

  subscribed(server: SimServer, sub: Subscription): void {
    this.routes.subscribed(server, sub);
  }

  unsubscribed(server: SimServer, sub: Subscription): void {
    this.routes.unsubscribed(server, sub);
  }

  protected override routed(from: SimServer, to: SimServer): boolean {
    return this.routes.isOpen(from, to);
  }

  protected override known(by: SimServer, of: SimServer, subject: string): Match {
    return this.routes.known(by, of, subject);
  }

  protected override carry(from: SimServer, to: SimServer, arrive: () => void): void {
    this.routes.carry(from, to, arrive, () => {
      this.lostOnRoutes++;
    });
  }

  /** Services are clients of other processes; they are always there, on some server that this one can reach. */
  private serve(request: Message, origin: SimServer): boolean {
    const [first, second] = request.subject.split(".", 2);
    if (first === "$JS") {
      if (request.reply !== "") this.answer(request, origin, this.luck.between(0.5, 20));
      return true;
    }
    if (first !== "svc" || second === "none") return false;
    const [from, to] = SERVICE_DELAY[second];
    if (request.reply !== "" && Number.isFinite(from))
      this.answer(request, origin, this.luck.between(from, to));
    return true;
  }

  /** The answer comes from the server that the request has gone to: there the asker's subscription is known already. */
  private answer({ subject, payload, reply }: Message, origin: SimServer, delay: number): void {
    const id = clientId(markOf(subject, payload));
    const size = this.luck.chance(0.1) ? this.luck.int(20_000) : this.luck.int(200);
    const about = message(reply, "", undefined, makeBytes(Origin.service, id, Math.max(16, size)));
    const reached = this.servers.filter((one) => one.up && (one === origin || this.routed(origin, one)));
    const service = reached.length === 0 ? origin : this.luck.pick(reached);
    const begin = () => this.world.in(delay, () => this.take(service, about, 0));
    if (service === origin) begin();
    else this.carry(origin, service, begin);
  }

  /** Some other client publishes, at a server that works. */
  publishFromOutside(subject: string, size: number): void {
    const working = this.servers.filter((server) => server.up && !server.frozen);
    if (working.length > 0) this.publishAt(this.luck.pick(working), subject, ++this.outside, size);
  }

  /**
   * Another client publishes at a server: message `id`, which may be one that was published before. A server's clients
   * publish in one order.
   */
  publishAt(server: SimServer, subject: string, id: number, size: number): void {
    const about = message(subject, "", undefined, makeBytes(Origin.outside, id, Math.max(16, size)));
    this.take(server, about, 1 + this.servers.indexOf(server));
  }

  private take(server: SimServer, about: Message, publisher: number): void {
    if (!server.up) return;
    this.onOutside(server, about, publisher);
    server.publish(about, undefined);
  }

  override announce(): void {
    for (const server of this.servers) {
      this.world.in(this.luck.between(0, 20), () => {
        if (server.up) server.announce();
      });
    }
  }
}
