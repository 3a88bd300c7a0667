import http from "node:http";
import https from "node:https";
import { describeCause } from "../../errors.js";
import { count, harmless } from "../words.js";

/** Most bytes of an answer that are read: `connz` of a server with many clients has a few hundred KiB. */
const MAX_ANSWER = 8 * 1024 * 1024;

/** Says that a certificate does not verify for want of its authority. */
export const UNTRUSTED = "its certificate is of an authority that is not trusted here";

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
    const headers = {
      accept: "application/json",
      "accept-encoding": "identity",
      ...(authorization === undefined ? {} : { authorization }),
    };
    const secure = url.protocol === "https:";
    const request = (secure ? https : http).request(url, {
      ...(secure ? tls : {}),
      headers,
      agent: false,
      maxHeaderSize: 16_384,
    });
    request.on("error", (error) => end(refusal(error, secure)));
    request.on("response", (response) => {
      status = response.statusCode ?? 0;
      if (status >= 300 && status < 400) return end(`HTTP ${status}: a redirect, which is not followed`);
      if (status === 401 || status === 403) return end(`HTTP ${status}: it wants other credentials`);
      response.on("error", () => end(`the answer broke off after ${count(size, "byte")}`));
      response.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_ANSWER) end(`more than ${MAX_ANSWER} bytes`);
        else parts.push(part);
      });
      response.on("aborted", () => end(`the answer broke off after ${count(size, "byte")}`));
      response.on("end", () => {
        const body = Buffer.concat(parts);
        const json = objectOf(body);
        if (json !== undefined) return end("", json);
        const coding = response.headers["content-encoding"];
        if (coding !== undefined)
          return end(`HTTP ${status}, compressed (${harmless(coding, 20)}): nobody has asked for that`);
        if (WANTS_TLS.test(body.toString("latin1", 0, 256))) return end(`HTTP ${status}: it wants https://`);
        const type = harmless(String(response.headers["content-type"] ?? "no content type"), 60);
        end(`HTTP ${status}, and no JSON object: ${count(size, "byte")} of ${type}`);
      });
    });
    signal?.addEventListener("abort", aborted);
    if (signal?.aborted === true) aborted();
    else request.end();
  });
}

/** What Go's servers answer to plain text at a port for TLS. */
const WANTS_TLS = /HTTP request to an HTTPS server/i;

/** What the system and Node say by codes, for people. */
const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was reset",
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the name does not resolve",
  EHOSTUNREACH: "it cannot be reached",
  ENETUNREACH: "it cannot be reached",
  ETIMEDOUT: "no answer in time",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or the clock here is slow",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
};

/** Why there is no answer. What Node says of bytes that are no HTTP, or no TLS, names its parser's states: who is there says more. */
function refusal(error: Error, secure: boolean): string {
  const { code = "", message, rawPacket } = error as NodeJS.ErrnoException & { rawPacket?: unknown };
  if (code === "ECONNRESET" && message === "socket hang up")
    return secure
      ? "it broke off the connection without an answer"
      : "it broke off the connection without an answer: it may want https://";
  if (Object.hasOwn(SAID, code)) return `${SAID[code]} (${code})`;
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return /wrong.version.number|packet.length.too.long|http.request/i.test(`${code} ${message}`)
      ? "it does not speak TLS: if it is the monitoring port, it is http://, not https://"
      : `TLS does not come about (${code})`;
  }
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
