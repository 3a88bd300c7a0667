import type { Routed } from "./interest.js";
import type { Host } from "./network.js";
import { Peer, type PeerHost, type Witness } from "./peer.js";
import type { Outlet } from "./pipe.js";
import type { Random } from "./random.js";
import { addressOf, type ServerSetup } from "./server-setup.js";
import type { Wire } from "./wire.js";

/** What a server asks of its cluster. */
export interface ServerHost {
  readonly witness: Witness;
  readonly random: Random;
  /** Addresses that it tells its clients. */
  urls(): string[];
  /** Carries a message to all who want it; returns whether there is anyone. */
  publish(message: Routed, origin: SimServer, from: Peer): boolean;
}

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
export class SimServer implements Host, PeerHost {
  readonly setup: ServerSetup;
  readonly random: Random;
  readonly witness: Witness;
  private readonly cluster: ServerHost;
  readonly peers = new Set<Peer>();
  up = true;
  /** In lame duck mode: takes no new clients, and lets go of those it has. */
  lame = false;
  private clients = 0;
  /** Its process stands still. */
  frozen = false;

  constructor(setup: ServerSetup, cluster: ServerHost) {
    this.setup = setup;
    this.cluster = cluster;
    this.random = cluster.random;
    this.witness = cluster.witness;
  }

  get address(): string {
    return addressOf(this.setup);
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
      wire.down.push(Buffer.from(this.random.pick(GARBAGE)));
      return peer;
    }
    this.peers.add(peer);
    this.clients++;
    peer.say(this.info(false));
    if (greeting === "info-close") {
      wire.serverClosed();
      peer.close();
    } else if (greeting === "info-error") {
      peer.expel("maximum connections exceeded");
    } else if (greeting === "info-hang") {
      peer.mute = true;
    }
    return peer;
  }

  private info(ldm: boolean): string {
    const { name, host, port, maxPayload, headers, requireAuth } = this.setup;
    const json = JSON.stringify({
      server_id: `ID-${name}`,
      server_name: name,
      version: "2.12.0",
      go: "sim",
      host,
      port,
      proto: 1,
      max_payload: maxPayload,
      client_id: this.clients,
      headers,
      auth_required: requireAuth,
      connect_urls: this.cluster.urls(),
      ...(ldm ? { ldm: true } : {}),
    });
    return `INFO ${json}\r\n`;
  }

  /** Tells all clients what has changed. */
  announce(): void {
    for (const peer of this.peers) if (peer.connected) peer.inform(this.info(this.lame), this.lame);
  }

  route(message: Routed, from: Peer): void {
    const found = this.cluster.publish(message, this, from);
    if (!found && message.reply !== "") from.nobody(message.reply);
  }

  gone(peer: Peer): void {
    this.peers.delete(peer);
  }

  /** SIGKILL: what it had not processed is gone. */
  kill(): void {
    this.up = false;
    this.frozen = false;
    this.lame = false;
    for (const peer of [...this.peers]) {
      peer.wire.serverDied();
      peer.close();
    }
  }

  /** Lets go of all clients in order, as at the end of lame duck mode. */
  stop(): void {
    this.thaw();
    this.up = false;
    this.lame = false;
    for (const peer of [...this.peers]) {
      peer.wire.serverClosed();
      peer.close();
    }
  }

  start(): void {
    this.up = true;
  }

  /** SIGSTOP: it neither reads nor writes, and is not gone. */
  freeze(): void {
    this.frozen = true;
    for (const peer of this.peers) peer.freeze();
  }

  /** SIGCONT. */
  thaw(): void {
    this.frozen = false;
    for (const peer of [...this.peers]) peer.thaw();
  }

  enterLameDuck(): void {
    this.lame = true;
    this.announce();
  }
}
