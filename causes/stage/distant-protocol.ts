import type { ConnectionOptions } from "../../src/index.js";
import type { Ended } from "../scenario.js";

/** What a process with a client is started for. */
export interface Task {
  /** Of `connect()`; what JSON can carry. */
  readonly options: ConnectionOptions;
  /** ms for which its authenticator keeps the event loop busy, once. */
  readonly blockInAuthenticator?: number;
  /** ms for which the application keeps the event loop busy right behind `connect()`, once the connection is on its way. */
  readonly blockBehindConnect?: number;
  /** Keep the event loop busy nearly all the time, with work that has nothing to do with what comes in. */
  readonly busy?: boolean;
}

/** What it is told to do. */
export interface Command {
  /** Keep the event loop busy for so many ms. */
  readonly block: number;
}

/** What it tells. */
export type Report = "ready" | "blocking" | Ended;
