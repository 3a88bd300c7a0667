import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Connection } from "./connection.js";
import type { DurableOverflow } from "./durable.js";
import type { Ending } from "./ending.js";
import { dismissPromise } from "./handled.js";
import type { Waits } from "./waits.js";

/** ms that the end of a connection waits for its outbox, after its own timeout. */
export const DETACH_TIMEOUT = 5000;

/** Hears what has gone wrong. */
interface Ear {
  error(error: Error): void;
}

/**
 * Gives the connection to its outbox, if it has one, and takes it back at its end, before that is told.
 *
 * @throws what the outbox says: it has another connection
 */
export function attachOutbox(
  nc: Connection,
  outbox: DurableOverflow | undefined,
  ending: Ending,
  waits: Waits,
  ear: Ear,
): void {
  if (outbox === undefined) return;
  // Before the call: the outbox may close the connection in the middle of it.
  ending.last = () => detached(outbox, waits, ear);
  try {
    const answer: unknown = outbox.attach(nc);
    dismissPromise(answer);
  } catch (cause) {
    ending.last = undefined;
    throw publicError(cause);
  }
}

/** Settles when the outbox has let go of the connection, or has taken too long; never rejects. */
async function detached(outbox: DurableOverflow, waits: Waits, ear: Ear): Promise<void> {
  let over = false;
  const fail = (what: string, cause?: unknown) => {
    const text = `option "outbox" (${outbox.name}): detach() ${what}: what it has taken may not be stored yet`;
    ear.error(publicError(new CodedError("CALLBACK_FAILED", text, { option: "outbox", cause })));
  };
  const work = async () => {
    try {
      await outbox.detach();
    } catch (cause) {
      fail(`has failed, ${describeCause(cause)}`, cause);
    }
    over = true;
  };
  await waits.atMost(DETACH_TIMEOUT, work());
  if (!over) fail(`has not ended within ${DETACH_TIMEOUT} ms`);
}
