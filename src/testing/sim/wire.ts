import type { Random } from "../random.js";
import { type Conditions, type Outlet, Pipe } from "./pipe.js";
import type { World } from "./world.js";

/** Which way bytes of a half-open connection vanish. */
export type Direction = "up" | "down" | "both";

/** A TCP connection: a pipe up to the server and one down to the client. */
export class Wire {
  readonly epoch: number;
  readonly up: Pipe;
  readonly down: Pipe;
  private readonly world: World;
  private readonly random: Random;
  /** Set by the server that has accepted it. */
  server!: Outlet;
  /** Set by the client's socket. */
  client!: Outlet;
  /** Since when bytes to, or from, or in both directions vanish; Infinity while they do not. */
  vanishedAt = Number.POSITIVE_INFINITY;
  vanished: Direction | undefined;
  /** Since when the server's process has been standing still; undefined while it runs. */
  frozenAt: number | undefined;
  /** How it has come to its end, and when. */
  ending:
    | { readonly at: number; readonly by: "network" | "server" | "client"; readonly reset: boolean }
    | undefined;

  constructor(world: World, random: Random, conditions: Conditions, epoch: number) {
    this.world = world;
    this.random = random;
    this.epoch = epoch;
    this.up = new Pipe(world, random, conditions, false, {
      data: (bytes) => this.server.data(bytes),
      end: (error) => this.server.end(error),
    });
    this.down = new Pipe(world, random, conditions, true, {
      data: (bytes) => this.client.data(bytes),
      end: (error) => this.client.end(error),
    });
  }

  get idle(): boolean {
    return this.up.idle && this.down.idle;
  }

  /** Neither end uses it any more, or it was lost. */
  get over(): boolean {
    return this.ending !== undefined;
  }

  /** Since when something is wrong with it that its client has not done; Infinity: nothing is. */
  get badSince(): number {
    const { ending, frozenAt = Number.POSITIVE_INFINITY } = this;
    const lost = ending === undefined || ending.by === "client" ? Number.POSITIVE_INFINITY : ending.at;
    return Math.min(lost, frozenAt, this.vanishedAt);
  }

  private end(by: "network" | "server" | "client", reset: boolean): void {
    this.ending = { at: this.world.now, by, reset };
  }

  /**
   * The network loses the connection: some of what was on its way arrives, up to any byte of a frame, and
   * both ends hear of it.
   *
   * @param keepUp bytes on their way up that still arrive; by default any number
   */
  lose(keepUp = this.random.int(this.up.inFlight + 1)): void {
    if (this.over) return;
    this.end("network", true);
    this.up.break(keepUp, "ECONNRESET");
    this.down.break(this.random.int(this.down.inFlight + 1), "ECONNRESET");
  }

  /** Becomes half-open: bytes vanish and nobody is told. */
  vanish(direction: Direction): void {
    if (this.over || this.vanished !== undefined) return;
    this.vanished = direction;
    this.vanishedAt = this.world.now;
    this.up.deafen();
    this.down.deafen();
    if (direction !== "down") this.up.vanish();
    if (direction !== "up") this.down.vanish();
  }

  /** The server's process stands still: it reads nothing and says nothing, but its kernel acknowledges. */
  freeze(): void {
    this.frozenAt ??= this.world.now;
    this.up.pause();
  }

  thaw(): void {
    this.frozenAt = undefined;
    this.up.resume();
  }

  /** The server's process is gone: what it had not read yet is lost, of what it had sent some arrives. */
  serverDied(): void {
    if (this.over) return;
    this.end("server", true);
    this.up.cut(0);
    this.down.break(
      this.random.int(this.down.inFlight + 1),
      this.random.chance(0.5) ? "ECONNRESET" : undefined,
    );
  }

  /** The server closes: what it has sent arrives first. */
  serverClosed(): void {
    if (this.over) return;
    this.end("server", false);
    this.up.cut(0);
    this.down.finish(undefined);
  }

  /** The client closes; after a reset only some of what was on its way still arrives. */
  clientClosed(reset: boolean): void {
    if (this.over) return;
    this.end("client", reset);
    this.down.cut(0);
    if (reset) this.up.break(this.random.int(this.up.inFlight + 1), "ECONNRESET");
    else this.up.finish(undefined);
  }
}
