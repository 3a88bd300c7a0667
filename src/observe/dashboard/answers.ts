import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../http/respond.js";

/** Readers of streams at a time, of all processes together. */
export const MOST_READERS = 32;

/** The query names a process or a connection that there is not. What it named is not repeated. */
export function sendUnknown(
  req: IncomingMessage,
  res: ServerResponse,
  what: "connection" | "process" | "path",
): void {
  sendJson(req, res, 404, { status: "not found", reason: `there is no such ${what}` });
}

/** There are readers enough. */
export function sendFull(req: IncomingMessage, res: ServerResponse): void {
  const reason = `there are ${MOST_READERS} readers already`;
  sendJson(req, res, 503, { status: "unavailable", reason }, { "Retry-After": 5 });
}

/** Another process does not answer, or not as it should. */
export function sendAway(req: IncomingMessage, res: ServerResponse, reason: string): void {
  sendJson(req, res, 502, { status: "away", reason });
}
