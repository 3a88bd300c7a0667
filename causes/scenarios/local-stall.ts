import type { ConnectionOptions } from "../../src/index.js";
import type { NatsServer, NatsServerOptions } from "../../src/testing/server.js";
import type { Scenario } from "../scenario.js";
import type { DistantClient } from "../stage/distant-client.js";
import type { Stage } from "../stage/stage.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";
import { flood, IMPATIENT as TIGHT } from "./slow-consumer.js";

/** The server gives up who does not answer within about two seconds. */
const IMPATIENT = 'ping_interval: "1s"\nping_max: 1';
/** ms; longer than any server here bears. */
const STALL = 4000;

/** What the server has of clients; the flood's publisher is not waited for. */
async function clientsOf(server: NatsServer): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${server.monitorPort}/connz`);
  return ((await response.json()) as { num_connections: number }).num_connections;
}

/** A client's process that stands still, and what makes the server give it up. */
function stands(
  name: string,
  does: string,
  options: NatsServerOptions,
  still: (client: DistantClient, stage: Stage, server: NatsServer) => Promise<void>,
  own: ConnectionOptions = {},
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["CONNECTION_LOST", "STALE_CONNECTION", "SLOW_CONSUMER"],
    side: "client",
    process: true,
    async play(stage) {
      const server = await stage.server({ monitor: true, ...options });
      const client = stage.distant({ options: { servers: server.url, ...own } });
      await client.ready();
      await still(client, stage, server);
      return client.told("disconnect");
    },
  };
}

/** SIGSTOP until the server has no client any more. */
async function stopped(client: DistantClient, _: Stage, server: NatsServer): Promise<void> {
  client.pause();
  let clients = Number.POSITIVE_INFINITY;
  const look = setInterval(() => {
    clientsOf(server).then(
      (count) => {
        clients = count;
      },
      () => {},
    );
  }, 50);
  try {
    await until(() => clients === 0, "a server that has given the client up");
  } finally {
    clearInterval(look);
    client.resume();
  }
}

/** This process does not run, and the server gives it up. */
export const LOCAL_STALL = ofKind(
  "local-stall",
  stands(
    "stall-blocked-pings",
    "the event loop is kept busy for seconds, and the server's PINGs stay without an answer",
    { config: IMPATIENT },
    (client) => client.block(STALL),
  ),
  stands(
    "stall-blocked-flood",
    "the event loop is kept busy for seconds while much comes in: the server cuts off a slow consumer",
    TIGHT,
    async (client, stage, server) => {
      await client.block(STALL);
      await flood(stage, server);
    },
  ),
  stands(
    "stall-stopped-pings",
    "the process is stopped (SIGSTOP, as a debugger or a frozen container does it) until the server gives it up",
    { config: IMPATIENT },
    stopped,
  ),
  stands(
    "stall-stopped-flood",
    "the process is stopped while much comes in",
    TIGHT,
    async (client, stage, server) => {
      client.pause();
      await flood(stage, server);
      // Shorter stalls than a second are not taken for one.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      client.resume();
    },
  ),
  stands(
    "stall-blocked-own-pings",
    "the same as the first, with a client that looks for life every 300 ms itself",
    { config: IMPATIENT },
    (client) => client.block(STALL),
    { pingInterval: 300, maxPingOut: 1 },
  ),
  {
    name: "stall-before-connect-line",
    does: "the event loop is kept busy right behind connect() for longer than the server waits for CONNECT",
    codes: ["STALE_CONNECTION", "CONNECTION_LOST", "CONNECTION_REFUSED", "TIMEOUT"],
    side: "client",
    process: true,
    async play(stage) {
      const server = await stage.server({ config: "authorization { user: me, password: pw, timeout: 0.5 }" });
      const options = { servers: server.url, user: "me", pass: "pw" };
      const client = stage.distant({ options, blockBehindConnect: 2500 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "stall-before-tls",
    does: "the event loop is kept busy right behind connect() for longer than the server waits for TLS",
    codes: ["STALE_CONNECTION", "CONNECTION_LOST", "CONNECTION_REFUSED", "TLS_FAILED", "TIMEOUT"],
    side: "client",
    process: true,
    async play(stage) {
      const authority = await stage.authority();
      const { certFile, keyFile } = await authority.issue({ hosts: ["127.0.0.1"] });
      const files = `cert_file: ${JSON.stringify(certFile)}, key_file: ${JSON.stringify(keyFile)}`;
      const server = await stage.server({ config: `tls { ${files}, timeout: 0.5 }` });
      const options = { servers: server.url, tls: { ca: authority.cert } };
      const client = stage.distant({ options, blockBehindConnect: 2500 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "stall-in-handshake",
    does: "the authenticator keeps the event loop busy for longer than the server waits for CONNECT",
    codes: ["STALE_CONNECTION", "CONNECTION_LOST", "CONNECTION_REFUSED", "TIMEOUT"],
    side: "client",
    process: true,
    async play(stage) {
      const server = await stage.server({ config: "authorization { user: me, password: pw, timeout: 0.5 }" });
      const client = stage.distant({ options: { servers: server.url }, blockInAuthenticator: 2500 });
      await client.ready();
      return client.told("attemptFailed");
    },
  },
);
