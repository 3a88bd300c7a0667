import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { canAnswer } from "../http/respond.js";

const compress = promisify(gzip);

/** What is sent to many: compressed once, when somebody takes it so. */
export class Compressed {
  private readonly type: string;
  private readonly bytes: Buffer;
  private compressed: Promise<Buffer> | undefined;

  /** @param type `Content-Type` */
  constructor(type: string, bytes: Buffer) {
    this.type = type;
    this.bytes = bytes;
  }

  /** Sends it; to a HEAD, what its headers would be. */
  async send(req: IncomingMessage, res: ServerResponse, headers: OutgoingHttpHeaders): Promise<void> {
    const takes = takesGzip(req);
    if (takes) this.compressed ??= compress(this.bytes);
    const bytes = (takes && (await this.compressed)) || this.bytes;
    if (!canAnswer(res)) return;
    res.writeHead(200, {
      "Content-Type": this.type,
      "Content-Length": bytes.length,
      ...(takes ? { "Content-Encoding": "gzip" } : {}),
      Vary: "Accept-Encoding",
      "X-Content-Type-Options": "nosniff",
      ...headers,
    });
    res.end(req.method === "HEAD" ? undefined : bytes);
  }
}

/** Whether a client takes gzip: names it, and not to refuse it. */
export function takesGzip({ headers }: IncomingMessage): boolean {
  const accepted = headers["accept-encoding"];
  if (typeof accepted !== "string") return false;
  return accepted
    .split(",")
    .some((part) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0{0,3})?\s*$).*)?$/i.test(part));
}
