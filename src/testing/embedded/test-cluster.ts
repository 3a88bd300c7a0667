import { BrokerCluster } from "../broker/broker-cluster.js";
import { checkTestClusterOptions } from "./check-options.js";
import type { TestClusterOptions } from "./cluster-options.js";
import type { EmbeddedBroker } from "./embedded-broker.js";
import { type Membership, startMember, type TestServer } from "./test-server.js";

/** What the members know of each other. A route takes no time, and never breaks while both ends are there. */
class Members extends BrokerCluster<EmbeddedBroker> {
  readonly cluster: string;

  constructor(name: string) {
    super(Math.random);
    this.cluster = name;
  }

  /** A server in lame duck mode has said what it has to say. */
  override announce(): void {
    for (const server of this.servers) if (server.up && !server.lame) server.announce();
  }

  override urls(): string[] {
    return this.servers.filter(({ up, lame }) => up && !lame).map(({ address }) => address);
  }
}

/**
 * **Test servers, not nats-servers**: several {@link TestServer}s of one cluster. They carry messages to each other and tell
 * their clients which members there are. Its methods are those of `NatsCluster`.
 *
 * ```ts
 * await using cluster = await startCluster({ size: 3 });
 * const nc = await connect({ servers: cluster.urls });
 * await cluster.servers[0].kill();
 * ```
 */
export class TestCluster implements AsyncDisposable {
  /** The members, in order; one that was killed stays in its place. */
  readonly servers: TestServer[];

  private constructor(servers: TestServer[]) {
    this.servers = servers;
  }

  /** Starts all servers. Rejects as {@link TestServer.start} does, and then leaves none behind. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const { size = 3, name = "holdfast", ...shared } = checkTestClusterOptions(options);
    const members = new Members(name);
    const membership: Membership = {
      host: members,
      joined: (broker) => void members.servers.push(broker),
      changed: () => members.announce(),
    };
    const servers: TestServer[] = [];
    try {
      for (let i = 1; i <= size; i++) {
        servers.push(await startMember({ ...shared, name: `n${i}` }, membership));
      }
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()));
      throw error;
    }
    return new TestCluster(servers);
  }

  /** The members' URLs for clients, without credentials, in order; also those of members that are down. */
  get urls(): string[] {
    return this.servers.map((server) => server.url);
  }

  /** Resolves at once: members that run always see each other. */
  async settled(): Promise<void> {}

  /** Kills all servers at once; resolves when they are gone. */
  async killAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  /** Kills those that run, then starts all at once. Rejects as {@link TestServer.restart} does. */
  async restartAll(): Promise<void> {
    await this.killAll();
    await Promise.all(this.servers.map((server) => server.restart()));
  }

  /** Kills all servers. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
