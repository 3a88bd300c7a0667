import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Clock } from "./clock.js";
import type { PeerSettings } from "./dashboard-options.js";

/** ms within which another process has to begin its answer, and after each part of it to go on. */
export const PATIENCE_MS = 5_000;

/** Why an answer has failed, or ended. There is neither URL nor token in it. */
export interface Ended {
  readonly reason: string;
  /** What it was answered with; 0 without an answer. */
  readonly status: number;
}

/** How an answer is read. */
export interface PeerAnswer {
  /** The answer is there: 200, and of the type that was asked for. */
  onAnswer(res: IncomingMessage): void;
  /** Called once; nothing comes behind it. */
  onEnd(ended: Ended): void;
}

const STATUS: Readonly<Record<number, string>> = {
  401: "it answers 401: the token is missing or wrong",
  403: "it answers 403: see its option allowedHosts",
  404: "it answers 404: it has no dashboard there",
  503: "it answers 503: it has all the readers that it takes",
};

/**
 * Asks another process for something below `/dashboard`. Redirects are not followed: the token is for that server.
 *
 * @param type of the answer, such as `text/event-stream`
 * @returns how to end it: then nothing is called any more
 */
export function askPeer(
  peer: PeerSettings,
  clock: Clock,
  path: string,
  type: string,
  answer: PeerAnswer,
): () => void {
  const url = new URL(`${peer.base}/dashboard/${path}`);
  const headers: Record<string, string> = { Accept: type, "Accept-Encoding": "identity" };
  if (peer.token !== undefined) headers.Authorization = `Bearer ${peer.token}`;
  const { get } = url.protocol === "https:" ? https : http;
  const request = get(url, { agent: false, headers });
  let status = 0;
  let isOver = false;
  let cancelPatience = clock.after(PATIENCE_MS, () => fail(slow("does not answer")));
  const end = () => {
    isOver = true;
    cancelPatience();
    request.destroy();
  };
  const fail = (reason: string) => {
    if (isOver) return;
    end();
    answer.onEnd({ reason, status });
  };
  request.on("socket", (socket) => socket.unref());
  request.on("error", (error) => fail(unreachable(error)));
  request.on("close", () => fail("it has ended the connection"));
  request.on("response", (res) => {
    status = res.statusCode ?? 0;
    res.on("error", (error) => fail(unreachable(error)));
    if (status !== 200) return fail(STATUS[status] ?? `it answers ${status}`);
    if (!res.headers["content-type"]?.startsWith(type)) return fail("it answers, and is no dashboard");
    const goOn = () => {
      cancelPatience();
      if (!isOver) cancelPatience = clock.after(PATIENCE_MS, () => fail(slow("says nothing")));
    };
    goOn();
    res.on("data", goOn);
    answer.onAnswer(res);
  });
  return end;
}

function slow(what: string): string {
  return `it ${what} for ${PATIENCE_MS / 1_000} s`;
}

/** Only a code of the system, or of TLS: texts may have the URL in them. */
function unreachable(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const isCode = typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code);
  return `it cannot be reached${isCode ? ` (${code})` : ""}`;
}
