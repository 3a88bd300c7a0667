import type { SocketListener } from "../../io/socket.js";
import type { GuardedPool } from "./guarded-pool.js";
import type { Conditions, Outlet } from "./pipe.js";
import type { Random } from "./random.js";
import { SimSocket } from "./socket.js";
import { Wire } from "./wire.js";
import type { World } from "./world.js";

/** Something that listens on an address. */
export interface Host {
  /** Whether a process listens there. */
  readonly up: boolean;
  /** Takes a connection; returns where its bytes go. */
  accept(wire: Wire): Outlet;
}

/** All that lies between the client and the servers. */
export class Network {
  readonly conditions: Conditions;
  private readonly world: World;
  private readonly random: Random;
  private readonly hosts = new Map<string, Host>();
  /** Addresses that swallow every attempt. */
  readonly blackholes = new Set<string>();
  /** Connections that stand, in the order in which they were made. */
  readonly wires: Wire[] = [];

  constructor(world: World, random: Random, conditions: Conditions) {
    this.world = world;
    this.random = random;
    this.conditions = conditions;
  }

  listen(address: string, host: Host): void {
    this.hosts.set(address, host);
  }

  dial(address: string, epoch: number, pool: GuardedPool, listener: SocketListener): SimSocket {
    const { world, random, conditions } = this;
    const socket = new SimSocket(world, random, conditions, pool, listener);
    world.in(this.delay(), () => this.arrive(address, epoch, socket));
    return socket;
  }

  /** A SYN has arrived where it was sent to. */
  private arrive(address: string, epoch: number, socket: SimSocket): void {
    if (socket.done || this.blackholes.has(address)) return;
    const host = this.hosts.get(address);
    if (host === undefined || !host.up) {
      this.world.clientIn(this.delay(), () => socket.refused(`connect ECONNREFUSED ${address}`));
      return;
    }
    const wire = new Wire(this.world, this.random, this.conditions, epoch);
    this.forget();
    this.wires.push(wire);
    socket.open(wire);
    // The server may talk at once; the client hears that the connection is open before anything else.
    wire.down.pause();
    wire.server = host.accept(wire);
    this.world.clientIn(this.delay(), () => {
      socket.opened();
      wire.down.resume();
    });
  }

  private forget(): void {
    for (let i = this.wires.length - 1; i >= 0; i--) {
      if (this.wires[i].over && this.wires[i].idle) this.wires.splice(i, 1);
    }
  }

  private delay(): number {
    const { latency, jitter } = this.conditions;
    return latency + jitter * this.random.float();
  }
}
