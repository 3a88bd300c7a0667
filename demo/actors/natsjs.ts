import { connect, type NatsConnection } from "@nats-io/transport-node";
import { sleep } from "../clock.js";
import { type ClientEvents, type ClientSettings, type DemoClient, messageOf } from "./client.js";

/**
 * nats.js has nothing that tells a publisher to slow down, and its memory grows without end if nobody does. As fast
 * as it goes, the demo does what users do, a `flush()` now and then, which also keeps its losses down while the link
 * is gone.
 */
const FLUSH_EVERY = 10_000;
/** A flush during an outage hangs or rejects; neither may stop the publisher for good. */
const FLUSH_PATIENCE = 2_000;

/** nats.js with its defaults, but never giving up, as every production guide has it. */
export async function connectNatsJs(settings: ClientSettings, events: ClientEvents): Promise<DemoClient> {
  const nc = await connect({
    servers: settings.servers,
    name: settings.name,
    maxReconnectAttempts: -1,
    // Both clients: the order was shuffled by the seed already, so that both start on the same nodes.
    noRandomize: true,
    user: settings.user,
    pass: settings.pass,
    tls: settings.tls,
    ignoreClusterUpdates: settings.ignoreClusterUpdates,
    ignoreAuthErrorAbort: settings.ignoreAuthErrorAbort,
  });
  void follow(nc, events);
  let sinceFlush = 0;
  return {
    publish(subject, payload) {
      nc.publish(subject, payload);
      return ++sinceFlush < FLUSH_EVERY;
    },
    async room() {
      sinceFlush = 0;
      await Promise.race([nc.flush().catch(() => {}), sleep(FLUSH_PATIENCE)]);
    },
    subscribe(subject, heard) {
      nc.subscribe(subject, {
        callback: (error, msg) => {
          if (error) events.error(messageOf(error));
          else heard(msg.data, () => msg.respond());
        },
      });
    },
    server: () => nc.getServer(),
    flush: () => nc.flush(),
    buffer: () => undefined,
    books: () => undefined,
    reportedLost: 0,
    unconfirmedAtDisconnect: 0,
    probes: 0,
    close: () => nc.close(),
  };
}

async function follow(nc: NatsConnection, events: ClientEvents): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === "disconnect") events.down("");
    else if (status.type === "reconnect") events.up(nc.getServer(), "");
    else if (status.type === "error") events.error(messageOf(status.error));
    else if (status.type === "close") events.closed?.("");
  }
}
