import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Whether something can still be answered: nothing was sent so far, and somebody may be there to read it. */
export function canAnswer(res: ServerResponse): boolean {
  return !(res.headersSent || res.writableEnded || res.destroyed);
}

/** Answers with a text that no cache keeps and no browser guesses at; to a HEAD without it. Nothing happens when it is too late. */
export function sendText(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  if (!canAnswer(res)) return;
  res.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  res.end(req.method === "HEAD" ? undefined : text);
}

/** The same with JSON. */
export function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  body: object,
  headers?: OutgoingHttpHeaders,
): void {
  sendText(req, res, status, "application/json; charset=utf-8", JSON.stringify(body), headers);
}

/** Whether the method only reads; anything else is answered with 405. */
export function onlyReads(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.method === "GET" || req.method === "HEAD") return true;
  sendJson(
    req,
    res,
    405,
    { status: "method not allowed", reason: "only GET and HEAD" },
    { Allow: "GET, HEAD" },
  );
  return false;
}

/** Something of ours has failed: the client learns that, and nothing of what it was. */
export function sendFailure(req: IncomingMessage, res: ServerResponse, reason: string): void {
  sendJson(req, res, 500, { status: "error", reason });
}
