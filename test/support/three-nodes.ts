import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import type { NatsServer } from "../../src/testing/server.js";
import { answered } from "./answered.js";
import { Arrivals, countInto } from "./arrivals.js";
import type { OutageLog } from "./outage-log.js";
import { until } from "./until.js";

/** Three real servers, a subscriber to `a` at the third, and publishers at the first two. */
export class ThreeNodes implements AsyncDisposable {
  readonly cluster: NatsCluster;
  readonly subscriber: Connection;
  /** What has come in on `a`. */
  readonly arrivals = new Arrivals();
  private readonly publishers: Connection[] = [];

  private constructor(cluster: NatsCluster, subscriber: Connection) {
    this.cluster = cluster;
    this.subscriber = subscriber;
  }

  static async start(): Promise<ThreeNodes> {
    const cluster = await NatsCluster.start();
    const subscriber = await connect({ servers: cluster.urls[2], ignoreClusterUpdates: true });
    const nodes = new ThreeNodes(cluster, subscriber);
    subscriber.subscribe("a", { callback: countInto(nodes.arrivals) });
    subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await subscriber.flush();
    return nodes;
  }

  /** Connects to one of the first two servers, both of which know of the subscriber. */
  async publisher(options: ConnectionOptions = {}): Promise<Connection> {
    const servers = this.cluster.urls.slice(0, 2);
    const nc = await connect({ servers, ignoreClusterUpdates: true, ...options });
    this.publishers.push(nc);
    for (const url of servers) {
      const probe = await connect({ servers: url, ignoreClusterUpdates: true });
      await answered(probe, "there?");
      await probe.close();
    }
    return nc;
  }

  /** The server that a connection is at. */
  serverOf(nc: Connection): NatsServer {
    const at = this.cluster.servers.find((server) => server.hostport === nc.getServer());
    if (at === undefined) throw new Error(`${nc.getServer()} is none of the cluster`);
    return at;
  }

  /** Resolves when of the first `count` messages none is lost (promises.md): all have arrived, or died with a server. */
  async arrived(count: number, log: OutageLog): Promise<void> {
    let total = -1;
    let lost: number[] = [];
    try {
      await until(
        () => {
          if (this.arrivals.total !== total) lost = log.lost(this.arrivals, count);
          total = this.arrivals.total;
          return lost.length === 0;
        },
        () => `all messages; missing are ${lost.length}: ${lost.slice(0, 20)}`,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await this.whereabouts()}`);
    }
  }

  /** Where messages that are missing may be: how far each server says that they came, and what it has logged. */
  private async whereabouts(): Promise<string> {
    const running = this.cluster.servers.filter((server) => server.running && !server.stopped);
    const servers = running.map(async (server) => {
      const ask = async (path: string) =>
        (await fetch(`http://127.0.0.1:${server.monitorPort}/${path}`)).json() as Promise<
          Record<string, unknown>
        >;
      const { in_msgs, out_msgs, slow_consumers } = await ask("varz");
      const { routes } = await ask("routez?subs=1");
      const lines = server.log().split("\n");
      const log = lines
        .filter((line) => !line.includes("Error trying to connect to route"))
        .slice(-25)
        .join("\n");
      return `${server.name} ${server.hostport} ${JSON.stringify({ in_msgs, out_msgs, slow_consumers, routes })}\n${log}`;
    });
    const connections = [this.subscriber, ...this.publishers].map((nc) => {
      const changes = nc.history.map(({ to, reason }) => `${to}: ${reason}`);
      return JSON.stringify({ server: nc.getServer(), changes, stats: nc.stats() });
    });
    return [...connections, ...(await Promise.all(servers))].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.subscriber, ...this.publishers].map((nc) => nc.close()));
    await this.cluster.close();
  }
}
