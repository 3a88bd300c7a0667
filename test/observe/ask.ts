import { createServer, type IncomingHttpHeaders, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What an endpoint has answered. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** ms until the last byte. */
  readonly ms: number;
}

/** Asks an HTTP server, on a connection of its own; path and headers go out as they are. */
export function ask(
  url: string,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, method, headers, agent: false }, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (part: string) => {
        text += part;
      });
      res.on("end", () => {
        const { statusCode: status = 0, headers } = res;
        resolve({ status, headers, text, ms: performance.now() - begin });
      });
      res.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** The same, and what was answered as JSON. */
export async function askJson(
  url: string,
  path: string,
): Promise<{ status: number; body: Body; ms: number }> {
  const { status, text, ms } = await ask(url, path);
  return { status, body: JSON.parse(text) as Body, ms };
}

/** What is in the JSON of a health endpoint, of all of them together. */
export interface Body {
  readonly status: string;
  readonly reason?: string;
  readonly cause?: { kind: string; code: string; message: string };
  readonly connections?: Body[];
  readonly [fact: string]: unknown;
}

/** A plain HTTP server around a handler. */
export class Hosted implements AsyncDisposable {
  readonly url: string;
  private readonly stop: () => Promise<void>;

  private constructor(port: number, stop: () => Promise<void>) {
    this.url = `http://127.0.0.1:${port}`;
    this.stop = stop;
  }

  static async start(handler: RequestListener): Promise<Hosted> {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Hosted((server.address() as AddressInfo).port, async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
