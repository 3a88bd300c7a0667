import { type Connection, connect } from "../../src/index.js";
import { serve } from "../../src/observe/index.js";
import { sleep } from "../clock.js";
import { DATA_SUBJECT, READY_SUBJECT } from "../payload.js";
import { type ClientEvents, type ClientSettings, type DemoClient, messageOf } from "./client.js";

/** All-node outages at 20,000 messages a second fit many times over. */
const RECONNECT_BUFFER = 64 * 1024 * 1024;
/** How long one question waits for the subscriber, and how long the replay waits for it in all. */
const READY_PATIENCE = 250;
const READY_DEADLINE = 10_000;
const FLUSH_DEADLINE = 20_000;

/** Holdfast with its defaults, but a larger buffer and, for the publisher, a replay that waits for its audience. */
export async function connectHoldfast(settings: ClientSettings, events: ClientEvents): Promise<DemoClient> {
  const counts = { reportedLost: 0, unconfirmedAtDisconnect: 0, probes: 0 };
  const nc = await connect({
    servers: settings.servers,
    name: settings.name,
    noRandomize: true,
    user: settings.user,
    pass: settings.pass,
    tls: settings.tls,
    ignoreClusterUpdates: settings.ignoreClusterUpdates,
    ignoreAuthErrorAbort: settings.ignoreAuthErrorAbort,
    delivery: settings.delivery,
    reconnectBufSize: RECONNECT_BUFFER,
    replayMargin: settings.replayMargin,
    ...(settings.awaitSubscriber && {
      beforeReplayTimeout: READY_DEADLINE,
      beforeReplay: (connection: Connection) => subscriberAnswers(connection, counts),
    }),
  });
  nc.on("disconnect", (_error, info) => {
    counts.unconfirmedAtDisconnect += info.unconfirmed;
    events.down(`${info.unconfirmed} unconfirmed`, info.cause.kind, info.cause.code);
  });
  nc.on("reconnect", ({ server, replayed, downtime }) => {
    events.up(server, `${replayed} replayed after ${Math.round(downtime)} ms`);
  });
  nc.on("error", (error) => events.error(messageOf(error)));
  nc.on("attemptFailed", (error) => events.attemptFailed?.(messageOf(error)));
  nc.on("close", (_error, { cause }) => events.closed?.(cause.message));
  nc.on("messageLost", (batch) => {
    events.lost?.(batch);
    counts.reportedLost += batch.filter(({ subject }) => subject === DATA_SUBJECT).length;
  });
  const { dashboard } = settings;
  const served =
    dashboard === undefined
      ? undefined
      : await serve(nc, { dashboard: { name: settings.name, subjects: true, peers: dashboard.peers } });
  return {
    dashboard: served?.url,
    publish: (subject, payload) => nc.publish(subject, payload),
    room: () => nc.writable(),
    subscribe(subject, heard) {
      nc.subscribe(subject, {
        callback: (error, msg) => {
          if (error) events.error(messageOf(error));
          else heard(msg.data, () => msg.respond());
        },
      });
    },
    server: () => nc.getServer(),
    flush: () => nc.flush({ timeout: FLUSH_DEADLINE }),
    buffer: () => nc.buffered,
    books: () => nc.stats(),
    get reportedLost() {
      return counts.reportedLost;
    },
    get unconfirmedAtDisconnect() {
      return counts.unconfirmedAtDisconnect;
    },
    get probes() {
      return counts.probes;
    },
    async close() {
      await nc.close();
      await served?.close();
    },
  };
}

/** Asks until the subscriber answers: then its subscriptions are in place on the way from this server to it. */
async function subscriberAnswers(nc: Connection, counts: { probes: number }): Promise<void> {
  for (;;) {
    counts.probes++;
    try {
      await nc.request(READY_SUBJECT, "", { timeout: READY_PATIENCE });
      return;
    } catch (error) {
      // "No responders" comes at once; asking again in the same instant would only keep the server busy.
      if (nc.isClosed()) throw error;
      await sleep(2);
    }
  }
}
