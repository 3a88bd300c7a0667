import type { Engine } from "../core/engine.js";
import type { FenceOutcome } from "../core/fences.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError, requestError } from "../interop/errors.js";
import type { Clock } from "../io/clock.js";
import type { DurableOverflow } from "./durable.js";
import { isThenable } from "./handled.js";

/**
 * Publishes, and settles with the outcome of that very message; when the outbox takes it, with what that says of it. Rejects with what `publish` throws.
 *
 * @param outbox the overflow of the connection, if it is one
 */
export function confirmPublish(
  engine: Engine,
  subject: string,
  publish: () => void,
  outbox?: DurableOverflow,
): Promise<void> {
  return new Promise((resolve, reject) => {
    publish();
    let isLast = true;
    engine.confirmLast((outcome) => {
      // What it keeps at the end of the connection it was not the last to take.
      if (outcome === "taken" && isLast && typeof outbox?.confirmLast === "function") {
        resolve(confirmTaken(outbox, subject));
      } else settleFence(outcome, subject, resolve, reject);
    });
    isLast = false;
  });
}

/** Settles with the end of the message that the outbox has taken in this turn. */
async function confirmTaken(outbox: DurableOverflow, subject: string): Promise<void> {
  try {
    const confirmed: unknown = outbox.confirmLast?.();
    if (!isThenable(confirmed)) {
      const text = `option "outbox" (${outbox.name}): confirmLast() has answered ${describeCause(confirmed)}, and no promise`;
      throw new CodedError("CALLBACK_FAILED", text, { option: "outbox" });
    }
    await confirmed;
  } catch (error) {
    if (!(error instanceof CodedError)) throw publicError(error);
    throw publicError(new CodedError(error.code, error.message, { subject, ...error.detail }));
  }
}

/** Settles with the outcome of everything accepted so far. */
export function confirmAll(engine: Engine, now: number): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.fence((outcome) => settleFence(outcome, undefined, resolve, reject), now);
  });
}

/** Resolves when everything accepted so far has its outcome; rejects after `timeout` ms, or when closed. */
export function flushed(engine: Engine, timeout: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const expire = () => {
      engine.fences.cancel(fence);
      const text = `flush: not confirmed within ${timeout} ms; the messages stay`;
      reject(publicError(new CodedError("TIMEOUT", text)));
    };
    const timer = clock.setTimeout(expire, timeout);
    const settle = (outcome: FenceOutcome) => {
      clock.clearTimeout(timer);
      if (outcome !== "closed") return resolve();
      reject(publicError(fenceError("closed", undefined)));
    };
    const fence = engine.fence(settle, clock.now());
  });
}

/** Settles with the time of a round trip; rejects when there is no link, or it is lost before its answer. */
export function roundTrip(engine: Engine, now: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(requestError(new CodedError("DISCONNECTED", "disconnected: there is no link to measure")));
    if (!engine.ping(resolve, now, fail)) fail();
  });
}

/** Settles a promise with the outcome of what it waited for. */
export function settleFence(
  outcome: FenceOutcome,
  subject: string | undefined,
  resolve: () => void,
  reject: (error: Error) => void,
): void {
  if (outcome === "confirmed") return resolve();
  reject(publicError(fenceError(outcome, subject)));
}

function fenceError(outcome: Exclude<FenceOutcome, "confirmed">, subject: string | undefined): CodedError {
  const what = subject === undefined ? "a message before the fence" : "the message";
  switch (outcome) {
    case "refused":
      return new CodedError("PERMISSIONS_VIOLATION", `the server refused ${what}`, {
        subject,
        operation: "publish",
      });
    case "dropped":
      return new CodedError("MESSAGE_DROPPED", `${what} was given up, see the messageLost event`, {
        subject,
      });
    case "taken":
      return new CodedError("OVERFLOWED", `the overflow has taken ${what}: it publishes it later`, {
        subject,
      });
    case "unconfirmed":
      return new CodedError("UNCONFIRMED", `the link died before ${what} was confirmed`, {
        subject,
        maybeDelivered: true,
      });
    case "closed":
      return new CodedError("CONNECTION_CLOSED", "the connection was closed before the confirmation", {
        subject,
      });
  }
}
