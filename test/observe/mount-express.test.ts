import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { NatsServer } from "../../src/testing/server.js";
import { ask } from "./ask.js";
import { expectMounted, type Mounted, STRICT, withConnection } from "./mounted.js";

async function listen(app: Express): Promise<Mounted> {
  app.get("/hello", (_, res) => void res.send("hello"));
  const server: Server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

describe("Express [H1]", () => {
  it("app.use(handler)", () =>
    expectMounted(withConnection((nc) => listen(express().use(healthHandler(nc, STRICT))))));

  it("app.use(prefix, handler)", () =>
    expectMounted(
      withConnection((nc) => listen(express().use("/internal/v1", healthHandler(nc, STRICT)))),
      { base: "/internal/v1" },
    ));

  it('app.use("/health", handler), which takes away what the handler looks for', () =>
    expectMounted(withConnection((nc) => listen(express().use("/health", healthHandler(nc, STRICT))))));

  it("a router in a router", () => {
    const inner = (nc: Parameters<typeof healthHandler>[0]) =>
      express.Router().use("/b", healthHandler(nc, STRICT));
    return expectMounted(
      withConnection((nc) => listen(express().use("/a", inner(nc)))),
      { base: "/a/b" },
    );
  });

  it("app.get(path, handler)", () =>
    expectMounted(
      withConnection((nc) => listen(express().get("/health{/*rest}", healthHandler(nc, STRICT)))),
    ));

  it("goes on with the program's own routes, and its own answer to what there is not", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const app = express().use("/health", healthHandler(nc, STRICT)).use(healthHandler(nc, STRICT));
    app.use("/orders", (_, res) => void res.status(201).send("ordered"));
    await using program = await listen(app);
    expect(await ask(program.url, "/orders", { method: "POST" })).toMatchObject({
      status: 201,
      text: "ordered",
    });
    for (const path of ["/healthhealth", "/health/readyz/x", "/health//ready", "/other/health/ready"])
      expect((await ask(program.url, path)).text, path).toContain("Cannot GET");
    expect((await ask(program.url, "/health/", { method: "POST" })).status).toBe(405);
    expect((await ask(program.url, "/livez")).status).toBe(200);
  });
});
