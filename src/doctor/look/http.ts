import http from "node:http";
import https from "node:https";
import { describeCause } from "../../errors.js";
import { count, harmless } from "../words.js";

/** Most bytes of an answer that are read: `connz` of a server with many clients has a few hundred KiB. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** What came of a request. */
export interface Fetched {
  readonly ms: number;
  readonly status: number | undefined;
  /** The answer's JSON object; undefined: there is none, and `wrong` says why. */
  readonly json: Record<string, unknown> | undefined;
  readonly wrong: string;
  /** When it was sent and when its answer had come, ms since the epoch. */
  readonly sent: number;
  readonly received: number;
}

/** How to ask. */
export interface Asking {
  readonly authorization: string | undefined;
  /** Of option `connection.tls`, for https. */
  readonly tls: https.RequestOptions;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks for a JSON object by GET. Follows no redirect: credentials would go to who knows whom. Bounded in time and bytes. Never rejects.
 * Answers with other statuses than 200 are read as well: `healthz` says why in its body.
 */
export function getJson(url: URL, { authorization, tls, timeout, signal }: Asking): Promise<Fetched> {
  const sent = Date.now();
  const begun = performance.now();
  return new Promise((resolve) => {
    let status: number | undefined;
    let size = 0;
    const parts: Buffer[] = [];
    let over = false;
    const end = (wrong: string, json?: Record<string, unknown>) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      resolve({ ms: performance.now() - begun, status, json, wrong, sent, received: Date.now() });
      request.destroy();
    };
    const aborted = () => end('ended by option "signal"');
    const timer = setTimeout(
      () =>
        end(
          size > 0
            ? `no end of the answer within ${timeout} ms, after ${count(size, "byte")}`
            : `no answer within ${timeout} ms`,
        ),
      timeout,
    );
    const headers = { accept: "application/json", ...(authorization === undefined ? {} : { authorization }) };
    const secure = url.protocol === "https:";
    const request = (secure ? https : http).request(url, {
      ...(secure ? tls : {}),
      headers,
      agent: false,
      maxHeaderSize: 16_384,
    });
    request.on("error", (error) => end(refusal(error)));
    request.on("response", (response) => {
      status = response.statusCode ?? 0;
      if (status >= 300 && status < 400) return end(`HTTP ${status}: a redirect, which is not followed`);
      if (status === 401 || status === 403) return end(`HTTP ${status}: it wants other credentials`);
      response.on("error", (error) => end(harmless(describeCause(error))));
      response.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_ANSWER) end(`more than ${MAX_ANSWER} bytes`);
        else parts.push(part);
      });
      response.on("aborted", () => end(`the answer broke off after ${count(size, "byte")}`));
      response.on("end", () => {
        const json = objectOf(Buffer.concat(parts));
        if (json !== undefined) return end("", json);
        const type = harmless(String(response.headers["content-type"] ?? "no content type"), 60);
        end(`HTTP ${status}, and no JSON object: ${count(size, "byte")} of ${type}`);
      });
    });
    signal?.addEventListener("abort", aborted);
    if (signal?.aborted === true) aborted();
    else request.end();
  });
}

/** What Node says of bytes that are no HTTP names its parser's states: who is there says more. */
function refusal(error: Error): string {
  const { code = "", rawPacket } = error as NodeJS.ErrnoException & { rawPacket?: unknown };
  if (!code.startsWith("HPE_")) return harmless(describeCause(error));
  const begins = Buffer.isBuffer(rawPacket) ? rawPacket.toString("latin1", 0, 8) : "";
  return /^(?:INFO \{|-ERR ')/.test(begins)
    ? "it speaks NATS: that is the port for clients, not the one for monitoring"
    : "it does not speak HTTP";
}

function objectOf(answer: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.toString("utf8"));
    const isOne = typeof value === "object" && value !== null && !Array.isArray(value);
    return isOne ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
