import { afterEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

async function connected(options: ConnectionOptions): Promise<Connection> {
  return cleanup.use(await connect({ reconnectTimeWait: 5, reconnectJitter: 0, ...options }));
}

const withUser = (url: string, user: string) => url.replace("ws://", `ws://${user}@`);

describe("credentials over a websocket", () => {
  it("are taken from the URL and from the options", async () => {
    const server = cleanup.use(await NatsServer.start({ websocket: true, user: "me", pass: "secret" }));
    await connected({ servers: withUser(server.wsUrl!, "me:secret") });
    await connected({ servers: server.wsUrl, user: "me", pass: "secret" });
    const tokens = cleanup.use(await NatsServer.start({ websocket: true, token: "t0ken" }));
    await connected({ servers: withUser(tokens.wsUrl!, "t0ken") });
    await connected({ servers: tokens.wsUrl, token: "t0ken" });
  });

  it("go with gossip", async () => {
    const cluster = cleanup.use(
      await NatsCluster.start({ websocket: true, size: 2, user: "me", pass: "secret" }),
    );
    const nc = await connected({ servers: withUser(cluster.wsUrls[0], "me:secret") });
    await until(() => nc.getServers().length === 2, "gossip");
    await cluster.servers[0].kill();
    await until(() => nc.stats().reconnects === 1, "the reconnect");
    expect(nc.getServer()).toBe(cluster.wsUrls[1].replace("ws://", ""));
  });

  it("that are wrong are told as that, at once, and never shown [parity 199]", async () => {
    const server = cleanup.use(await NatsServer.start({ websocket: true, user: "me", pass: "secret" }));
    // At once: who waited for the attempt's deadline would not live to see it.
    const failed = connect({ servers: withUser(server.wsUrl!, "me:S3CRET"), timeout: 60_000 });
    await expect(failed).rejects.toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    await expect(failed).rejects.not.toThrow(/S3CRET/);
  });

  it("that become wrong end the connection with the reason, however much is being written [parity 199]", async () => {
    const server = cleanup.use(await NatsServer.start({ websocket: true, user: "me", pass: "secret" }));
    const nc = await connected({ servers: server.wsUrl, user: "me", pass: "secret" });
    const writing = setInterval(() => {
      if (!nc.isClosed()) for (let i = 0; i < 100; i++) nc.publish("a", "x".repeat(1000));
    }, 1);
    try {
      await server.reload({ pass: "other" });
      const error = await nc.closed();
      expect(error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    } finally {
      clearInterval(writing);
    }
  });
});
