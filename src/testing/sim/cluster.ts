import { BrokerCluster } from "../broker/broker-cluster.js";
import type { Scheduler } from "../broker/line.js";
import { type Message, message } from "../broker/message.js";
import type { Random } from "../random.js";
import { clientId, makeBytes, markOf, Origin } from "./content.js";
import type { Network } from "./network.js";
import type { Peer, Witness } from "./peer.js";
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
  private outside = 0;
  /** When the last message arrives, by route. */
  private readonly arrivals = new Map<string, number>();
  private readonly isolated = new Set<SimServer>();
  /** Longest time in ms that a message takes from one server to another. */
  routeDelay = 2;
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
    return this.serve(about) || found;
  }

  /** Cuts a server off from the others: clients can reach it, routes cannot. */
  isolate(server: SimServer): void {
    this.isolated.add(server);
  }

  /** It is reached by its routes again. */
  rejoin(server: SimServer): void {
    this.isolated.delete(server);
  }

  protected override routed(from: SimServer, to: SimServer): boolean {
    return !this.isolated.has(from) && !this.isolated.has(to);
  }

  /** A route is a TCP connection: what was sent first arrives first, and what it holds dies with either end. */
  protected override carry(from: SimServer, to: SimServer, arrive: () => void): void {
    const { now } = this.world;
    const route = `${from.address} ${to.address}`;
    const at = Math.max(this.arrivals.get(route) ?? 0, now + this.routeDelay * this.luck.float());
    this.arrivals.set(route, at);
    const deaths = from.deaths + to.deaths;
    this.world.in(at - now, () => {
      if (from.deaths + to.deaths === deaths && this.routed(from, to)) arrive();
      else this.lostOnRoutes++;
    });
  }

  /** Services are clients of other processes; they are always there, on some server. */
  private serve(request: Message): boolean {
    const [first, second] = request.subject.split(".", 2);
    if (first === "$JS") {
      if (request.reply !== "") this.answer(request, this.luck.between(0.5, 20));
      return true;
    }
    if (first !== "svc" || second === "none") return false;
    const [from, to] = SERVICE_DELAY[second];
    if (request.reply !== "" && Number.isFinite(from)) this.answer(request, this.luck.between(from, to));
    return true;
  }

  private answer({ subject, payload, reply }: Message, delay: number): void {
    const id = clientId(markOf(subject, payload));
    const size = this.luck.chance(0.1) ? this.luck.int(20_000) : this.luck.int(200);
    this.world.in(delay, () => {
      this.inject(message(reply, "", undefined, makeBytes(Origin.service, id, Math.max(16, size))));
    });
  }

  /** Some other client publishes. */
  publishFromOutside(subject: string, size: number): void {
    const payload = makeBytes(Origin.outside, ++this.outside, Math.max(16, size));
    this.inject(message(subject, "", undefined, payload));
  }

  private inject(about: Message): void {
    const up = this.servers.filter((server) => server.up);
    if (up.length > 0) this.luck.pick(up).publish(about, undefined);
  }

  override announce(): void {
    for (const server of this.servers) {
      this.world.in(this.luck.between(0, 20), () => {
        if (server.up) server.announce();
      });
    }
  }
}
