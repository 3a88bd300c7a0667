import type { ServerChoice } from "../core/connector.js";
import type { PoolServer } from "../core/pool.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { ReconnectToServerHandler, Server } from "../interop/nats-core.js";
import type { CallbackContext } from "./delays.js";
import { describeServer } from "./facts.js";
import { dismissPromise } from "./handled.js";

const NAME = "reconnectToServer";
/** Longest wait in ms that a choice may ask for, which is what timers can. */
const LONGEST = 2 ** 31 - 1;

/** What is wrong with an answer. */
class Unusable {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Asks option `reconnectToServer` which server is dialled next. What it gets is a copy. An answer that cannot be used, or an
 * exception, is reported, and the server that would be dialled without the option is.
 */
export function toChoice(
  handler: ReconnectToServerHandler,
  context: CallbackContext,
): (pool: readonly PoolServer[]) => ServerChoice | undefined {
  let asking = false;
  return (pool) => {
    // Who calls nc.reconnect() from within is not asked in circles.
    if (asking) return undefined;
    asking = true;
    let why: string;
    try {
      const answer: unknown = handler(Object.freeze(pool.map(describeServer)), context.info() ?? null);
      const choice = read(answer, pool);
      if (!(choice instanceof Unusable)) return choice;
      ({ why } = choice);
    } catch (cause) {
      why = `has thrown: ${describeCause(cause)}`;
    } finally {
      asking = false;
    }
    const text = `option "${NAME}" ${why}; the default choice is taken`;
    context.report(publicError(new CodedError("CALLBACK_FAILED", text, { option: NAME })));
    return undefined;
  };
}

function read(answer: unknown, pool: readonly PoolServer[]): ServerChoice | Unusable | undefined {
  if (answer === null || answer === undefined) return undefined;
  if (dismissPromise(answer)) return new Unusable("returned a promise: it must be synchronous");
  if (typeof answer !== "object")
    return new Unusable(`returned ${typeof answer}: it must return a server of the pool`);
  if (!("server" in answer)) return find(answer as Server, 0, pool);
  const { server, delay = 0 } = answer as { server: unknown; delay?: unknown };
  if (typeof server !== "object" || server === null) {
    return new Unusable('returned an object whose "server" is none: it must be a server of the pool');
  }
  if (typeof delay !== "number" || !(delay >= 0 && delay <= LONGEST)) {
    return new Unusable(
      `returned a delay of ${typeof delay === "number" ? delay : typeof delay}: it must be milliseconds`,
    );
  }
  return find(server as Server, delay, pool);
}

function find(server: Server, delay: number, pool: readonly PoolServer[]): ServerChoice | Unusable {
  const { listen } = server;
  if (typeof listen !== "string")
    return new Unusable("returned what is no server: it must be one of the pool");
  const known = pool.find(({ address }) => address.listen === listen);
  return known === undefined
    ? new Unusable(`returned a server that is not in the pool: ${JSON.stringify(listen.slice(0, 300))}`)
    : { server: known, delay };
}
