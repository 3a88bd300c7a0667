import { EventEmitter, once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect as dial, type Socket, createServer as tcpServer } from "node:net";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import fastify from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { serve } from "../../src/observe/index.js";
import {
  type Closable,
  gracefulShutdown,
  type Shutdown,
  type ShutdownOptions,
} from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";

expectNoProblems();

/** ms that servers here keep an idle connection, and more than anything needs, less than that and than a shutdown has. */
const KEPT = 60_000;
const PROMPT = 20_000;

let nats: NatsServer;
let nc: Connection;
let agent: Agent;
/** What answers wait for. */
let gate: EventEmitter;
const open: { destroy(): void }[] = [];
beforeEach(async () => {
  nats = await NatsServer.start();
  nc = await connect({ servers: nats.url, name: "api" });
  agent = new Agent({ keepAlive: true });
  gate = new EventEmitter();
  gate.setMaxListeners(0);
});
afterEach(async () => {
  agent.destroy();
  for (const one of open.splice(0)) one.destroy();
  await nc.close();
  await nats.close();
});

/** A shutdown of this process that does not end it. */
function shutdownOf(servers: ShutdownOptions["servers"], options: ShutdownOptions = {}): Shutdown {
  return gracefulShutdown(nc, { signals: [], servers, log: false, exit: () => {}, ...options });
}

async function listen<S extends Server | http2.Http2Server>(server: S): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ destroy: () => server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  status: number | undefined;
  connection: string | undefined;
  text: string;
}

/** Asks with a connection that is kept. */
function ask(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, connection: response.headers.connection, text });
      });
    });
    request.on("error", reject);
  });
}

/** `/now` answers at once, `/gate` when the gate opens, having published; `/stream` begins at once and ends then. */
async function answer(req: { url?: string }, res: ServerResponse): Promise<void> {
  if (req.url === "/stream") res.write("begun ");
  if (req.url !== "/now") {
    gate.emit("waiting");
    await once(gate, "open");
    await nc.publishConfirmed("served", req.url);
  }
  res.end("answer");
}

/** Resolves when so many requests wait at the gate. */
function atGate(count: number): Promise<void> {
  let waiting = 0;
  gate.on("waiting", () => waiting++);
  return until(() => waiting === count, "requests at the gate");
}

