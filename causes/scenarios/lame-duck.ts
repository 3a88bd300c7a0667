import type { Client } from "../stage/client.js";
import { info } from "../stage/peer.js";
import type { Stage } from "../stage/stage.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

/** Announced at once, and then nobody is sent away for longer than any scenario lasts. */
const PATIENT = 'lame_duck_grace_period: "29s", lame_duck_duration: "30s"';
/** Announced, and the first client is sent away at once. */
const QUICK = 'lame_duck_grace_period: "10ms", lame_duck_duration: "30s"';

/** Resolves when the client has heard that its server shuts down. */
async function announced(client: Client, begin: () => void): Promise<void> {
  let heard = false;
  client.nc.on("lameDuck", () => {
    heard = true;
  });
  begin();
  await until(() => heard, "the announcement");
}

async function inLameDuck(stage: Stage, config: string, options = {}) {
  const server = await stage.server({ config });
  const proxy = await stage.proxy(server);
  const client = await stage.client({ servers: proxy.url, ...options });
  await client.works();
  await announced(client, () => server.lameDuck());
  return { server, proxy, client };
}

/** The server had said it. */
export const LAME_DUCK = ofKind(
  "lame-duck",
  {
    name: "lame-duck-killed",
    does: "a single server enters lame duck mode, and is killed before it has sent its clients away",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const { server, client } = await inLameDuck(stage, PATIENT);
      await server.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "lame-duck-sent-away",
    does: "a single server enters lame duck mode, and sends its clients away",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const { client } = await inLameDuck(stage, QUICK);
      return client.told("disconnect");
    },
  },
  {
    name: "lame-duck-tls",
    does: "the same over TLS",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority }, config: QUICK });
      const client = await stage.client({ servers: server.url, tls: { ca: authority.cert } });
      await client.works();
      await announced(client, () => server.lameDuck());
      return client.told("disconnect");
    },
  },
  {
    name: "lame-duck-websocket",
    does: "the same over a websocket",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ websocket: true, config: QUICK });
      const client = await stage.client({ servers: server.wsUrl! });
      await client.works();
      await announced(client, () => server.lameDuck());
      return client.told("disconnect");
    },
  },
  {
    name: "lame-duck-no-reconnect",
    does: "the same with option reconnect false: of the close",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const none = {
        reconnectTimeWait: undefined,
        reconnectJitter: undefined,
        reconnectJitterTLS: undefined,
      };
      const { client } = await inLameDuck(stage, QUICK, { reconnect: false, ...none });
      return client.told("close");
    },
  },
  {
    name: "lame-duck-reset",
    does: "a server in lame duck mode is killed with bytes that it has not read, so that the link ends with RST",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const { server, client } = await inLameDuck(stage, PATIENT);
      server.stop();
      client.nc.publish("a", new Uint8Array(100_000));
      await until(() => client.nc.stats().outMsgs >= 2, "a message on its way");
      await server.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "lame-duck-dialled",
    does: "a server says in its first INFO that it shuts down, and ends the connection before it answers CONNECT",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.send(info({ ldm: true }));
        link.once("CONNECT", () => link.socket.end());
      });
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  },
);
