import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { type ClientTls, NatsServer, type NatsServerTls } from "../src/testing/server.js";
import type { Fault, Wire } from "./faults/fault.js";
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
  /** How the servers do TLS; undefined where they do not. */
  tls: NatsServerTls | undefined;
  #authority: CertificateAuthority | undefined;

  /** Starts as many servers as these faults need, with the configuration that they need. */
  async start(faults: readonly Fault[], wire: Wire, seed: number): Promise<void> {
    if (wire === "tls") await this.#prepareTls();
    const config = [users(), ...faults.map((fault) => fault.config ?? "")].join("\n");
    const size = Math.max(...faults.map(({ servers = 1 }) => servers));
    // Whether links are encrypted is asked of the servers.
    const shared = { config, tls: this.tls, monitor: wire === "tls" };
    if (size === 1) return this.#add(await NatsServer.start(shared), seed);
    const first = await NatsServer.start({ ...shared, name: "n1", cluster: { name: CLUSTER, routes: [] } });
    await this.#add(first, seed);
    this.route = await FaultProxy.start({ target: `${first.host}:${first.clusterPort}`, nats: false, seed });
    // The second one alone dials, so there is no other way between the two.
    const cluster = { name: CLUSTER, routes: [this.route.url] };
    await this.#add(await NatsServer.start({ ...shared, name: "n2", cluster }), seed);
  }

  /** What clients need for TLS. */
  get clientTls(): ClientTls | undefined {
    return this.tls && { caFile: this.#authority!.certFile };
  }

  async #prepareTls(): Promise<void> {
    this.#authority = await CertificateAuthority.create();
    // The witness is a plain socket; the client under test is told to insist on TLS.
    this.tls = { authority: this.#authority, required: false };
  }

  /** Closes what there is; idempotent. */
  async close(): Promise<void> {
    const servers = this.nodes.flatMap(({ server, proxy }) => [proxy.close(), server.close()]);
    await Promise.all([...servers, this.route?.close()]);
    this.#authority?.close();
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
