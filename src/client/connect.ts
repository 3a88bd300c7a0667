import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { ServerInfo } from "../interop/nats-core.js";
import { type Surroundings, SYSTEM } from "../io/surroundings.js";
import { Connection } from "./connection.js";
import type { CallbackContext } from "./delays.js";
import type { ConnectionOptions } from "./options.js";
import { toSettings } from "./settings.js";

/**
 * Connects to NATS.
 *
 * Resolves when the first link stands (with `retryOnFailedConnect`: also when no server could be reached
 * and it goes on trying). Rejects with code `INVALID_OPTION` and the option's name, or with the error of the
 * last attempt when no server could be reached.
 */
export function connect(options: ConnectionOptions = {}): Promise<Connection> {
  return connectWith(options, SYSTEM);
}

/** For callbacks of the options: the connection, once it is made. */
class LaterConnection implements CallbackContext {
  connection: Connection | undefined;

  lastError(): Error | undefined {
    return this.connection?.lastError;
  }

  info(): ServerInfo | undefined {
    return this.connection?.info;
  }

  report(error: Error): void {
    this.connection?.reportLater(error);
  }
}

/** The same in other surroundings than the system's: for simulated worlds. @internal */
export async function connectWith(
  options: ConnectionOptions,
  surroundings: Surroundings,
): Promise<Connection> {
  const context = new LaterConnection();
  try {
    const settings = toSettings(options, surroundings.random, context);
    const connection = new Connection(settings, surroundings);
    context.connection = connection;
    return connected(connection, settings.options.retryOnFailedConnect === true);
  } catch (error) {
    throw publicError(error);
  }
}

function connected(connection: Connection, evenIfNot: boolean): Promise<Connection> {
  return new Promise((resolve, reject) => {
    // Another connection may have the outbox then.
    const failed = (error: Error | undefined) =>
      void connection.closed().then(() => reject(error ?? closedMeanwhile()));
    connection.once("close", failed);
    connection.once("connect", () => {
      connection.off("close", failed);
      resolve(connection);
    });
    connection.on("state", function early({ to }) {
      if (to === "connecting") return;
      connection.off("state", early);
      if (to === "reconnecting" && evenIfNot) resolve(connection);
    });
    connection.start();
  });
}

function closedMeanwhile(): Error {
  return publicError(new CodedError("CONNECTION_CLOSED", "the connection was closed before it stood"));
}
