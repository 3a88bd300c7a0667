import type { ConnectionOptions } from "../../src/index.js";
import type { FaultProxy } from "../../src/testing/fault-proxy.js";
import type { NatsServer, NatsServerOptions } from "../../src/testing/server.js";
import type { Ended } from "../scenario.js";
import type { Client } from "../stage/client.js";
import type { Stage } from "../stage/stage.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

/** More than all buffers of the systems between server and client, and the server's own limit. */
const FLOOD = { messages: 500, size: 100_000, atATime: 10, ask: 250 };
/**
 * What a write may take; servers have 10 s. It runs from when the buffers are full: long enough for a PING that is sent behind them to come
 * before it is over, however slow the machine is.
 */
const WRITE_DEADLINE = 'write_deadline: "2s"';
/** Where nothing gets through meanwhile, it may be longer. */
const LONG_DEADLINE = 'write_deadline: "4s"';
/** What a server here bears, bytes. */
export const IMPATIENT = { maxPayload: 200_000, maxPending: 4_000_000 };
/** The same, and more than is published before the PING. */
const PATIENT = { ...IMPATIENT, maxPending: 35_000_000 };

/**
 * Has somebody else publish more than a slow link can carry; resolves when the server has cut it off. No burst: as much at a time as
 * the server bears from one that reads.
 *
 * @param behind called when more is on its way than the buffers between server and client hold: an answer would wait behind that. It goes
 *   on when this has resolved
 */
export async function flood(
  stage: Stage,
  server: NatsServer,
  options: ConnectionOptions = {},
  behind: () => Promise<void> = async () => {},
): Promise<void> {
  const publisher = await stage.client({ servers: server.url, ...options });
  const payload = new Uint8Array(FLOOD.size);
  for (let i = 1; i <= FLOOD.messages; i++) {
    publisher.nc.publish("flood", payload);
    if (i % FLOOD.atATime === 0) await publisher.nc.flush();
    if (i === FLOOD.ask) await behind();
  }
  await publisher.nc.flush();
  await until(() => /slow consumer/i.test(server.log()), "a slow consumer in the server's log");
}

async function subscribe({ nc }: Client): Promise<void> {
  nc.subscribe("flood", { callback: () => {} });
  await nc.flush();
}

/** Has a client ask for an answer; resolves when that is on its way to the server, which must not end the link before it comes. */
async function asks({ nc }: Client, proxy: FaultProxy): Promise<void> {
  const { bytesUp } = proxy.stats();
  nc.rtt().catch(() => {});
  await until(() => proxy.stats().bytesUp > bytesUp, "a PING on its way");
}

/** ms for which an answer has to wait behind what comes before it proves something. */
const LONG = 1200;
/** ms; longer than a way is frozen here. */
const STALL_TIMEOUT = 30_000;

/** A way that takes nothing until the server has had enough of it. */
async function frozen(
  stage: Stage,
  serverOptions: NatsServerOptions,
  options: ConnectionOptions = {},
): Promise<Ended> {
  const server = await stage.server(serverOptions);
  const proxy = await stage.proxy(server);
  // That nothing comes for so long is not to be taken for a dead server.
  const client = await stage.client({ servers: proxy.url, stallTimeout: STALL_TIMEOUT, ...options });
  await subscribe(client);
  const freeze = proxy.addToxic({ type: "freeze", stream: "downstream" });
  let since = 0;
  await flood(stage, server, options, async () => {
    await asks(client, proxy);
    since = performance.now();
  });
  await until(() => performance.now() - since > LONG, "an answer that has waited for long");
  freeze.remove();
  return client.told("disconnect");
}

/** The server has more for us than we, or the way, take. */
export const SLOW_CONSUMER = ofKind(
  "slow-consumer",
  {
    name: "slow-bandwidth",
    does: "the link carries 2 MB/s, and far more is published to its subscription: the server's write_deadline passes",
    codes: ["CONNECTION_LOST", "SLOW_CONSUMER"],
    side: "network",
    async play(stage) {
      const server = await stage.server({ config: WRITE_DEADLINE });
      const proxy = await stage.proxy(server);
      proxy.addToxic({ type: "bandwidth", stream: "downstream", rate: 2_000_000 });
      const client = await stage.client({ servers: proxy.url });
      await subscribe(client);
      await flood(stage, server, {}, () => asks(client, proxy));
      return client.told("disconnect");
    },
  },
  {
    name: "slow-frozen-way",
    does: "the way takes nothing for a while, and much is published meanwhile: the server's write_deadline passes",
    codes: ["CONNECTION_LOST", "SLOW_CONSUMER"],
    side: "network",
    play: (stage) => frozen(stage, { config: LONG_DEADLINE }),
  },
  {
    name: "slow-frozen-way-tls",
    does: "the same over TLS",
    codes: ["CONNECTION_LOST", "SLOW_CONSUMER"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const tls = { ca: authority.cert };
      return frozen(stage, { tls: { authority }, config: LONG_DEADLINE }, { tls });
    },
  },
  {
    name: "slow-max-pending",
    does: "the same, and more waits for it at once than the server's max_pending",
    codes: ["CONNECTION_LOST", "SLOW_CONSUMER"],
    side: "network",
    play: (stage) => frozen(stage, PATIENT),
  },
  {
    name: "slow-said-by-server",
    does: "an older server says -ERR 'Slow Consumer' before it cuts the link off",
    codes: ["SLOW_CONSUMER"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      proxy.addToxic({ type: "inject", line: "-ERR 'Slow Consumer'", count: 1 });
      client.nc.publish("a");
      proxy.addToxic({ type: "timeout", timeout: 100, stream: "upstream" });
      return client.told("disconnect");
    },
  },
);
