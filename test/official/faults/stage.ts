import { setTimeout as sleep } from "node:timers/promises";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { NatsCluster } from "../../../src/testing/cluster.js";
import type { NatsServer } from "../../../src/testing/server.js";
import { consumersOf, leadersOf, unhealthy } from "./health.js";

const POLL_MS = 25;
/** An election takes nats-server 4 to 9 s, and a second one may be needed. */
const HEALTHY_TIMEOUT_MS = 25_000;

/**
 * Three real servers with JetStream, and a connection of nats.js beside them that sets the stage and looks at the result: it is
 * not the one under test.
 */
export class JetStreamStage implements AsyncDisposable {
  readonly cluster: NatsCluster;
  readonly control: NatsConnection;
  readonly manager: JetStreamManager;

  private constructor(cluster: NatsCluster, control: NatsConnection, manager: JetStreamManager) {
    this.cluster = cluster;
    this.control = control;
    this.manager = manager;
  }

  static async start(): Promise<JetStreamStage> {
    const cluster = await NatsCluster.start({ jetstream: true });
    try {
      const control = await connect({
        servers: cluster.urls,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
      });
      const manager = await jetstreamManager(control, { checkAPI: false });
      const stage = new JetStreamStage(cluster, control, manager);
      // A slow machine may need another election: what is asked in the middle of one is not answered.
      await stage.healthy();
      return stage;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** The URLs of all servers, that of `first` at the head. */
  urlsFrom(first: NatsServer): string[] {
    return [first.url, ...this.cluster.urls.filter((url) => url !== first.url)];
  }

  /** The server that a connection is at. */
  serverOf(nc: { getServer(): string }): NatsServer {
    const at = this.cluster.servers.find((server) => server.hostport === nc.getServer());
    if (at === undefined) throw new Error(`${nc.getServer()} is none of the cluster`);
    return at;
  }

  /**
   * Resolves when the running servers, a majority, have a leader for JetStream itself and for every stream and every consumer, and its
   * replicas on running servers are current. Rejects with what is missing.
   */
  async healthy(): Promise<void> {
    await this.until(async () => unhealthy(this.running), HEALTHY_TIMEOUT_MS);
  }

  /** Makes `server` the leader of every stream and every durable consumer. */
  async lead(server: NatsServer): Promise<void> {
    await this.until(async () => {
      const others = (await leadersOf(this.running)).filter(({ leader }) => leader !== server.name);
      for (const { stream, consumer } of others) {
        const what =
          consumer === undefined
            ? `STREAM.LEADER.STEPDOWN.${stream}`
            : `CONSUMER.LEADER.STEPDOWN.${stream}.${consumer}`;
        const wish = JSON.stringify({ placement: { preferred: server.name } });
        await this.control.request(`$JS.API.${what}`, wish).catch(() => {});
      }
      return others.map(({ stream, consumer }) => `${stream} ${consumer ?? ""} is not at ${server.name}`)[0];
    }, HEALTHY_TIMEOUT_MS);
    await this.healthy();
  }

  /** What there is of consumers. */
  describe(): Promise<string> {
    return consumersOf(this.running);
  }

  private get running(): NatsServer[] {
    return this.cluster.servers.filter((server) => server.running);
  }

  private async until(missing: () => Promise<string | undefined>, timeout: number): Promise<void> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const what = await missing().catch((error: Error) => error.message);
      if (what === undefined) return;
      if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
      await sleep(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.close();
    await this.cluster.close();
  }
}
