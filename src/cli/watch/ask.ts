import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** What came of asking an endpoint. */
export type Asked =
  | {
      readonly ok: true;
      readonly code: number;
      readonly type: string;
      readonly body: string;
      readonly ms: number;
    }
  | { readonly ok: false; readonly why: string };

/** How an endpoint is asked. */
export interface AskOptions {
  readonly token?: string;
  /** ms, from the dial to the last byte. */
  readonly timeout: number;
  /** Bytes of the body that are read, at most; more is an error. */
  readonly most: number;
  /** Whether the body so far is all that is wanted: for streams, which do not end by themselves. Asked at empty lines. */
  readonly until?: (text: string) => boolean;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

/**
 * One `GET`, bounded in time and size; never rejects. Redirects are not followed: a token would go to somebody else.
 */
export function ask(url: URL, { token, timeout, most, until, signal }: AskOptions): Promise<Asked> {
  const began = performance.now();
  return new Promise((resolve) => {
    const request = url.protocol === "https:" ? httpsRequest : httpRequest;
    const asked = request(url, {
      agent: false,
      headers: {
        accept: until === undefined ? "application/json" : "text/event-stream",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const timer = setTimeout(
      () => end({ ok: false, why: `no whole answer within ${timeout / 1000} s` }),
      timeout,
    );
    const end = (result: Asked) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", ended);
      resolve(result);
      asked.destroy();
    };
    const ended = () => end({ ok: false, why: "it was not waited for" });
    // Stays: what is destroyed may still fail.
    asked.on("error", (error) => end({ ok: false, why: reason(error) }));
    asked.on("response", (response) =>
      read(response, most, until, (body) =>
        end(
          typeof body === "string"
            ? {
                ok: true,
                code: response.statusCode ?? 0,
                type: response.headers["content-type"] ?? "",
                body,
                ms: performance.now() - began,
              }
            : { ok: false, why: body.why },
        ),
      ),
    );
    signal?.addEventListener("abort", ended);
    if (signal?.aborted === true) ended();
    else asked.end();
  });
}

function read(
  response: IncomingMessage,
  most: number,
  until: AskOptions["until"],
  done: (body: string | { why: string }) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const text = () => Buffer.concat(chunks).toString("utf8");
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) return done({ why: `an answer of more than ${most / 1024} KiB` });
    if (until !== undefined && chunk.includes("\n\n") && until(text())) done(text());
  });
  response.on("end", () => done(text()));
  response.on("aborted", () => done({ why: "the answer broke off" }));
  response.on("error", (error) => done({ why: reason(error) }));
}

function reason(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const messages: Record<string, string> = {
    ECONNREFUSED: "nobody listens there (ECONNREFUSED)",
    ENOTFOUND: "no such host (ENOTFOUND)",
    ECONNRESET: "the connection was reset (ECONNRESET)",
  };
  if (code !== undefined && code in messages) return messages[code];
  const { rawPacket } = error as { rawPacket?: unknown };
  if (Buffer.isBuffer(rawPacket) && rawPacket.toString("latin1", 0, 6) === "INFO {")
    return "it speaks NATS: the address of a process is wanted, at which serve() listens";
  if (code?.startsWith("HPE_") === true) return `the answer is no HTTP (${code})`;
  return code === undefined ? error.message || "it failed" : `${code}`;
}
