import { setImmediate as turn } from "node:timers/promises";
import type { Connection, Msg } from "../../src/index.js";

/**
 * Resolves with the answer when somebody answers at `subject`: interest takes a moment to get around. Rejects when the
 * connection is closed. The loop turns in between, since some failures come without any delay.
 */
export async function answered(nc: Connection, subject: string): Promise<Msg> {
  for (;;) {
    try {
      return await nc.request(subject, "", { timeout: 100 });
    } catch (error) {
      if (nc.isClosed()) throw error;
    }
    await turn();
  }
}
