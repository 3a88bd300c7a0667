import { createServer, connect as dial, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
});
afterAll(() => authority.close());

/** Passes everything on until it is armed: the server's next bytes are followed by a reset, or an end, in the same turn. */
async function relay(cleanup: Cleanup, to: number) {
  const state = { armed: undefined as ((client: Socket) => void) | undefined, port: 0 };
  const sockets: Socket[] = [];
  const listener = createServer({ noDelay: true }, (client) => {
    const server = dial(to, "127.0.0.1");
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on("error", () => {});
    client.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => {
      if (client.destroyed) return;
      client.write(bytes);
      state.armed?.(client);
      state.armed = undefined;
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  state.port = (listener.address() as { port: number }).port;
  cleanup.use({
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  });
  return state;
}

const WAYS = ["nats", "tls", "ws", "wss"] as const;

async function start(cleanup: Cleanup, way: (typeof WAYS)[number]) {
  const secure = way === "tls" || way === "wss";
  const server = cleanup.use(
    await NatsServer.start({
      ...(way === "tls" ? { tls: { authority } } : {}),
      ...(way === "ws" || way === "wss" ? { websocket: { tls: secure, authority } } : {}),
    }),
  );
  const target = server.wsUrl === undefined ? server.port : Number(new URL(server.wsUrl).port);
  const relayed = await relay(cleanup, target);
  const nc = cleanup.use(
    await connect({
      servers: `${way}://127.0.0.1:${relayed.port}`,
      ignoreClusterUpdates: true,
      closeTimeout: 100,
      ...(secure ? { tls: { caFile: authority.certFile } } : {}),
    }),
  );
  return { nc, relay: relayed, recorder: new Recorder(nc) };
}

// libuv reads the bytes, sees that both directions are over, and tells an orderly end: only a write learns of the reset.
it.each(WAYS)("%s: a reset right behind bytes is one", async (way) => {
  await using cleanup = new Cleanup();
  const { nc, relay, recorder } = await start(cleanup, way);
  relay.armed = (client) => client.resetAndDestroy();
  nc.flush().catch(() => {});
  await until(() => recorder.count("disconnect") === 1, "the disconnect");
  const [, { cause }] = recorder.of("disconnect")[0];
  expect(cause).toMatchObject({ kind: "network", code: "CONNECTION_LOST" });
  expect(cause.evidence).toContain("the system reported ECONNRESET");
});

it.each(WAYS)("%s: an end in order right behind bytes is one", async (way) => {
  await using cleanup = new Cleanup();
  const { nc, relay, recorder } = await start(cleanup, way);
  relay.armed = (client) => client.destroySoon();
  nc.flush().catch(() => {});
  await until(() => recorder.count("disconnect") === 1, "the disconnect");
  expect(recorder.of("disconnect")[0][1].cause.kind).toBe("server-shutdown");
});
