import { setImmediate } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import type { BenchClient } from "./client.js";

/**
 * nats.js never says that it has enough: a publisher that does not let the event loop turn only fills memory. A turn after
 * 1,000 messages was its best, in rate and in CPU time, of turns after 100, 300, 1,000 and 10,000, and of a `flush()` after
 * 1,000 and 10,000.
 */
const TURN_EVERY = 1000;

/** nats.js with its defaults. */
export async function natsJs(server: string): Promise<BenchClient> {
  const nc = await connect({ servers: server });
  return {
    async publishFor(ms, subject, payload) {
      const end = performance.now() + ms;
      let messages = 0;
      do {
        for (let i = 0; i < TURN_EVERY; i++) nc.publish(subject, payload);
        messages += TURN_EVERY;
        await setImmediate();
      } while (performance.now() < end);
      await nc.flush();
      return messages;
    },
    subscribe(subject, tally) {
      nc.subscribe(subject, { callback: (_error, msg) => tally.add(1, msg.data.length) });
      return nc.flush();
    },
  };
}
