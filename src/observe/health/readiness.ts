import type { Health } from "../../index.js";
import type { OutboxReading, Reading } from "../components/reading.js";
import type { HealthSettings } from "../health-options.js";
import { duration } from "./duration.js";

/** ms since the link was lost; undefined while one stands, and when none ever did. */
export function outageOf(health: Health, now: number): number | undefined {
  const { connected, lastDisconnectedAt } = health;
  return connected || lastDisconnectedAt === undefined ? undefined : Math.max(0, now - lastDisconnectedAt);
}

/** Why the connection carries nothing; undefined when it does. */
export function whyUnhealthy(health: Health, now: number): string | undefined {
  const { state, connected, accepting, lastConnectedAt } = health;
  if (state === "closed") return "the connection is closed";
  if (state === "draining") return "the connection is draining";
  if (!accepting) return "the connection is being closed";
  if (connected) return undefined;
  if (lastConnectedAt === undefined) return "not connected yet";
  return `not connected for ${duration(outageOf(health, now) ?? 0)}`;
}

/**
 * Why the process is not ready; undefined when it is.
 *
 * @param now ms since the epoch
 * @param isDropping whether a subscription of the connection drops messages
 * @param components what works on the connection
 */
export function whyUnready(
  health: Health,
  { mode, grace, buffer }: HealthSettings["readiness"],
  now: number,
  isDropping: boolean,
  components: readonly Reading[] = [],
): string | undefined {
  // There is nothing to wait for: it is meant so.
  const unwilling = components.find(({ unready }) => unready !== undefined);
  if (unwilling !== undefined) return unwilling.unready;
  const unhealthy = whyUnhealthy(health, now);
  if (unhealthy !== undefined) {
    // Only an outage can be waited for.
    const { lastConnectedAt, accepting, state } = health;
    const isOutage = lastConnectedAt !== undefined && accepting && state !== "closed" && state !== "draining";
    if (!isOutage || mode === "strict") return unhealthy;
    if ((outageOf(health, now) ?? 0) >= grace) return `${unhealthy}, grace is ${duration(grace)}`;
    if (mode === "default") {
      const outbox = components.find((one) => one.kind === "outbox" && one.failing === undefined);
      // What has no room in the buffer goes to the disk.
      if (outbox !== undefined) return whyFull(outbox as OutboxReading, unhealthy, buffer);
      const { limit, ratio } = health.buffer;
      if (limit === 0) return `${unhealthy}, and nothing is buffered (reconnectBufSize)`;
      if (ratio >= buffer)
        return `${unhealthy}, and the buffer is ${percent(ratio)} full, its mark is ${percent(buffer)}`;
    }
  }
  if (mode !== "consumer") return undefined;
  if (isDropping) return "a subscription is too slow and drops messages";
  const failing = components.find((one) => one.failing !== undefined);
  return failing === undefined ? undefined : `${failing.kind} ${failing.name}: ${failing.failing}`;
}

function whyFull({ bytes, maxBytes }: OutboxReading, unhealthy: string, mark: number): string | undefined {
  const ratio = maxBytes === undefined || maxBytes === 0 ? 0 : bytes / maxBytes;
  if (ratio < mark) return undefined;
  return `${unhealthy}, and the outbox is ${percent(ratio)} full, its mark is ${percent(mark)}`;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
