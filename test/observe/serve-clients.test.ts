import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Route } from "../../src/observe/http/route.js";
import { type Limits, RouteServer } from "../../src/observe/http/server.js";
import { serve } from "../../src/observe/serve.js";
import { Outage } from "../support/outage.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { ask } from "./ask.js";

expectNoProblems();

const LOCAL = { port: 0, host: "127.0.0.1", token: undefined, allowedHosts: [] };
const FEW: Limits = {
  connections: 4,
  headersSize: 8_192,
  headers: 200,
  request: 400,
  keepAlive: 1_000,
  idle: 300,
};
const HELLO: Route = { paths: ["/hello"], handle: (_, res) => void res.end("hello") };
const REQUEST = "GET /hello HTTP/1.1\r\nHost: localhost\r\n";

/** A client that does what it wants. */
class Client {
  readonly socket: Socket;
  got = "";
  ended = false;

  constructor(port: number) {
    this.socket = dial(port, "127.0.0.1");
    this.socket.on("data", (data) => {
      this.got += data.toString("latin1");
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.ended = true;
    });
  }

  static async open(port: number, text = ""): Promise<Client> {
    const client = new Client(port);
    await once(client.socket, "connect");
    client.socket.write(text);
    return client;
  }
}

async function listening(
  route: Route = HELLO,
  limits = FEW,
): Promise<{ port: number; url: string } & AsyncDisposable> {
  const server = await RouteServer.listen([route], LOCAL, limits);
  const { port } = server;
  return { port, url: server.url(port), [Symbol.asyncDispose]: () => server.close() };
}

describe("clients of serve() that misbehave", () => {
  it("headers that never end: 408, and the connection is closed", async () => {
    await using server = await listening(HELLO, { ...FEW, request: 60_000, idle: 60_000 });
    const client = await Client.open(server.port, REQUEST);
    const dripping = setInterval(() => client.socket.write("X: y\r\n"), 20);
    await until(() => client.ended, "its end");
    clearInterval(dripping);
    expect(client.got).toMatch(/^HTTP\/1.1 408 /);
  });

  it("a body that never ends: answered, and closed", async () => {
    await using server = await listening();
    const client = await Client.open(server.port, `${REQUEST}Content-Length: 1000000\r\n\r\n`);
    const dripping = setInterval(() => client.socket.write("x"), 20);
    await until(() => client.ended, "its end");
    clearInterval(dripping);
    expect(client.got).toMatch(/^HTTP\/1.1 200 /);
  });

  it("one that says nothing is closed", async () => {
    await using server = await listening();
    const client = await Client.open(server.port);
    await until(() => client.ended, "its end");
  });

  it("one that does not read is closed, and the stream with it", async () => {
    let over = false;
    const endless: Route = {
      paths: ["/hello"],
      handle: (_, res) => {
        const chunk = Buffer.alloc(65_536);
        const pump = () => {
          while (!res.destroyed && res.write(chunk));
        };
        res.on("drain", pump).once("close", () => {
          over = true;
        });
        pump();
      },
    };
    await using server = await listening(endless);
    const socket = dial(server.port, "127.0.0.1").on("error", () => {});
    socket.write(`${REQUEST}\r\n`);
    socket.pause();
    await until(() => over, "the end of the stream");
    socket.destroy();
  });

  it("headers that are too long: 431", async () => {
    await using server = await listening();
    const client = await Client.open(
      server.port,
      `GET /hello?${"x".repeat(9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    await until(() => client.ended, "its end");
    expect(client.got).toMatch(/^HTTP\/1.1 431 /);
  });

  it("too many connections: those beyond are closed at once, and there is room again when others leave", async () => {
    await using server = await listening(HELLO, { ...FEW, headers: 60_000, request: 60_000, idle: 60_000 });
    const clients: Client[] = [];
    for (let i = 0; i < FEW.connections; i++) clients.push(await Client.open(server.port, REQUEST));
    const beyond = await Client.open(server.port, `${REQUEST}\r\n`);
    await until(() => beyond.ended, "its end");
    expect(beyond.got).toBe("");
    clients[0].socket.destroy();
    await until(() => clients[0].ended, "its end");
    let answered = false;
    while (!answered)
      answered = await ask(server.url, "/hello").then(
        () => true,
        () => false,
      );
    for (const { socket } of clients) socket.destroy();
  });

  it("requests that are smuggled are not understood", async () => {
    await using server = await listening();
    const bodies =
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const client = await Client.open(server.port, REQUEST + bodies);
    await until(() => client.ended, "its end");
    expect(client.got).toMatch(/^HTTP\/1.1 400 /);
  });

  it("many at once, that leave in the middle: the next one is answered", async () => {
    await using outage = await Outage.prepare();
    await using server = await serve(outage.nc, { deadline: 100 });
    outage.server.stop();
    for (let round = 0; round < 5; round++) {
      const clients = await Promise.all(
        Array.from({ length: 20 }, () =>
          Client.open(server.port, "GET /health/nats HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ),
      );
      for (const [index, { socket }] of clients.entries()) {
        if (index % 2 === 0) socket.destroy();
        else socket.resetAndDestroy();
      }
    }
    expect((await ask(server.url, "/health/ready")).status).toBe(200);
    expect((await ask(server.url, "/health/nats")).status).toBe(503);
    outage.server.cont();
    await outage.nc.rtt();
  });

  it("a hundred pipelined requests are answered in order", async () => {
    await using outage = await Outage.prepare();
    await using server = await serve(outage.nc);
    const one = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
    const requests = Array.from({ length: 99 }, (_, i) => one(i % 2 === 0 ? "/health/live" : "/health/nats"));
    const client = await Client.open(
      server.port,
      requests.join("") + one("/nothing", "Connection: close\r\n"),
    );
    await until(() => client.ended, "its end");
    const statuses = [...client.got.matchAll(/"status":"([^"]*)"/g)].map(([, status]) => status);
    expect(statuses).toEqual([...requests.map((_, i) => (i % 2 === 0 ? "live" : "healthy")), "not found"]);
  });
});
