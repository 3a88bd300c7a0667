import { Broker, type BrokerHost } from "../broker/broker.js";
import type { ClientConnection } from "../broker/client-connection.js";
import type { ConnectFields } from "../broker/connect-fields.js";
import { KeepAlive } from "../broker/keep-alive.js";
import type { Scheduler } from "../broker/line.js";
import type { Host } from "./network.js";
import { Peer, type Witness } from "./peer.js";
import type { Outlet } from "./pipe.js";
import type { ServerSetup } from "./server-setup.js";
import type { Wire } from "./wire.js";

/** What a simulated server asks of its cluster. */
export interface ServerHost extends BrokerHost {
  readonly witness: Witness;
  readonly scheduler: Scheduler;
  /** A process has started, or has ended; `inOrder`: it was not killed. */
  joined(server: SimServer): void;
  left(server: SimServer, inOrder: boolean): void;
  /** Whether the account of a client that has come in has all the connections that it may have. */
  isFull(peer: Peer): boolean;
}

const TOO_MANY = "maximum connections exceeded";

const GARBAGE = [
  "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
  "INFO {broken\r\n",
  "INFO [1, 2]\r\n",
  "\0\0\0\0\r\n",
  "MSG a 1\r\n",
  "PONG\r\nPONG\r\nINFO \r\n",
  "x".repeat(20_000),
];

/** A simulated nats-server: its process can die, and start again on the same address. */
export class SimServer extends Broker implements Host {
  declare readonly clients: Set<Peer>;
  readonly setup: ServerSetup;
  readonly witness: Witness;
  private readonly scheduler: Scheduler;
  private readonly cluster: ServerHost;

  constructor(setup: ServerSetup, cluster: ServerHost) {
    super(setup, cluster);
    this.setup = setup;
    this.cluster = cluster;
    this.witness = cluster.witness;
    this.scheduler = cluster.scheduler;
  }

  /** A server that is going to shut down takes nobody any more. */
  get listens(): boolean {
    return this.up && !this.lame;
  }

  get peers(): Set<Peer> {
    return this.clients;
  }

  accept(wire: Wire): Outlet {
    const peer = new Peer(this, wire);
    // The kernel accepts also for a process that stands still.
    if (this.frozen) peer.freeze();
    this.witness.opened(peer);
    const { greeting } = this.setup;
    if (greeting === "silent") {
      peer.mute = true;
      return peer;
    }
    if (greeting === "close") {
      wire.serverClosed();
      return peer;
    }
    if (greeting === "garbage") {
      peer.mute = true;
      wire.down.push(Buffer.from(GARBAGE[Math.floor(this.host.random() * GARBAGE.length)]));
      return peer;
    }
    this.clients.add(peer);
    peer.say(this.info(peer, false));
    if (greeting === "info-close") {
      wire.serverClosed();
      peer.close();
    } else if (greeting === "info-error") {
      peer.expel(this.setup.refusal ?? TOO_MANY);
    } else if (this.clients.size > (this.setup.maxConnections ?? Number.POSITIVE_INFINITY)) {
      peer.expel(TOO_MANY);
    } else if (greeting === "info-hang") {
      peer.mute = true;
    }
    return peer;
  }

  /** A client has presented its credentials: they hold for a while, and from now on it is watched. */
  entered(peer: Peer): void {
    peer.keepAlive = new KeepAlive(peer, this.scheduler);
    if (this.cluster.isFull(peer)) return peer.expel("maximum account active connections exceeded");
    if (this.setup.authLifetime === undefined) return;
    this.scheduler.in(this.setup.authLifetime, () => {
      const lapsed = this.setup.authLifetime !== undefined && !peer.over && !this.frozen;
      if (lapsed) peer.expel("User Authentication Expired");
    });
  }

  /** No more than so many clients from now on: the newest have to go. */
  limit(connections: number): void {
    this.setup.maxConnections = connections;
    for (const peer of [...this.clients].slice(connections)) peer.expel(TOO_MANY);
  }

  override kill(): void {
    super.kill();
    this.cluster.left(this, false);
  }

  override stop(): void {
    super.stop();
    this.cluster.left(this, true);
  }

  override start(): void {
    if (this.up) return;
    super.start();
    this.cluster.joined(this);
  }

  override authenticate({ user, pass }: ConnectFields): boolean {
    const { rejectAuth, requireAuth } = this.setup;
    return !rejectAuth && (!requireAuth || (user === "sim" && pass === "secret"));
  }

  override mayPublish(_client: ClientConnection, subject: string): boolean {
    return !this.setup.denyPublish || !subject.startsWith("deny.");
  }

  override maySubscribe(_client: ClientConnection, subject: string): boolean {
    return !this.setup.denySubscribe || !subject.startsWith("closed.");
  }
}
