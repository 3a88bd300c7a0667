import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server that is well tells of itself. */
export function varz(change: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Date.now();
  return {
    server_id: "FAKE",
    server_name: "fake",
    version: "2.15.1",
    port: 4222,
    max_connections: 65_536,
    max_payload: 1_048_576,
    write_deadline: 10_000_000_000,
    start: new Date(now - 7_200_000).toISOString(),
    now: new Date(now).toISOString(),
    mem: 20_000_000,
    cores: 2,
    cpu: 1,
    connections: 3,
    slow_consumers: 0,
    subscriptions: 60,
    cluster: { name: "c" },
    ...change,
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A monitoring port in this process that answers what a test wants. */
export class FakeMonitor implements AsyncDisposable {
  /** Paths with their queries, and the headers for credentials, of what was asked. */
  readonly asked: { url: string; authorization: string | undefined }[] = [];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  /** @param answers by endpoint: an object is sent as JSON, a function answers itself; what is missing is empty and well */
  static async start(
    answers: Record<string, Record<string, unknown> | Answer> = {},
    prefix = "",
  ): Promise<FakeMonitor> {
    const server = createServer();
    const fake = new FakeMonitor(server);
    server.on("request", (request, response) => {
      const url = request.url ?? "";
      fake.asked.push({ url, authorization: request.headers.authorization });
      if (!url.startsWith(`${prefix}/`)) return response.writeHead(404).end("not here");
      const [path, query = ""] = url.slice(prefix.length + 1).split("?");
      const name = query.includes("state=closed") ? "closed" : path;
      const answer = answers[name] ?? WELL[name];
      if (typeof answer === "function") return answer(request, response);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get hostport(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.hostport}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

const WELL: Record<string, Record<string, unknown> | Answer> = {
  varz: (_, response) => response.end(JSON.stringify(varz())),
  healthz: { status: "ok" },
  jsz: { server_id: "FAKE", disabled: true },
  routez: { num_routes: 0, routes: [] },
  connz: { connections: [] },
  closed: { connections: [] },
};
