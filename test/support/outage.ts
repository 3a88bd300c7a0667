import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "./until.js";

/** A real server that can be taken away, a connection to it, and what comes back on `a`. */
export class Outage implements AsyncDisposable {
  readonly server: NatsServer;
  readonly nc: Connection;
  /** The texts that arrived on `a`, in order. */
  readonly got: string[] = [];

  private constructor(server: NatsServer, nc: Connection) {
    this.server = server;
    this.nc = nc;
    nc.subscribe("a", { callback: (_, msg) => this.got.push(msg.string()) });
  }

  static async prepare(options: ConnectionOptions = {}): Promise<Outage> {
    const server = await NatsServer.start();
    const eager = { reconnectTimeWait: 5, reconnectJitter: 0 };
    const nc = await connect({ servers: server.url, ...eager, closeTimeout: 100, ...options });
    const outage = new Outage(server, nc);
    await nc.flush();
    return outage;
  }

  /** The server is gone when it resolves, and the connection knows. */
  async begin(): Promise<void> {
    await this.server.kill();
    await until(() => this.nc.state === "reconnecting", "the outage");
  }

  /** The server is back when it resolves, and everything that was to be sent is confirmed. */
  async end(): Promise<void> {
    await this.server.restart();
    await this.nc.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nc.close();
    await this.server.close();
  }
}
