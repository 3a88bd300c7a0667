import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import type { Fault } from "./faults/fault.js";
import { users } from "./faults/users.js";

/** A server and the only way to it that clients know. */
export interface Node {
  readonly server: NatsServer;
  readonly proxy: FaultProxy;
}

const CLUSTER = "chaos";

/** The servers of a trial, the proxies before them, and, when there are two, the proxy on the route between them. */
export class Site {
  readonly nodes: Node[] = [];
  /** Carries the route. */
  route: FaultProxy | undefined;

  /** Starts as many servers as these faults need, with the configuration that they need. */
  async start(faults: readonly Fault[], seed: number): Promise<void> {
    const config = [users(), ...faults.map((fault) => fault.config ?? "")].join("\n");
    const size = Math.max(...faults.map(({ servers = 1 }) => servers));
    if (size === 1) return this.#add(await NatsServer.start({ config }), seed);
    const first = await NatsServer.start({ config, name: "n1", cluster: { name: CLUSTER, routes: [] } });
    await this.#add(first, seed);
    this.route = await FaultProxy.start({ target: `${first.host}:${first.clusterPort}`, nats: false, seed });
    // The second one alone dials, so there is no other way between the two.
    const cluster = { name: CLUSTER, routes: [this.route.url] };
    await this.#add(await NatsServer.start({ config, name: "n2", cluster }), seed);
  }

  /** Closes what there is; idempotent. */
  async close(): Promise<void> {
    const servers = this.nodes.flatMap(({ server, proxy }) => [proxy.close(), server.close()]);
    await Promise.all([...servers, this.route?.close()]);
  }

  async #add(server: NatsServer, seed: number): Promise<void> {
    try {
      this.nodes.push({ server, proxy: await FaultProxy.start({ target: server.hostport, seed }) });
    } catch (error) {
      await server.close();
      throw error;
    }
  }
}
