import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Connection,
  connect,
  type HandlerFacts,
  type HoldfastError,
  type Msg,
} from "../../src/index.js";
import { handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { expectNoProblems } from "../support/problems.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";
import { deferred } from "./support/deferred.js";

expectNoProblems();

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

let nc: Connection;
let client: Connection;
let recorder: Recorder;
beforeEach(async () => {
  nc = await connect({ servers: server.url });
  client = await connect({ servers: server.url });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  await client.close();
  expectBalanced(nc);
  await nc.close();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a handler", () => {
  it("is a component of its connection until it is stopped", async () => {
    const handler = handle(nc, "orders.17.*", () => {}, { queue: "workers", concurrency: 4 });
    expect(nc.components).toEqual([handler]);
    const { durations, ...facts } = handler.facts();
    expect(facts).toEqual({
      kind: "handler",
      name: "orders.{id}.*",
      subject: "orders.17.*",
      queue: "workers",
      state: "running",
      concurrency: 4,
      failing: undefined,
      lastError: undefined,
      inFlight: 0,
      waiting: 0,
      handled: 0,
      retried: 0,
      failed: 0,
      timedOut: 0,
      invalid: 0,
      deadLettered: 0,
      discarded: 0,
      abandoned: 0,
    } satisfies Omit<HandlerFacts, "durations">);
    expect(durations.count).toBe(0);
    await handler.stop();
    expect(nc.components).toEqual([]);
    expect(handler.facts().state).toBe("stopped");
    expect(await handler.closed).toBeUndefined();
    await handler.stop();
  });

  it("stopped, leaves nothing behind at its connection", async () => {
    type Inside = { reporter: { emitter: { listeners: unknown[] } } };
    const listeners = () => (nc as unknown as Inside).reporter.emitter.listeners.length;
    const before = listeners();
    const handler = handle(nc, "gone", () => {});
    expect(listeners()).toBe(before + 1);
    await handler.stop();
    expect(listeners()).toBe(before);
  });

  it("ends with its scope", async () => {
    {
      await using handler = handle(nc, "scoped", () => {});
      expect(handler.subject).toBe("scoped");
    }
    expect(nc.components).toEqual([]);
  });

  it("stopped, finishes what has come, and takes no more", async () => {
    const gate = deferred();
    const done: number[] = [];
    const handler = handle(nc, "stopped", async (n: number) => {
      await gate.promise;
      done.push(n);
      return n;
    });
    await nc.flush();
    const answers = [1, 2, 3].map((n) => client.request("stopped", String(n)));
    await until(() => handler.facts().waiting === 2, "all three");
    const stopped = handler.stop();
    expect(handler.facts()).toMatchObject({ state: "stopping", inFlight: 1, waiting: 2 });
    await nc.flush();
    client.publish("stopped", "4");
    await client.flush();
    expect(nc.components).toEqual([handler]);
    gate.resolve();
    await stopped;
    expect(done).toEqual([1, 2, 3]);
    expect((await Promise.all(answers)).map((msg) => msg.json())).toEqual([1, 2, 3]);
    expect(handler.facts()).toMatchObject({ state: "stopped", handled: 3 });
  });

  it.each([
    ["in the callback of its subscription", 0],
    ["when its turn has come", 1],
  ])("may stop itself, %s", async (_, before) => {
    const gate = deferred();
    const stopped = deferred();
    const handler = handle(nc, "self", async (n: number) => {
      if (n < before) return gate.promise;
      await handler.stop();
      stopped.resolve();
      return n;
    });
    await nc.flush();
    for (let n = 0; n < before; n++) client.publish("self", String(n));
    const answer = client.request("self", String(before));
    await until(() => handler.facts().inFlight === 1 || handler.facts().state !== "running", "the first");
    await until(() => handler.facts().waiting === before || handler.facts().state !== "running", "the other");
    gate.resolve();
    await stopped.promise;
    expect((await answer).json()).toBe(before);
    expect(nc.components).toEqual([]);
  });

  it("stopped with a timeout gives up what is not done by then; dead letters are put", async () => {
    const dead: string[] = [];
    client.subscribe("dead", { callback: (_, msg: Msg) => dead.push(msg.string()) });
    await client.flush();
    const signals: AbortSignal[] = [];
    const hang = (_: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const handler = handle(nc, "forced", hang, { deadLetter: "dead" });
    await nc.flush();
    for (const n of [1, 2, 3]) client.publish("forced", String(n));
    await until(() => handler.facts().waiting === 2, "all three");
    // What is left of a shutdown's time is no whole number.
    await handler.stop({ timeout: 20.36762579999 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await until(() => dead.length === 3, "the dead letters");
    expect(dead.toSorted()).toEqual(["1", "2", "3"]);
    expect(handler.facts()).toMatchObject({
      state: "stopped",
      deadLettered: 3,
      abandoned: 3,
      inFlight: 0,
      waiting: 0,
    });
    const told = recorder.of("error").map(([error]) => (error as Error).message);
    const text = 'the handler of "forced" was not done 20 ms after it had to stop';
    expect(told).toEqual([text, text, text]);
  });

  it("stopped with a timeout does not wait for a next try", async () => {
    const handler = handle(nc, "forced", () => Promise.reject(new Error("no")), {
      backoff: { initial: 1e6, max: 1e6 },
    });
    await nc.flush();
    const answer = client.request("forced", "1");
    await until(() => handler.facts().failed === 1, "the first try");
    await handler.stop({ timeout: 1 });
    expect(handler.facts()).toMatchObject({ discarded: 1, retried: 0, inFlight: 0 });
    expect((await answer).headers?.get("Nats-Service-Error-Code")).toBe("500");
    expect(await rejection(handler.stop({ timeout: -1 }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "timeout",
    });
  });
});

describe("nc.drain()", () => {
  it.each([1, 16])(
    "in the middle of 1,000 requests: all are answered (concurrency %d)",
    async (concurrency) => {
      const gate = deferred();
      const handler = handle(
        nc,
        "drained",
        async (n: number) => {
          await turn();
          // Else they may be handled as fast as a busy machine brings them.
          if (n > 100) await gate.promise;
          return n;
        },
        { concurrency },
      );
      await nc.flush();
      const answers = Array.from({ length: 1000 }, (_, n) =>
        client.request("drained", String(n), { timeout: 20_000 }),
      );
      await until(() => handler.facts().waiting > 100 && handler.facts().handled > 10, "the middle");
      await client.flush();
      const drained = nc.drain();
      gate.resolve();
      await drained;
      expect((await Promise.all(answers)).map((msg) => msg.json())).toEqual(
        Array.from({ length: 1000 }, (_, n) => n),
      );
      expect(handler.facts()).toMatchObject({ state: "stopped", handled: 1000, waiting: 0, inFlight: 0 });
      expect(recorder.count("error")).toBe(0);
      expect(nc.isClosed()).toBe(true);
      expect(nc.components).toEqual([]);
    },
  );

  it("waits for retries and dead letters", async () => {
    const dead: string[] = [];
    client.subscribe("dead", { callback: (_, msg: Msg) => dead.push(msg.string()) });
    await client.flush();
    const failing = () => Promise.reject(new Error("no"));
    const handler = handle(nc, "drained", failing, {
      backoff: { initial: 5 },
      deadLetter: "dead",
      concurrency: 10,
    });
    await nc.flush();
    for (let n = 0; n < 100; n++) client.publish("drained", String(n));
    await until(() => handler.facts().waiting > 0, "the middle");
    await client.flush();
    await nc.drain();
    await client.flush();
    expect(dead.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(handler.facts()).toMatchObject({ deadLettered: 100, retried: 200, failed: 300 });
  });

  it("ends in time when a handler does not: it is given up", async () => {
    const other = await connect({ servers: server.url, drainTimeout: 50 });
    const handler = handle(other, "hanging", () => new Promise(() => {}));
    await other.flush();
    client.publish("hanging", "1");
    client.publish("hanging", "2");
    await until(() => handler.facts().waiting === 1, "both");
    await other.drain();
    await handler.closed;
    expect(handler.facts()).toMatchObject({ state: "stopped", discarded: 2, inFlight: 0, waiting: 0 });
  });

  it("called by a handler does not wait for that call", async () => {
    const called = deferred();
    handle(nc, "drains", async () => {
      await nc.drain();
      called.resolve();
    });
    await nc.flush();
    client.publish("drains", "1");
    await called.promise;
    expect(nc.isClosed()).toBe(true);
  });
});

describe("nc.close()", () => {
  it("aborts what runs, gives up what waits, and tells how much that was", async () => {
    const signals: AbortSignal[] = [];
    const hang = (_: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const handler = handle(nc, "closed", hang, { concurrency: 2, deadLetter: "dead" });
    const discarded: string[] = [];
    handler.on("discarded", ({ error }) => discarded.push(error.code));
    await nc.flush();
    for (let n = 0; n < 5; n++) client.publish("closed", String(n));
    await until(() => handler.facts().waiting === 3, "all");
    await nc.close();
    await handler.closed;
    expect(signals.map(({ aborted, reason }) => [aborted, reason.code])).toEqual([
      [true, "CONNECTION_CLOSED"],
      [true, "CONNECTION_CLOSED"],
    ]);
    expect(handler.facts()).toMatchObject({
      state: "stopped",
      discarded: 5,
      abandoned: 5,
      waiting: 0,
      inFlight: 0,
      failed: 0,
    });
    expect(discarded).toEqual(Array.from({ length: 5 }, () => "CONNECTION_CLOSED"));
    await until(() => recorder.count("error") === 1, "the error event");
    expect(recorder.of("error")[0][0]).toMatchObject({
      code: "CONNECTION_CLOSED",
      message: 'the connection was closed before the handler of "closed" was done: 5 messages are given up',
    });
    expect(nc.components).toEqual([]);
  });

  it("ends the wait for a next try", async () => {
    const handler = handle(nc, "closed", () => Promise.reject(new Error("no")), {
      backoff: { initial: 1e6, max: 1e6 },
    });
    await nc.flush();
    client.publish("closed", "1");
    await until(() => handler.facts().failed === 1, "the first try");
    await nc.close();
    await handler.closed;
    expect(handler.facts()).toMatchObject({ discarded: 1, inFlight: 0 });
    await until(() => recorder.count("error") > 0, "the error event");
    const errors = recorder.of("error").map(([error]) => (error as HoldfastError).code);
    expect(errors).toContain("HANDLER_FAILED");
  });
});

describe("more than may wait", () => {
  it("is dropped and told, as with any subscription", async () => {
    const gate = deferred();
    const handler = handle(nc, "limited", () => gate.promise, { pendingLimit: { messages: 10 } });
    await nc.flush();
    for (let n = 0; n < 100; n++) client.publish("limited", String(n));
    await until(() => recorder.count("slowConsumer") > 0, "the event");
    await client.flush();
    await nc.flush(); // all of them have come
    expect(handler.facts()).toMatchObject({ inFlight: 1, waiting: 9 });
    gate.resolve();
    await until(() => handler.facts().handled === 10, "the others");
  });
});
