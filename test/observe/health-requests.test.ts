import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import http2, { type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { type AddressInfo, connect as dial, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { type HealthHandler, healthHandler } from "../../src/observe/health/handler.js";
import type { HealthOptions } from "../../src/observe/health-options.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { ask, Hosted } from "./ask.js";

async function prepare(
  cleanup: Cleanup,
  options?: HealthOptions,
  wrap?: (handler: HealthHandler) => HealthHandler,
) {
  const server = cleanup.use(await NatsServer.start());
  const nc: Connection = cleanup.use(await connect({ servers: server.url }));
  const handler = healthHandler(nc, options);
  const wrapped = wrap?.(handler) ?? handler;
  const http = cleanup.use(await Hosted.start((req, res) => wrapped(req, res)));
  return { server, nc, handler, url: http.url };
}

/** Sends bytes, and collects what comes back until the server ends the connection. */
async function raw(url: string, text: string): Promise<string> {
  const socket = dial(Number(new URL(url).port), "127.0.0.1");
  let got = "";
  socket.on("data", (data) => {
    got += data.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return got;
}

/** What Node has for HTTP/2, which is like that for HTTP/1. */
type RequestListener = (req: Http2ServerRequest, res: Http2ServerResponse) => void;

expectNoProblems();

describe("requests to the health handler", () => {
  it("headers: JSON that nobody keeps or guesses at", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup);
    for (const path of ["/health", "/health/live", "/health/ready", "/health/nats", "/nothing"]) {
      const { headers, text } = await ask(url, path);
      expect(headers, path).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-length": String(Buffer.byteLength(text)),
      });
    }
  });

  it("HEAD: the same without a body", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup);
    for (const path of ["/health", "/health/live", "/health/ready", "/health/nats"]) {
      const { status, headers, text } = await ask(url, path, { method: "HEAD" });
      expect([status, text], path).toEqual([200, ""]);
      expect(Number(headers["content-length"]), path).toBeGreaterThan(10);
    }
  });

  it("HTTP/2, with Node's own compatibility: the same", async () => {
    await using cleanup = new Cleanup();
    const { handler } = await prepare(cleanup);
    const server = http2.createServer((req, res) => (handler as unknown as RequestListener)(req, res));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const path of ["/health", "/health/live", "/health/ready", "/health/nats"]) {
      for (const method of ["GET", "HEAD"]) {
        const stream = client.request({ ":path": path, ":method": method });
        let text = "";
        stream.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        const [headers] = await once(stream, "response");
        await once(stream, "close");
        expect(headers[":status"], path).toBe(200);
        expect(headers["cache-control"]).toBe("no-store");
        expect(text.length).toBe(method === "HEAD" ? 0 : Number(headers["content-length"]));
      }
    }
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("other methods: 405, with those that there are", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]) {
      const { status, headers } = await ask(url, "/health/ready", { method });
      expect([status, headers.allow], method).toEqual([405, "GET, HEAD"]);
    }
    expect((await ask(url, "/nothing", { method: "POST" })).status).toBe(404);
  });

  it("paths are exact: 404 for everything else", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup);
    for (const path of ["/health/", "/health?", "/health?a=/health/ready", "/readyz/?x"])
      expect((await ask(url, path)).status, path).toBe(200);
    const wrong = [
      "/",
      "/health//",
      "//health",
      "/health//ready",
      "/health%2Fready",
      "/health%2fready",
      "/%68ealth",
      "/Health",
      "/health/READY",
      "/health/ready/x",
      "/health/../health",
      "/x/../health",
      "/health;a=b",
      "/healthx",
      "/api/health",
      "/health\\ready",
      "/__proto__",
      "/constructor",
      "/health/constructor",
    ];
    for (const path of wrong) expect((await ask(url, path)).status, path).toBe(404);
    expect(
      await raw(url, "GET http://127.0.0.1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    ).toMatch(/^HTTP\/1.1 404 /);
  });

  it("base: only below it", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup, { base: "/api/v1" });
    for (const path of ["/api/v1/health", "/api/v1/health/ready/", "/api/v1/livez?x"])
      expect((await ask(url, path)).status, path).toBe(200);
    for (const path of [
      "/health",
      "/api/health",
      "/api/v1health",
      "/api/v1",
      "/api/v1//health",
      "/x/api/v1/health",
    ])
      expect((await ask(url, path)).status, path).toBe(404);
  });

  it("next(): for unknown paths of any method, and only for those", async () => {
    await using cleanup = new Cleanup();
    const told: unknown[][] = [];
    const next =
      (res: ServerResponse) =>
      (...args: unknown[]) => {
        told.push(args);
        res.end("next");
      };
    const wrap =
      (handler: HealthHandler): HealthHandler =>
      (req, res) =>
        handler(req, res, next(res));
    const { url } = await prepare(cleanup, {}, wrap);
    expect((await ask(url, "/orders", { method: "POST" })).text).toBe("next");
    expect((await ask(url, "/healthy")).text).toBe("next");
    expect(told).toEqual([[], []]);
    expect((await ask(url, "/health/live")).text).toBe('{"status":"live"}');
    expect((await ask(url, "/health/live", { method: "POST" })).status).toBe(405);
    expect(told).toHaveLength(2);
  });

  it("an answer that was begun or ended by somebody else is left alone", async () => {
    await using cleanup = new Cleanup();
    const before: ((res: ServerResponse) => void)[] = [
      (res) => res.write("begun "),
      (res) => res.end("ended"),
      (res) => res.flushHeaders(),
    ];
    let turn = 0;
    const wrap =
      (handler: HealthHandler): HealthHandler =>
      (req, res) => {
        before[turn](res);
        handler(req, res);
        if (!res.writableEnded) res.end("by another");
      };
    const { url } = await prepare(cleanup, {}, wrap);
    for (const path of ["/health", "/health/nats", "/nothing"]) {
      for (turn = 0; turn < before.length; turn++) {
        const { status, text } = await ask(url, path);
        expect(status).toBe(200);
        expect(text).toBe(["begun by another", "ended", "by another"][turn]);
      }
    }
  });

  it("an answer that ends while the round trip is under way is left alone", async () => {
    await using cleanup = new Cleanup();
    const wrap =
      (handler: HealthHandler): HealthHandler =>
      (req, res) => {
        handler(req, res);
        res.end("sooner");
      };
    const { url, nc } = await prepare(cleanup, {}, wrap);
    for (let i = 0; i < 10; i++) expect((await ask(url, "/health/nats")).text).toBe("sooner");
    await nc.rtt();
  });

  it("clients that vanish, in the middle of a round trip as well, harm nobody", async () => {
    await using cleanup = new Cleanup();
    const gone: IncomingMessage[] = [];
    const wrap =
      (handler: HealthHandler): HealthHandler =>
      (req, res) => {
        handler(req, res);
        req.once("close", () => gone.push(req));
      };
    const { url, server, nc } = await prepare(cleanup, { deadline: 200 }, wrap);
    server.stop();
    const clients: Socket[] = [];
    for (let i = 0; i < 20; i++) {
      const socket = dial(Number(new URL(url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.write("GET /health/nats HTTP/1.1\r\nHost: a\r\n\r\n");
      clients.push(socket);
    }
    await until(() => clients.every(({ connecting }) => !connecting), "clients");
    const last = ask(url, "/health/nats");
    for (const [index, socket] of clients.entries()) {
      if (index % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    expect((await last).status).toBe(503);
    server.cont();
    await nc.rtt();
    // In time, at last: the deadline is a short one.
    const status = async () => (await ask(url, "/health/nats")).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(200);
  });

  it("pipelined requests are answered in order", async () => {
    await using cleanup = new Cleanup();
    const { url } = await prepare(cleanup);
    const paths = ["/health/nats", "/health/live", "/nothing", "/health/ready", "/health/nats"];
    const text = paths.map((path, i) => {
      const connection = i === paths.length - 1 ? "Connection: close\r\n" : "";
      return `GET ${path} HTTP/1.1\r\nHost: a\r\n${connection}\r\n`;
    });
    const answer = await raw(url, text.join(""));
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(
      [200, 200, 404, 200, 200].map((status) => `HTTP/1.1 ${status}`),
    );
    expect(answer.match(/"status":"[^"]*"/g)).toEqual(
      ["healthy", "live", "not found", "ready", "healthy"].map((status) => `"status":"${status}"`),
    );
  });

  it("gigantic URLs and garbage are refused by Node, and the handler goes on", async () => {
    await using cleanup = new Cleanup();
    const { url, handler } = await prepare(cleanup);
    const huge = `/health?${"x".repeat(30_000)}`;
    expect(await raw(url, `GET ${huge} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(url, "\u0000\u0001 nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect((await ask(url, "/health")).status).toBe(200);
    const begin = performance.now();
    let called = false;
    handler(
      { url: `/${"health/".repeat(1_000_000)}`, method: "GET" } as IncomingMessage,
      {} as ServerResponse,
      () => {
        called = true;
      },
    );
    expect(called).toBe(true);
    // What would go back over it again and again would take hours.
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it("a connection whose facts cannot be had gives 500 without a word of why", async () => {
    await using cleanup = new Cleanup();
    const { url, nc } = await prepare(cleanup);
    nc.health = () => {
      throw new Error("canary");
    };
    for (const path of ["/health", "/health/ready", "/health/nats"]) {
      const { status, text } = await ask(url, path);
      expect([status, text], path).toEqual([500, '{"status":"error","reason":"health could not be judged"}']);
    }
    expect((await ask(url, "/health/live")).status).toBe(200);
  });
});