describe("gracefulShutdown() and a server of node:http", () => {
  it("closes idle connections at once, finishes requests, which can still publish, and takes no new ones", async () => {
    const server = createServer({ keepAliveTimeout: KEPT }, (req, res) => void answer(req, res));
    const shutdown = shutdownOf(server);
    const url = await listen(server);
    const arrived = atGate(2);
    const stream = ask(`${url}/stream`);
    const slow = ask(`${url}/gate`);
    await arrived;
    expect((await ask(`${url}/now`)).connection).toBe("keep-alive");
    await until(() => Object.keys(agent.freeSockets).length === 1, "an idle connection");
    const [idle] = Object.values(agent.freeSockets).flat() as Socket[];
    const since = performance.now();
    const done = shutdown.begin("test");
    await until(() => idle.destroyed, "the idle connection is closed");
    expect((await rejection(ask(`${url}/now`))).message).toMatch(/ECONNREFUSED|ECONNRESET|hang up/);
    expect(nc.state).toBe("connected");
    gate.emit("open");
    // Who is told so sends no further request on this connection; where the headers were sent already, nobody can be told.
    expect(await slow).toEqual({ status: 200, connection: "close", text: "answer" });
    expect(await stream).toEqual({ status: 200, connection: "keep-alive", text: "begun answer" });
    expect(await done).toMatchObject({
      complete: true,
      servers: [{ name: "server 1", closed: true, connections: 0, requests: 0 }],
    });
    expect(performance.now() - since).toBeLessThan(PROMPT);
    expect(nc.stats()).toMatchObject({ accepted: 2, confirmed: 2 });
  });

  it("tells the clients of requests that come late on a connection that was busy", async () => {
    const server = createServer((req, res) => void answer(req, res));
    const shutdown = shutdownOf(server);
    const url = await listen(server);
    const socket = dial(Number(new URL(url).port), "127.0.0.1");
    open.push(socket);
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const arrived = atGate(1);
    socket.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await arrived;
    const done = shutdown.begin("test");
    socket.write("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    gate.emit("open");
    await until(() => socket.destroyed, "its end");
    expect(await done).toMatchObject({ complete: true });
    const [, first, second = ""] = text.split("HTTP/1.1 200");
    expect(first).toContain("Connection: keep-alive");
    // Unless the connection was idle for the blink of an eye, and was closed in it.
    if (second !== "") expect(second).toContain("Connection: close");
  });

  it("cuts off what does not end in its time, upgraded connections with it, and says so", async () => {
    const server = createServer((req, res) => void answer(req, res));
    server.on("upgrade", (_req, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\n");
    });
    const exits: number[] = [];
    const shutdown = shutdownOf(server, { timeout: 1_500, exit: (code) => exits.push(code) });
    const url = await listen(server);
    const upgraded = dial(Number(new URL(url).port), "127.0.0.1");
    open.push(upgraded);
    upgraded.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\n");
    await once(upgraded, "data");
    const arrived = atGate(2);
    const cut = [rejection(ask(`${url}/gate`)), rejection(ask(`${url}/stream`))];
    await arrived;
    nc.publish("a", "1");
    const report = await shutdown.begin("test");
    expect(report).toMatchObject({ complete: false, timedOut: true, errors: [] });
    expect(report.took).toBeGreaterThan(1_050);
    expect(report.servers).toMatchObject([{ closed: false, connections: 3, requests: 2 }]);
    // The connection had its time all the same.
    expect(report.connections).toMatchObject([{ closed: true, drained: true, dropped: 0, unconfirmed: 0 }]);
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    await Promise.all(cut);
    await until(() => upgraded.destroyed, "the upgraded connection");
    expect(exits).toEqual([1]);
    expect(server.listening).toBe(false);
  });

  it("cuts off also what was there before it was given", async () => {
    const server = createServer((req, res) => void answer(req, res));
    const url = await listen(server);
    const arrived = atGate(1);
    const cut = rejection(ask(`${url}/gate`));
    await arrived;
    const report = await shutdownOf(server, { timeout: 300 }).begin("test");
    expect(report.servers).toMatchObject([{ closed: false, connections: 1, requests: 0 }]);
    expect((await cut).message).toBe("socket hang up");
  });

  it("works on during the delay, and lets streams end by its signal", async () => {
    let shutdown: Shutdown;
    const server = createServer((req, res) => {
      if (req.url === "/now") return void res.end("answer");
      res.write("begun ");
      shutdown.signal.addEventListener("abort", () => res.end("ended"));
    });
    let late: Promise<Answer> | undefined;
    const url = await listen(server);
    shutdown = shutdownOf(server, {
      delay: 1,
      before: async () => {
        late = ask(`${url}/now`);
        expect((await late).text).toBe("answer");
      },
    });
    const arrived = once(server, "request");
    const stream = ask(`${url}/stream`);
    await arrived;
    const report = await shutdown.begin("test");
    expect((await stream).text).toBe("begun ended");
    expect(report).toMatchObject({ complete: true });
  });

  it("that never listened, or that somebody has closed, is done", async () => {
    const closed = createServer((_req, res) => void res.end());
    const url = await listen(closed);
    await ask(url);
    closed.close();
    const report = await shutdownOf([createServer(), closed]).begin("test");
    expect(report).toMatchObject({ complete: true, servers: [{ closed: true }, { closed: true }] });
  });
});

describe("gracefulShutdown() and", () => {
  it("a server of node:http2: streams are finished, sessions closed, what is left is cut", async () => {
    for (const isStuck of [false, true]) {
      const server = http2.createServer((req, res) => void answer(req, res as never));
      const shutdown = shutdownOf(server, { timeout: isStuck ? 500 : 25_000 });
      const url = await listen(server);
      const session = http2.connect(url);
      session.on("error", () => {});
      open.push(session);
      const arrived = atGate(1);
      const stream = session.request({ ":path": "/stream" });
      stream.on("error", () => {});
      let text = "";
      stream.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      await arrived;
      const done = shutdown.begin("test");
      if (isStuck) {
        expect(await done).toMatchObject({
          complete: false,
          servers: [{ closed: false, connections: 1, requests: 1 }],
        });
        await until(() => session.destroyed, "the session is cut");
        continue;
      }
      gate.emit("open");
      expect(await done).toMatchObject({ complete: true });
      await until(() => session.destroyed, "the session is closed");
      expect(text).toBe("begun answer");
      nc = await connect({ servers: nats.url });
    }
  });

  it("a server of node:net", async () => {
    const server = tcpServer((socket) => socket.on("error", () => {}));
    const shutdown = shutdownOf(server, { timeout: 300 });
    const url = await listen(server as unknown as Server);
    const socket = dial(Number(new URL(url).port), "127.0.0.1");
    open.push(socket);
    await once(server, "connection");
    expect((await shutdown.begin("test")).servers).toMatchObject([{ closed: false, connections: 1 }]);
    await until(() => socket.destroyed, "its connection is cut");
  });

  it("an application of Fastify: onClose hooks run, requests are finished", async () => {
    const app = fastify({ keepAliveTimeout: KEPT });
    let hooks = 0;
    app.addHook("onClose", async () => void hooks++);
    app.get("/gate", async () => {
      gate.emit("waiting");
      await once(gate, "open");
      return "answer";
    });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const shutdown = shutdownOf(app);
    const arrived = atGate(1);
    const slow = ask(`${url}/gate`);
    await arrived;
    const done = shutdown.begin("test");
    await until(() => !app.server.listening, "it listens no more");
    gate.emit("open");
    expect((await slow).text).toBe("answer");
    const report = await done;
    expect([hooks, report.complete]).toEqual([1, true]);
    expect(report.took).toBeLessThan(PROMPT);
  });

  it("an application of Nest: its hooks run, requests are finished", async () => {
    let hooks = 0;
    class Hooks {
      onModuleDestroy(): void {
        hooks++;
      }
    }
    class AppModule {}
    Module({ providers: [Hooks] })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    app.getHttpAdapter().get("/gate", async (_req: unknown, res: { send(text: string): void }) => {
      gate.emit("waiting");
      await once(gate, "open");
      res.send("answer");
    });
    const shutdown = shutdownOf(app);
    app.getHttpServer().keepAliveTimeout = KEPT;
    await app.listen(0, "127.0.0.1");
    const arrived = atGate(1);
    const slow = ask(`${await app.getUrl()}/gate`);
    await arrived;
    const done = shutdown.begin("test");
    await until(() => !app.getHttpServer().listening, "it listens no more");
    gate.emit("open");
    expect(await slow).toEqual({ status: 200, connection: "close", text: "answer" });
    const report = await done;
    expect([hooks, report.complete]).toEqual([1, true]);
    expect(report.took).toBeLessThan(PROMPT);
  });

  it("an application of Express, by what listen() returns", async () => {
    const app = express();
    app.get("/gate", async (_req, res) => {
      gate.emit("waiting");
      await once(gate, "open");
      res.send("answer");
    });
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const shutdown = shutdownOf(server);
    const arrived = atGate(1);
    const slow = ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/gate`);
    await arrived;
    const done = shutdown.begin("test");
    gate.emit("open");
    expect(await slow).toEqual({ status: 200, connection: "close", text: "answer" });
    expect(await done).toMatchObject({ complete: true });
  });

  it("whatever can be closed, by callback, by promise, or at once", async () => {
    const closed: string[] = [];
    const servers: Closable[] = [
      {
        close(callback) {
          closed.push("callback");
          callback?.();
        },
      },
      { close: async () => void closed.push("promise") },
      { close: () => void closed.push("at once") },
    ];
    expect(await shutdownOf(servers).begin("test")).toMatchObject({ complete: true });
    expect(closed.sort()).toEqual(["at once", "callback", "promise"]);
  });

  it.each<[string, Closable]>([
    ["throws", { close: () => { throw new Error("no"); } }], // biome-ignore format: one line each
    ["rejects", { close: () => Promise.reject(new Error("no")) }],
    ["calls back with an error", { close: (callback) => callback?.(new Error("no")) }],
  ])("what %s when it is closed: it is reported", async (_, server) => {
    const report = await shutdownOf(server).begin("test");
    expect(report).toMatchObject({ complete: false, timedOut: false, servers: [{ closed: false }] });
    expect(report.errors).toEqual([new Error("no")]);
  });
});

describe("the server of serve()", () => {
  it("answers until the end, as the last one: not ready, but live", async () => {
    const health = await serve(nc);
    const seen: unknown[] = [];
    const look = async () => {
      const answers = [ask(`${health.url}/health/ready`), ask(`${health.url}/health/live`)];
      seen.push((await Promise.all(answers)).map(({ status }) => status));
    };
    await look();
    nc.addComponent({ facts: () => ({ kind: "other", name: "mine" }), stop: look });
    const server = createServer();
    await listen(server);
    const report = await shutdownOf(server, { before: look, last: health }).begin("test");
    expect(report).toMatchObject({ complete: true });
    expect(seen).toEqual([
      [200, 200],
      [503, 200],
      [503, 200],
      [503, 200],
    ]);
    expect((await rejection(ask(`${health.url}/health/live`))).message).toMatch(
      /ECONNREFUSED|hang up|ECONNRESET/,
    );
  });
});
