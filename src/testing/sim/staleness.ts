import type { CodedError } from "../../errors.js";
import type { Client } from "./client.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";

/** Bytes that a slow link must let through within the engine's patience, or it looks like one that stands still. */
const MOVED_ENOUGH = 96 * 1024;

/** Checks that no link is given up for its silence that only seems silent. */
export class Staleness {
  private readonly client: Client;
  /** Links given up for their silence since a message was confirmed: each makes the engine more patient. */
  stalls = 0;

  constructor(client: Client) {
    this.client = client;
  }

  /** A stalled process is not taken for a dead server: what it has not read yet is a sign of life. */
  judge({ message }: CodedError, epoch: number): void {
    this.stalls++;
    const wire = this.client.driver.sockets.get(epoch)?.wire;
    const what = () => `link ${epoch}: ${message}`;
    demand(wire?.down.unread !== true, "stale-unread", what);
    if (wire === undefined || message.includes("flusherTimeout")) return;
    demand(!this.moves(wire), "stale-moving", what);
  }

  /** Nothing is wrong with a link but that it is slow: bytes arrive, and are read. */
  private moves({ vanished, frozenAt, up }: Wire): boolean {
    const { profile, driver, now, slack } = this.client;
    const { stallTimeout, pingInterval } = profile.options.liveness;
    const { latency, jitter, bandwidth, capacity } = driver.conditions;
    const patience = Math.min(stallTimeout, pingInterval > 0 ? pingInterval : Number.POSITIVE_INFINITY);
    // A small buffer is filled once a round trip: through it the way is narrower than it is.
    const rate = Math.min(bandwidth, capacity / (2 * (latency + jitter)));
    if (rate * patience < MOVED_ENOUGH || bandwidth === Number.POSITIVE_INFINITY) return false;
    if (vanished !== undefined || frozenAt !== undefined || up.paused || slack > patience / 10) return false;
    return up.lastRead > now - patience / 2 && (latency + jitter) * 5 < patience;
  }
}
