import { expect } from "vitest";
import type { Connection, ConnectionOptions, MoveInfo } from "../../src/index.js";
import { NatsCluster, type NatsClusterOptions } from "../../src/testing/cluster.js";
import { answered } from "./answered.js";
import { connectAtFirst } from "./at-first.js";
import { Recorder } from "./recorder.js";
import { until } from "./until.js";

/** What nobody hears of during a planned move. */
const OUTAGE = ["state", "disconnect", "reconnecting", "reconnect", "error", "messageLost", "close"] as const;

/** A connection that is told to move, and what it tells meanwhile. */
export class Mover {
  readonly nc: Connection;
  /** Every `move` so far. */
  readonly moves: MoveInfo[] = [];
  private readonly outage: Recorder;

  constructor(nc: Connection) {
    this.nc = nc;
    this.outage = new Recorder(nc, OUTAGE);
    nc.on("move", (info) => void this.moves.push(info));
  }

  /** nc.reconnect(); resolves with what the `move` event tells. */
  async move(): Promise<MoveInfo> {
    const before = this.moves.length;
    await this.nc.reconnect();
    await until(
      () => this.moves.length > before,
      () => `move ${before + 1}: ${this.outage.names().join()}`,
    );
    return this.moves[before];
  }

  /** Fails when anybody would have noticed an outage. */
  expectUnnoticed(): void {
    expect(this.outage.events, "events of an outage").toEqual([]);
    expect(this.nc.state).toBe("connected");
  }
}

/** A cluster for moves, and the connections that a test has to it. */
export class Moving implements AsyncDisposable {
  readonly cluster: NatsCluster;
  private readonly open: Connection[] = [];

  private constructor(cluster: NatsCluster) {
    this.cluster = cluster;
  }

  static async start(options: NatsClusterOptions = {}): Promise<Moving> {
    return new Moving(await NatsCluster.start(options));
  }

  /** Connects to the server of this number (from 0), and to the others after it. */
  async at(node: number, options: ConnectionOptions = {}): Promise<Connection> {
    const { urls } = this.cluster;
    const servers = [options.servers ?? [...urls.slice(node), ...urls.slice(0, node)]].flat();
    const nc = await connectAtFirst(servers, { ignoreClusterUpdates: true, ...options });
    this.open.push(nc);
    return nc;
  }

  async mover(node: number, options: ConnectionOptions = {}): Promise<Mover> {
    return new Mover(await this.at(node, options));
  }

  /**
   * Resolves when all servers know of what `nc` has subscribed so far.
   *
   * @param options what other connections need
   */
  async known(nc: Connection, options: ConnectionOptions = {}): Promise<void> {
    const subject = `there.${Math.random()}`;
    const sub = nc.subscribe(subject, { callback: (_, msg) => msg.respond() });
    await nc.flush();
    for (const node of this.cluster.servers.keys()) {
      const probe = await this.at(node, options);
      await answered(probe, subject);
      await probe.close();
    }
    sub.unsubscribe();
  }

  /** Closes the connections of a test; the servers stay. */
  async closeConnections(): Promise<void> {
    await Promise.all(this.open.splice(0).map((nc) => nc.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeConnections();
    await this.cluster.close();
  }
}
