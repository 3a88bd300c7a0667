import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";

/** The version of the nats-server that is used. */
export async function serverVersion(): Promise<string> {
  await using server = await NatsServer.start();
  const nc = await connect({ servers: server.url });
  const version = nc.info?.version ?? "unknown";
  await nc.close();
  return version;
}
