import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type HoldfastError } from "../../src/index.js";
import { gracefulShutdown, type Handler, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { expectNoProblems } from "../support/problems.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";
import { deferred } from "./support/deferred.js";

expectNoProblems();

let server: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  server = await NatsServer.start();
  nc = await connect({ servers: server.url });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  await server.close();
});

describe("a handler that stops itself", () => {
  it("is a component until it is done, and a drain waits for it", async () => {
    const gate = deferred();
    let stopped: Promise<void> | undefined;
    const handler: Handler = handle(nc, "self", () => {
      stopped = handler.stop();
      return gate.promise;
    });
    nc.publish("self", "1");
    await until(() => stopped !== undefined, "the call");
    await stopped;
    expect(nc.components).toEqual([handler]);
    expect(handler.facts()).toMatchObject({ state: "stopping", inFlight: 1 });
    let isDrained = false;
    const drained = nc.drain().then(() => {
      isDrained = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    gate.resolve();
    await drained;
    expect(await handler.closed).toBeUndefined();
    expect(handler.facts()).toMatchObject({ state: "stopped", handled: 1, abandoned: 0, inFlight: 0 });
    expect(nc.components).toEqual([]);
  });

  it("is waited for by a shutdown of the process", async () => {
    const gate = deferred();
    const handler: Handler = handle(nc, "self", async () => {
      void handler.stop();
      await gate.promise;
    });
    nc.publish("self", "1");
    await until(() => handler.facts().state === "stopping", "the call");
    await nc.flush();
    const shutdown = gracefulShutdown(nc, {
      signals: [],
      timeout: 10_000,
      delay: 0,
      log: false,
      exit: () => {},
    });
    const ended = shutdown.begin();
    await until(() => nc.isClosed() || handler.facts().inFlight === 1, "its work");
    gate.resolve();
    await ended;
    expect(handler.facts()).toMatchObject({ handled: 1, discarded: 0 });
  });

  it("and fails is tried again, until the connection is closed: no longer", async () => {
    let calls = 0;
    const handler: Handler = handle(
      nc,
      "self",
      () => {
        calls++;
        void handler.stop();
        throw new Error("no");
      },
      { backoff: { initial: 1e6, max: 1e6 } },
    );
    nc.publish("self", "1");
    await until(() => handler.facts().failed === 1, "the first try");
    await nc.flush();
    expect(nc.components).toEqual([handler]);
    await nc.close();
    await handler.closed;
    expect(handler.facts()).toMatchObject({ discarded: 1, abandoned: 1, inFlight: 0, retried: 0 });
    expect(calls).toBe(1);
    await until(() => recorder.count("error") > 1, "the error events");
    const codes = recorder.of("error").map(([error]) => (error as HoldfastError).code);
    expect(codes).toContain("HANDLER_FAILED");
  });

  it.each<[string, (() => string) | undefined]>([
    ["without keys", undefined],
    ["with one key for all", () => "k"],
  ])("and waits for that gives its place to those that wait, %s", async (_, key) => {
    const order: string[] = [];
    const handler: Handler = handle(
      nc,
      "self",
      async (n: number) => {
        if (n === 1) await handler.stop();
        order.push(`${n} is done`);
      },
      { key },
    );
    for (const n of [1, 2, 3]) nc.publish("self", String(n));
    await handler.closed;
    expect(order).toEqual(
      key === undefined ? ["2 is done", "3 is done", "1 is done"] : ["1 is done", "2 is done", "3 is done"],
    );
    expect(handler.facts()).toMatchObject({ handled: 3, waiting: 0, inFlight: 0 });
    expect(nc.components).toEqual([]);
  });

  it("runs beside no other call before its own first await", async () => {
    let calls = 0;
    let depth = 0;
    let deepest = 0;
    const options = { backoff: { initial: 50, max: 50 } };
    const failing = () => {
      if (++calls === 1) throw new Error("no");
      deepest = Math.max(deepest, ++depth);
      void handler.stop();
      depth--;
      return Promise.resolve();
    };
    const handler: Handler = handle(nc, "self", failing, options);
    for (let n = 0; n < 5000; n++) nc.publish("self", "1");
    await handler.closed;
    expect(deepest).toBe(1);
    expect(handler.facts()).toMatchObject({ handled: 5000, retried: 1 });
  });

  it("by a drain of its connection gives its place to those that wait", async () => {
    const done: number[] = [];
    const handler = handle(nc, "self", async (n: number) => {
      if (n === 1) await nc.drain();
      else done.push(n);
    });
    for (const n of [1, 2, 3]) nc.publish("self", String(n));
    await nc.closed();
    await handler.closed;
    expect(done).toEqual([2, 3]);
    expect(handler.facts()).toMatchObject({ state: "stopped", inFlight: 0, waiting: 0 });
  });
});

it("stop() with a timeout does not wait for a server that is frozen", async () => {
  const gate = deferred();
  const handler = handle(nc, "frozen", () => gate.promise);
  nc.publish("frozen", "1");
  await until(() => handler.facts().inFlight === 1, "the call");
  server.stop();
  await handler.stop({ timeout: 50 });
  expect(handler.facts()).toMatchObject({ state: "stopped", abandoned: 1, inFlight: 0 });
  expect(nc.state).toBe("connected");
  expect(nc.components).toEqual([]);
  gate.resolve();
  server.cont();
});
