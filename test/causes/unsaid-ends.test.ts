import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, infoLine } from "../support/fake-server.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";
import {
  frame,
  Opcode,
  type RawWebSocket,
  rawWebSocketServer,
  speaksNats,
  webUrl,
} from "../websocket/support/raw-websocket.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

it.each([
  [1009, "payload", "1009 (message too big)"],
  [1001, "server-shutdown", "1001 (going away)"],
])("a websocket that is closed with %i, and no word of NATS: %s", async (code, kind, words) => {
  const sockets: RawWebSocket[] = [];
  const server = cleanup.use(
    await rawWebSocketServer((socket) => {
      sockets.push(socket);
      speaksNats(socket);
    }),
  );
  const nc = cleanup.use(
    await connect({ servers: webUrl(server), reconnectTimeWait: 5, reconnectJitter: 0 }),
  );
  const recorder = new Recorder(nc);
  sockets[0].write(frame(Buffer.from([code >> 8, code & 255]), { opcode: Opcode.close }));
  await until(() => recorder.count("reconnect") === 1, "the reconnect");
  const { cause } = nc.diagnose().outages[0];
  expect(cause).toMatchObject({ kind, code: "CONNECTION_LOST" });
  expect(cause.evidence).toContain(`it closed the websocket with code ${words}`);
});

it("a proxy that ends the link within INFO: network", async () => {
  const server = cleanup.use(
    await FakeServer.start(({ socket }) => void socket.end(infoLine().slice(0, 40))),
  );
  const error = await rejection<Error & { why?: { kind: string; evidence: string[] } }>(
    connect({ servers: server.url, reconnect: false }),
  );
  expect(error.why).toMatchObject({ kind: "network" });
  expect(error.why!.evidence.join()).toContain("within the first line");
});

it("a server that accepts and does not answer the TLS that comes first: stale", async () => {
  const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(silent, "listening");
  try {
    const { port } = silent.address() as { port: number };
    const error = await rejection<Error & { why?: { kind: string } }>(
      connect({
        servers: `127.0.0.1:${port}`,
        tls: { handshakeFirst: true },
        timeout: 300,
        reconnect: false,
      }),
    );
    expect(error.why).toMatchObject({ kind: "stale" });
    expect(error.message).toContain("did not answer the TLS handshake");
  } finally {
    silent.close();
  }
});
