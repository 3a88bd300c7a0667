import { once } from "node:events";
import { connect as dial } from "node:net";
import { Counter, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { RouteServer } from "../../src/observe/http/server.js";
import { serve } from "../../src/observe/serve.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { NatsServer } from "../../src/testing/server.js";
import { CompiledLibrary } from "../support/child.js";
import { Outage } from "../support/outage.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";
import { ask, askJson } from "./ask.js";

expectNoProblems();

const LOCAL = { port: 0, host: "127.0.0.1", token: undefined, allowedHosts: [] };

describe("serve() [H1]", () => {
  it("health on a port of its own, and what it was told to judge by", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    await using server = await serve(nc, { readiness: { mode: "strict" }, metrics: false });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const statuses = async (...paths: string[]) =>
      Promise.all(paths.map(async (path) => (await ask(server.url, path)).status));
    const paths = [
      "/health",
      "/healthz",
      "/health/ready",
      "/readyz",
      "/health/nats",
      "/health/live",
      "/livez",
    ];
    expect(await statuses(...paths)).toEqual([200, 200, 200, 200, 200, 200, 200]);
    expect(await statuses("/", "/metrics", "/health/other", "/dashboard/none", "/favicon.ico")).toEqual([
      404, 404, 404, 404, 404,
    ]);
    await outage.begin();
    expect(await statuses(...paths)).toEqual([503, 503, 503, 503, 503, 200, 200]);
    expect((await askJson(server.url, "/health/ready")).body).toMatchObject({
      status: "not ready",
      connected: false,
    });
    await outage.end();
    expect(await statuses(...paths)).toEqual([200, 200, 200, 200, 200, 200, 200]);
  });

  it("several connections", async () => {
    await using outage = await Outage.prepare();
    await using other = await connect({ servers: outage.server.url });
    await using server = await serve([outage.nc, other]);
    expect((await askJson(server.url, "/health")).body.connections).toHaveLength(2);
  });

  it("/metrics: those of its connections, when it was told nothing else, and no longer than it is served", async () => {
    await using outage = await Outage.prepare();
    await using other = await connect({ servers: outage.server.url, name: "other" });
    const server = await serve([outage.nc, other]);
    const { status, text } = await ask(server.url, "/metrics");
    expect(status).toBe(200);
    expect(text).toContain('nats_client_connected{connection="nats"} 1');
    expect(text).toContain('nats_client_connected{connection="other"} 1');
    // Whoever registers with a register of the same name is in nobody's way.
    const port = server.port;
    await expect(serve(outage.nc, { port })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await server.close();
    await using again = await serve([outage.nc, other], { port });
    expect((await ask(again.url, "/metrics")).status).toBe(200);
  });

  it("/metrics: what the register collects, and 500 without a word of why when that fails", async () => {
    await using outage = await Outage.prepare();
    const register = new Registry();
    let fails = false;
    new Counter({
      name: "orders_total",
      help: "Orders",
      registers: [register],
      collect() {
        if (fails) throw new Error("canary");
      },
    }).inc(3);
    await using server = await serve(outage.nc, { metrics: { register } });
    const { status, headers, text } = await ask(server.url, "/metrics");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe(register.contentType);
    expect(headers["cache-control"]).toBe("no-store");
    expect(text).toContain("orders_total 3\n");
    expect((await ask(server.url, "/metrics", { method: "HEAD" })).headers["content-length"]).toBe(
      String(text.length),
    );
    fails = true;
    const failed = await ask(server.url, "/metrics");
    expect([failed.status, failed.text]).toEqual([
      500,
      '{"status":"error","reason":"the metrics could not be collected"}',
    ]);
  });

  it("only GET and HEAD", async () => {
    await using outage = await Outage.prepare();
    await using server = await serve(outage.nc);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      for (const path of ["/health", "/nothing"]) {
        const { status, headers } = await ask(server.url, path, { method });
        expect([status, headers.allow], `${method} ${path}`).toEqual([405, "GET, HEAD"]);
      }
    }
    const { status, text } = await ask(server.url, "/health", { method: "HEAD" });
    expect([status, text]).toEqual([200, ""]);
  });

  it("listens on IPv6 and on all addresses, and says where it is reached", async () => {
    await using outage = await Outage.prepare();
    for (const [host, url] of [
      ["::1", "http://[::1]:"],
      ["localhost", "http://localhost:"],
      ["0.0.0.0", "http://127.0.0.1:"],
      ["::", "http://[::1]:"],
    ]) {
      await using server = await serve(outage.nc, { host, token: "t" });
      expect(server.url).toBe(`${url}${server.port}`);
      expect((await ask(server.url, "/health/live")).status, host).toBe(200);
    }
  });

  it("refuses what cannot be: no connection, wrong options, a port in use, another machine's address", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    expect(await rejection(serve(undefined as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await rejection(serve([]))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await rejection(serve(nc, { port: -1 }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "port",
    });
    expect(await rejection(serve(nc, { host: "0.0.0.0" }))).toMatchObject({ option: "host" });
    await using server = await serve(nc);
    expect(await rejection(serve(nc, { port: server.port }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "port",
      message: expect.stringMatching(/is in use on 127.0.0.1: give another one/),
      cause: { code: "EADDRINUSE" },
    });
    expect(await rejection(serve(nc, { host: "203.0.113.7", token: "t" }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "host",
      cause: { code: "EADDRNOTAVAIL" },
    });
    expect((await ask(server.url, "/health")).status).toBe(200);
  });

  it("a connection that is closed is served as well: not ready", async () => {
    await using outage = await Outage.prepare();
    await outage.nc.close();
    await using server = await serve(outage.nc);
    expect(await askJson(server.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { state: "closed" },
    });
    expect((await ask(server.url, "/health/live")).status).toBe(200);
  });

  it("close() ends everything at once: streams, answers under way, idle connections; and tells the routes", async () => {
    await using outage = await Outage.prepare();
    outage.server.stop();
    const health = await serve(outage.nc, { deadline: 60_000 });
    let closed = 0;
    let streaming = 0;
    const stream = {
      paths: ["/stream", "/again"],
      handle: (_: unknown, res: import("node:http").ServerResponse) => {
        streaming++;
        res.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");
      },
      close: () => {
        closed++;
        throw new Error("harms nobody");
      },
    };
    const streams = await RouteServer.listen([stream], LOCAL);
    const clients = [
      { port: health.port, text: "GET /health/nats HTTP/1.1\r\nHost: localhost\r\n\r\n" },
      { port: health.port, text: "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" },
      { port: health.port, text: "GET /health/live HTTP/1.1\r\nHost: lo" },
      { port: health.port, text: "" },
      { port: streams.port, text: "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" },
      { port: streams.port, text: "GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n" },
    ].map(({ port, text }) => {
      const socket = dial(port, "127.0.0.1").on("error", () => {});
      socket.write(text);
      socket.resume();
      return { socket, ended: once(socket, "close") };
    });
    await until(() => streaming === 2 && clients.every(({ socket }) => !socket.connecting), "clients");
    await ask(health.url, "/health/live");
    const begin = performance.now();
    await Promise.all([health.close(), health.close(), streams.close()]);
    await Promise.all(clients.map(({ ended }) => ended));
    expect(performance.now() - begin).toBeLessThan(4_000);
    expect(closed).toBe(1);
    await expect(ask(health.url, "/health")).rejects.toThrow("ECONNREFUSED");
    await health.close();
    outage.server.cont();
    await outage.nc.rtt();
  });

  it("cannot listen: the routes are told that there is no server", async () => {
    let closed = 0;
    const route = { paths: ["/a"], handle: () => {}, close: () => void closed++ };
    const server = await RouteServer.listen([route], LOCAL);
    await rejection(RouteServer.listen([route], { ...LOCAL, port: server.port }));
    expect(closed).toBe(1);
    await server.close();
    expect(closed).toBe(2);
  });

  it("a route that throws, or rejects, or does so in the middle, harms nobody", async () => {
    const failing = {
      paths: ["/throws", "/rejects", "/middle"],
      handle: (_: unknown, res: import("node:http").ServerResponse, path: string) => {
        if (path === "/throws") throw new Error("canary");
        if (path === "/middle") res.writeHead(200).write("begun");
        return Promise.reject(new Error("canary"));
      },
    };
    const server = await RouteServer.listen([failing], LOCAL);
    const url = server.url(server.port);
    for (const path of ["/throws", "/rejects"])
      expect(await ask(url, path)).toMatchObject({
        status: 500,
        text: '{"status":"error","reason":"it could not be answered"}',
      });
    await expect(ask(url, "/middle")).rejects.toThrow();
    await server.close();
  });
});

describe("the process behind serve()", () => {
  let library: CompiledLibrary;
  beforeAll(async () => {
    library = await CompiledLibrary.make();
  }, 120_000);
  afterAll(() => library[Symbol.dispose]());

  it("lives as long as its connection, and not longer: also with open streams and clients", async () => {
    await using nats = await NatsServer.start();
    using child = library.run(
      `
      const { serve } = await import("./dist/observe/serve.js");
      const nc = await connect({ servers: SERVER });
      const server = await serve(nc);
      say(server.url);
      nc.subscribe("end", { callback: () => void nc.close().then(() => say("closed")) });
      await nc.flush();
      say("ready");
      `,
      nats.url,
    );
    await child.said("ready");
    const [url] = child.lines;
    const stream = dial(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
    stream.write("GET /dashboard/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(stream, "data");
    stream.resume();
    expect((await ask(url, "/health/ready")).status).toBe(200);
    expect(child.code).toBeUndefined();
    await using nc = await connect({ servers: nats.url });
    nc.publish("end");
    await child.ended();
    expect(child.code).toBe(0);
    expect(child.lines).toContain("closed");
    stream.destroy();
  });

  it("may be one of a cluster: a port belongs to one of them", async () => {
    await using nats = await NatsServer.start();
    const port = await freePort("127.0.0.1");
    using child = library.run(
      `
      const { default: cluster } = await import("node:cluster");
      if (cluster.isPrimary) {
        const told = [];
        for (let i = 0; i < 2; i++) cluster.fork().on("message", (text) => told.push(text));
        await until(() => told.length === 2);
        say(JSON.stringify(told.sort()));
        process.exit();
      }
      const { serve } = await import("./dist/observe/serve.js");
      const nc = await connect({ servers: SERVER });
      serve(nc, { port: ${port} }).then(
        () => process.send("serves"),
        (error) => process.send(error.code + " " + error.option),
      );
      `,
      nats.url,
    );
    await child.ended();
    expect(child.result()).toEqual(["INVALID_OPTION port", "serves"]);
    releasePort(port);
  });
});
