import { setImmediate } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { Library, Load, Where } from "./client.js";
import { freshHeaders, LibraryClient } from "./library.js";

/**
 * nats.js never says that it has enough: a publisher that does not let the event loop turn only fills memory. A turn after
 * 1,000 messages was its best, in rate and in CPU time, of turns after 100, 300, 1,000 and 10,000, and of a `flush()` after
 * 1,000 and 10,000 (128 B). Of larger messages fewer make as many bytes.
 */
const TURN_EVERY = 1000;
const TURN_BYTES = 1024 * 1024;

/** nats.js with its defaults, but for a reconnect at once. */
export async function natsJs({ url, ca }: Where): Promise<Library> {
  const tls = ca === undefined ? {} : { tls: { ca } };
  return new NatsJs(await connect({ servers: url, reconnectDelayHandler: () => 0, ...tls }));
}

class NatsJs extends LibraryClient {
  /** What it buffers in an outage it drops when it dials. */
  readonly keeps = false;
  protected readonly nc: NatsConnection;

  constructor(nc: NatsConnection) {
    super();
    this.nc = nc;
  }

  async publishFor(ms: number, { subjects, payload, headers }: Load): Promise<number> {
    const { nc } = this;
    const burst = burstOf(payload);
    const end = performance.now() + ms;
    let messages = 0;
    let at = 0;
    do {
      for (let i = 0; i < burst; i++) {
        const subject = subjects[at];
        if (++at === subjects.length) at = 0;
        if (headers) nc.publish(subject, payload, { headers: freshHeaders() });
        else nc.publish(subject, payload);
      }
      messages += burst;
      await setImmediate();
    } while (performance.now() < end);
    await nc.flush();
    return messages;
  }

  async publishMany(messages: number, subject: string, payload: Uint8Array): Promise<void> {
    const burst = burstOf(payload);
    for (let i = 1; i <= messages; i++) {
      this.nc.publish(subject, payload);
      if (i % burst === 0) await setImmediate();
    }
  }

  confirmFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number> {
    return this.eachConfirmed(ms, inFlight, () => {
      this.nc.publish(subject, payload);
      return this.nc.flush();
    });
  }
}

function burstOf(payload: Uint8Array): number {
  return Math.max(1, Math.min(TURN_EVERY, Math.floor(TURN_BYTES / payload.length)));
}
