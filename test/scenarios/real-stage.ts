import { connect as dial } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { QUICK, type Stage, type StageServer, type StageSetup } from "./stage.js";

/** The longest time in ms that a lame duck waits: longer than any scenario. */
const LAME_DUCK = "30s";

function permissions(denyPublish?: string, denySubscribe?: string): string {
  const rules = [
    denyPublish === undefined ? "" : `publish: { deny: [${JSON.stringify(denyPublish)}] }`,
    denySubscribe === undefined ? "" : `subscribe: { deny: [${JSON.stringify(denySubscribe)}] }`,
  ];
  return `authorization { default_permissions: { ${rules.join(" ")} }, users: [{ user: anyone, password: p }] }
no_auth_user: anyone`;
}

/** Servers on real sockets, in real time. */
export class RealStage implements Stage {
  readonly setup: StageSetup;
  readonly servers: readonly StageServer[];
  readonly failed = new Promise<never>(() => {});
  private readonly cleanup: Cleanup;

  constructor(setup: StageSetup, servers: readonly StageServer[], cleanup: Cleanup) {
    this.setup = setup;
    this.servers = servers;
    this.cleanup = cleanup;
  }

  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    return this.cleanup.use(await connect({ servers: this.servers[0].url, ...QUICK, ...options }));
  }

  async openSocket({ hostport }: StageServer): Promise<Duplex> {
    const { hostname, port } = new URL(`nats://${hostport}`);
    const socket = dial({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    this.cleanup.use({ close: async () => socket.destroy() });
    return socket;
  }

  until(condition: () => boolean, what: string | (() => string), timeout?: number): Promise<void> {
    return until(condition, what, timeout);
  }

  sleep(ms: number): Promise<void> {
    return delay(ms);
  }

  now(): number {
    return performance.now();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cleanup[Symbol.asyncDispose]();
  }
}

/** Starts nats-servers as a scenario wants them. */
export async function makeRealStage(setup: StageSetup): Promise<Stage> {
  const { servers: size = 1, user, pass, maxPayload, denyPublish, denySubscribe } = setup;
  const denies = denyPublish !== undefined || denySubscribe !== undefined;
  const config = `lame_duck_duration: "${LAME_DUCK}"\n${denies ? permissions(denyPublish, denySubscribe) : ""}`;
  const options: NatsServerOptions = { user, pass, maxPayload, config };
  const cleanup = new Cleanup();
  if (size === 1) {
    const server = cleanup.use(await NatsServer.start(options));
    return new RealStage(setup, [asStageServer(server, async () => {})], cleanup);
  }
  const cluster = cleanup.use(await NatsCluster.start({ size, ...options }));
  const servers = cluster.servers.map((server) => asStageServer(server, () => cluster.settled()));
  return new RealStage(setup, servers, cleanup);
}

/** What a stage needs of a server. */
type Launched = Pick<NatsServer, "url" | "hostport" | "kill" | "restart" | "stop" | "cont" | "lameDuck"> & {
  reload(change: { maxPayload: number }): Promise<void>;
};

export function asStageServer(server: Launched, settled: () => Promise<void>): StageServer {
  return {
    url: server.url,
    hostport: server.hostport,
    kill: () => server.kill(),
    async start() {
      await server.restart();
      await settled();
    },
    stop: () => server.stop(),
    cont: () => server.cont(),
    lameDuck: () => server.lameDuck(),
    setMaxPayload: (maxPayload) => server.reload({ maxPayload }),
  };
}
