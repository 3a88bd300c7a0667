import type { SocketListener } from "../../io/socket.js";
import type { Random } from "../random.js";
import type { GuardedPool } from "./guarded-pool.js";
import { Names } from "./names.js";
import type { Conditions, Outlet } from "./pipe.js";
import { SimSocket } from "./socket.js";
import { Wire } from "./wire.js";
import type { World } from "./world.js";

/** Something that listens on an address. */
export interface Host {
  /** Whether a process listens there. */
  readonly listens: boolean;
  /** Takes a connection; returns where its bytes go. */
  accept(wire: Wire): Outlet;
}

/** The client's end of a connection that is being made. */
export interface Caller {
  /** It does not want it any more. */
  readonly done: boolean;
  /** Nobody listens there; or there is no such name: then `code` says so, as the system does. */
  refused(reason: string, code?: string): void;
  /** The server has accepted. */
  open(wire: Wire): void;
  /** The client hears that the server has accepted. */
  opened(): void;
}

/** ms for which Node waits for one of the addresses of a name before it tries the next. */
const NEXT_ADDRESS = 250;

/** All that lies between the client and the servers. */
export class Network {
  readonly conditions: Conditions;
  /** When a byte took longer than usual last, ms; Infinity: it does. */
  slowUntil = Number.NEGATIVE_INFINITY;
  private readonly world: World;
  private readonly random: Random;
  private readonly hosts = new Map<string, Host>();
  readonly names: Names;
  /** Addresses that swallow every attempt. */
  readonly blackholes = new Set<string>();
  /** Connections that stand, in the order in which they were made. */
  readonly wires: Wire[] = [];

  constructor(world: World, random: Random, conditions: Conditions) {
    this.world = world;
    this.random = random;
    this.conditions = conditions;
    this.names = new Names(world, random.fork(21));
  }

  listen(address: string, host: Host): void {
    this.hosts.set(address, host);
  }

  dial(address: string, epoch: number, pool: GuardedPool, listener: SocketListener): SimSocket {
    const { world, random, conditions } = this;
    const socket = new SimSocket(world, random, conditions, pool, listener);
    this.call(address, epoch, socket);
    return socket;
  }

  /** Makes a connection to an address, which may begin with a name; `epoch` names the connection. */
  call(address: string, epoch: number, caller: Caller): void {
    const colon = address.lastIndexOf(":");
    const [host, port] = [address.slice(0, colon), address.slice(colon)];
    this.names.resolve(host, (found) => {
      if (found.length > 0)
        return this.tryEach(
          found.map((one) => one + port),
          epoch,
          caller,
        );
      this.world.clientIn(0, () => caller.refused(`getaddrinfo ENOTFOUND ${host}`, "ENOTFOUND"));
    });
  }

  /** Tries one address after the other, as Node does: the next one when one refuses or says nothing for a while. */
  private tryEach(addresses: readonly string[], epoch: number, caller: Caller): void {
    const [address, ...others] = addresses;
    let over = false;
    const next = () => {
      if (over || caller.done) return;
      over = true;
      this.tryEach(others, epoch, caller);
    };
    const refuse = () => {
      if (others.length > 0) next();
      else caller.refused(`connect ECONNREFUSED ${address}`);
    };
    this.world.in(this.delay(), () => {
      if (over || caller.done || this.blackholes.has(address)) return;
      const host = this.hosts.get(address);
      if (host?.listens === true) {
        over = true;
        this.accept(host, epoch, caller);
      } else {
        this.world.clientIn(this.delay(), refuse);
      }
    });
    if (others.length > 0) this.world.clientIn(NEXT_ADDRESS, next);
  }

  /** A SYN has arrived, and is answered. */
  private accept(host: Host, epoch: number, socket: Caller): void {
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
