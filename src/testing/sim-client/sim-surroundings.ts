import type { Socket } from "node:net";
import type { PoolServer } from "../../core/pool.js";
import type { SendQueue } from "../../io/send-queue.js";
import type { Surroundings } from "../../io/surroundings.js";
import type { Random } from "../random.js";
import { GuardedPool } from "../sim/guarded-pool.js";
import type { Network } from "../sim/network.js";
import type { World } from "../sim/world.js";
import { NetSocket } from "./net-socket.js";
import { VirtualClock } from "./virtual-clock.js";

/** A simulated world as the surroundings of real clients. */
export class SimSurroundings implements Surroundings {
  readonly clock: VirtualClock;
  readonly chunks: GuardedPool;
  readonly random: () => number;
  /** Sockets that have not told that they are closed. */
  readonly sockets = new Set<NetSocket>();
  /** Addresses that were dialled, in order. */
  readonly dialled: string[] = [];
  /** Whether the system tells of send queues. */
  tellsQueues = true;
  private readonly world: World;
  private readonly network: Network;
  private readonly luck: Random;
  private ids = 0;

  /**
   * @param lateness up to so many ms a timer may be late
   * @param keepIdleChunks most idle chunks that are kept for reuse
   */
  constructor(world: World, network: Network, random: Random, lateness = 0, keepIdleChunks = 4) {
    this.world = world;
    this.network = network;
    this.luck = random;
    this.random = random.fork(1).float;
    this.clock = new VirtualClock(world, random.fork(2).float, lateness);
    this.chunks = new GuardedPool(keepIdleChunks);
  }

  readonly dial = (server: PoolServer): Socket => this.open(server.address.listen) as unknown as Socket;

  readonly look = (socket: Socket): SendQueue | undefined =>
    this.tellsQueues ? (socket as unknown as NetSocket).sendQueue : undefined;

  /** A socket that is being connected to an address. */
  open(address: string): NetSocket {
    const socket = new NetSocket(++this.ids, this.world, this.luck, this.network.conditions);
    this.world.trace.note("dial", socket.id);
    this.dialled.push(address);
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    this.network.call(address, socket.id, socket);
    return socket;
  }
}
