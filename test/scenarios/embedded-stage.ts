import { startCluster } from "../../src/testing/embedded/start-cluster.js";
import { startServer } from "../../src/testing/embedded/start-server.js";
import { Cleanup } from "../support/cleanup.js";
import { asStageServer, RealStage } from "./real-stage.js";
import type { Stage, StageSetup } from "./stage.js";

/** The longest time in ms that a lame duck waits, as on real servers. */
const LAME_DUCK = { lameDuckGracePeriod: 10_000, lameDuckDuration: 30_000 };

/** Starts test servers in this process as a scenario wants them. */
export async function makeEmbeddedStage(setup: StageSetup): Promise<Stage> {
  const { servers: size = 1, user, pass, maxPayload, denyPublish, denySubscribe } = setup;
  const permissions = {
    publish: denyPublish === undefined ? {} : { deny: [denyPublish] },
    subscribe: denySubscribe === undefined ? {} : { deny: [denySubscribe] },
  };
  const options = { user, pass, maxPayload, permissions, ...LAME_DUCK };
  const cleanup = new Cleanup();
  if (size === 1) {
    const server = cleanup.use(await startServer(options));
    return new RealStage(setup, [asStageServer(server, async () => {})], cleanup);
  }
  const cluster = cleanup.use(await startCluster({ size, ...options }));
  const servers = cluster.servers.map((server) => asStageServer(server, () => cluster.settled()));
  return new RealStage(setup, servers, cleanup);
}
