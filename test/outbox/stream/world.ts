import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { type Connection, type ConnectionOptions, connect } from "../../../src/index.js";
import { type NatsCluster, NatsServer, type NatsServerOptions } from "../../../src/testing/index.js";
import type { Cleanup } from "../../support/cleanup.js";

/** A connection, a way to look at streams that goes by another one, and what has been reported. */
export interface World {
  readonly nc: Connection;
  readonly jsm: JetStreamManager;
  readonly errors: Error[];
}

/** Connects; the manager goes by a connection of its own, which no test breaks. */
export async function connected(
  cleanup: Cleanup,
  options: ConnectionOptions,
  direct: ConnectionOptions = options,
): Promise<World> {
  const open = async (given: ConnectionOptions) => {
    const nc = await connect({ backoff: { initial: 20, max: 200 }, ...given });
    cleanup.use({ close: () => nc.close({ timeout: 100 }) });
    return nc;
  };
  const nc = await open(options);
  const errors: Error[] = [];
  nc.on("error", (error) => errors.push(error));
  return {
    nc,
    errors,
    jsm: await jetstreamManager(await open(direct), { checkAPI: false, timeout: 3_000 }),
  };
}

/** A server with JetStream, and a stream `S` with the subjects `s.>`. */
export async function oneServer(
  cleanup: Cleanup,
  config: Partial<StreamConfig> = {},
  options: NatsServerOptions = {},
): Promise<World & { server: NatsServer }> {
  const server = cleanup.use(await NatsServer.start({ jetstream: true, ...options }));
  const world = await connected(cleanup, { servers: server.url });
  await addStream(world.jsm, config);
  return { server, ...world };
}

export async function addStream(jsm: JetStreamManager, config: Partial<StreamConfig> = {}): Promise<void> {
  await jsm.streams.add({ name: "S", subjects: ["s.>"], ...config });
}

/** Servers that have just started may not answer yet. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}

/** The payloads of a stream, in order. */
export async function stored(jsm: JetStreamManager, name = "S"): Promise<string[]> {
  const { state } = await untilAnswered(() => jsm.streams.info(name));
  const texts: string[] = [];
  if (state.messages === 0) return texts;
  const iterator = await jsm.direct.getBatch(name, { seq: state.first_seq, batch: state.messages });
  for await (const message of iterator) texts.push(message.string());
  return texts;
}

/** Kills the leader of stream `S`; it may take a while until there is one that can be asked for. */
export async function killLeader(cluster: NatsCluster, jsm: JetStreamManager): Promise<NatsServer> {
  for (const deadline = performance.now() + 20_000; ; ) {
    const name = await jsm.streams.info("S").then(
      (info) => info.cluster?.leader,
      () => undefined,
    );
    const leader = cluster.servers.find((server) => server.name === name);
    if (leader !== undefined) {
      await leader.kill();
      return leader;
    }
    if (performance.now() > deadline) throw new Error("the stream has no leader");
  }
}

/** Numbers from `first` to `last` as texts. */
export function texts(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);
}
