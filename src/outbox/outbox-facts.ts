import type { HoldfastError, OutboxFacts } from "../index.js";
import type { OutboxMode } from "./options.js";
import type { OutboxStats } from "./outbox-stats.js";

/** What facts tell beside the counts. */
interface Condition {
  readonly name: string;
  readonly mode: OutboxMode;
  readonly maxBytes: number;
  readonly isClosed: boolean;
  readonly hasLink: boolean;
  /** What fails at the store, and is tried again. */
  readonly storeFailure: HoldfastError | undefined;
  /** What keeps it from sending, although a link stands. */
  readonly sendingFails: HoldfastError | undefined;
  readonly lastError: HoldfastError | undefined;
}

/** An outbox as health, dashboard and metrics see it. */
export function outboxFacts(stats: OutboxStats, condition: Condition): OutboxFacts {
  const { pending, memoryBytes, ...counts } = stats;
  void memoryBytes;
  const { name, mode, maxBytes, storeFailure, sendingFails, lastError } = condition;
  const failing = (storeFailure ?? sendingFails)?.message;
  return {
    kind: "outbox",
    name,
    mode,
    state: stateOf(counts.messages + pending > 0, condition),
    ...counts,
    maxBytes,
    ...(failing === undefined ? {} : { failing }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function stateOf(holds: boolean, { isClosed, hasLink }: Condition): OutboxFacts["state"] {
  if (isClosed) return "closed";
  if (!holds) return "idle";
  return hasLink ? "sending" : "waiting";
}
