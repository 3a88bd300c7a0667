import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hello } from "./protocol.js";

/** A process that can be looked at: this one, or another by its URL. */
export interface Process {
  readonly id: string;
  readonly name: string;
  /** How many read its stream. */
  readonly readers: number;
  /** Answers with the stream of its events. */
  stream(req: IncomingMessage, res: ServerResponse): void;
  /** Answers with the last hour of a connection. */
  history(req: IncomingMessage, res: ServerResponse, connection: string): void | Promise<void>;
  /** Ends its streams at once, and lets go of everything. */
  close(): void;
}

/** The processes that there are, for a `hello`. */
export type Processes = () => Hello["processes"];
