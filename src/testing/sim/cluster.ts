import { clientId, makeBytes, Origin } from "./content.js";
import { type Routed, routed } from "./interest.js";
import type { Network } from "./network.js";
import type { Peer, Witness } from "./peer.js";
import type { Random } from "./random.js";
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
export class Cluster implements ServerHost {
  readonly servers: SimServer[];
  readonly random: Random;
  readonly witness: Witness;
  private readonly world: World;
  private outside = 0;
  /** Longest time in ms that a message takes from one server to another. */
  routeDelay = 2;
  /** Servers tell the addresses of all that are up. */
  gossip = true;

  constructor(
    world: World,
    network: Network,
    random: Random,
    setups: readonly ServerSetup[],
    witness: Witness,
  ) {
    this.world = world;
    this.random = random;
    this.witness = witness;
    this.servers = setups.map((setup) => new SimServer(setup, this));
    for (const server of this.servers) network.listen(server.address, server);
  }

  urls(): string[] {
    return this.gossip ? this.servers.filter((server) => server.up).map((server) => server.address) : [];
  }

  /** All that is connected, to any server. */
  get peers(): Peer[] {
    return this.servers.flatMap((server) => [...server.peers]);
  }

  publish(message: Routed, origin: SimServer, from: Peer | undefined): boolean {
    let found = false;
    for (const peer of origin.peers) {
      found ||= peer.wants(message, peer === from);
      peer.deliver(message, peer === from);
    }
    for (const server of this.servers) {
      if (server === origin || !server.up) continue;
      for (const peer of server.peers) found ||= peer.wants(message, false);
      this.world.in(this.routeDelay * this.random.float(), () => {
        if (!server.up) return;
        for (const peer of server.peers) peer.deliver(message, false);
      });
    }
    return this.serve(message) || found;
  }

  /** Services are clients of other processes; they are always there, on some server. */
  private serve(message: Routed): boolean {
    const [first, second] = message.tokens;
    if (first === "$JS") {
      if (message.reply !== "") this.answer(message, this.random.between(0.5, 20));
      return true;
    }
    if (first !== "svc" || second === "none") return false;
    const [from, to] = SERVICE_DELAY[second];
    if (message.reply !== "" && Number.isFinite(from)) this.answer(message, this.random.between(from, to));
    return true;
  }

  private answer({ reply, mark }: Routed, delay: number): void {
    const id = clientId(mark);
    const size = this.random.chance(0.1) ? this.random.int(20_000) : this.random.int(200);
    this.world.in(delay, () => {
      const payload = makeBytes(Origin.service, id, Math.max(16, size));
      this.inject(routed(reply, "", undefined, payload, id * 4 + 3));
    });
  }

  /** Some other client publishes. */
  publishFromOutside(subject: string, size: number): void {
    const id = ++this.outside;
    const payload = makeBytes(Origin.outside, id, Math.max(16, size));
    this.inject(routed(subject, "", undefined, payload, id * 4 + 2));
  }

  private inject(message: Routed): void {
    const up = this.servers.filter((server) => server.up);
    if (up.length > 0) this.publish(message, this.random.pick(up), undefined);
  }

  /** After a while all clients are told which servers there are. */
  announce(): void {
    for (const server of this.servers) {
      this.world.in(this.random.between(0, 20), () => {
        if (server.up) server.announce();
      });
    }
  }
}
