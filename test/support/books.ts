import { expect } from "vitest";
import type { Connection, ConnectionStats } from "../../src/index.js";

/** Every accepted message is in exactly one place (promises.md §1): fails when the sums do not hold. */
export function expectBalanced(nc: Connection): ConnectionStats {
  const stats = nc.stats();
  const messages = stats.confirmed + stats.refused + stats.pending + stats.dropped + stats.unconfirmed;
  expect(messages, "the books in messages").toBe(stats.accepted);
  const bytes =
    stats.confirmedBytes +
    stats.refusedBytes +
    stats.pendingBytes +
    stats.droppedBytes +
    stats.unconfirmedBytes;
  expect(bytes, "the books in bytes").toBe(stats.acceptedBytes);
  const reasons = Object.values(stats.dropReasons).reduce((sum, count) => sum + count, 0);
  expect(reasons, "dropped by reason").toBe(stats.dropped);
  for (const [name, count] of Object.entries(stats)) {
    if (typeof count === "number") expect(count, name).toBeGreaterThanOrEqual(0);
  }
  return stats;
}
