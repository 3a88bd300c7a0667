import { type } from "arktype";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Connection, connect, headers, type Msg } from "../../src/index.js";
import { type HandleOptions, type HandlerContext, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { expectNoProblems } from "../support/problems.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";
import { type Deferred, deferred } from "./support/deferred.js";

expectNoProblems();

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

let nc: Connection;
/** Who asks. */
let client: Connection;
let recorder: Recorder;
beforeEach(async () => {
  nc = await connect({ servers: server.url, name: "the-service" });
  client = await connect({ servers: server.url });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  await client.close();
  expectBalanced(nc);
  await nc.close();
});

/** Waits that take no time that a test would notice. */
const QUICK = { backoff: { initial: 1, max: 1 } };

async function ask(subject: string, data?: unknown): Promise<unknown> {
  const answer = await client.request(subject, data === undefined ? undefined : JSON.stringify(data));
  return answer.string() === "" ? undefined : answer.json();
}

describe("a message", () => {
  it("is decoded, and its context says where it comes from", async () => {
    const got: [unknown, HandlerContext][] = [];
    handle(nc, "orders.*", (data, context) => got.push([data, context]));
    await nc.flush();
    const trace = headers();
    trace.set("traceparent", "00-1-2-01");
    client.publish("orders.17", '{"id":17}', { headers: trace });
    await until(() => got.length === 1, "the message");
    const [data, context] = got[0];
    expect(data).toEqual({ id: 17 });
    expect(context).toMatchObject({ subject: "orders.17", attempt: 1 });
    expect(context.headers?.get("traceparent")).toBe("00-1-2-01");
    expect(context.msg.string()).toBe('{"id":17}');
    expect(context.signal.aborted).toBe(false);
  });

  it.each<[HandleOptions["codec"], unknown]>([
    ["json", { a: 1 }],
    ["string", '{"a":1}'],
    ["bytes", Buffer.from('{"a":1}')],
    [{ decode: (msg) => msg.data.length }, 7],
  ])("is read with codec %o", async (codec, expected) => {
    const got = deferred<unknown>();
    handle(nc, "codec", (data) => got.resolve(data), { codec });
    await nc.flush();
    client.publish("codec", '{"a":1}');
    expect(await got.promise).toEqual(expected);
  });

  it('comes as it is with codec "none"', async () => {
    const got = deferred<Msg>();
    handle(nc, "codec.*", (msg: Msg) => got.resolve(msg), { codec: "none" });
    await nc.flush();
    client.publish("codec.x", "no JSON");
    expect((await got.promise).subject).toBe("codec.x");
  });

  it.each([
    ["zod", z.object({ id: z.number() })],
    ["valibot", v.object({ id: v.number() })],
    ["arktype", type({ id: "number" })],
  ])("is checked with a schema of %s", async (_, schema) => {
    const got: number[] = [];
    const handler = handle(nc, "checked", (order: { id: number }) => got.push(order.id), { schema });
    await nc.flush();
    client.publish("checked", '{"id":"seventeen"}');
    client.publish("checked", '{"id":17}');
    await until(() => got.length === 1, "the good one");
    expect(got).toEqual([17]);
    expect(handler.facts()).toMatchObject({ handled: 1, invalid: 1, discarded: 1, retried: 0 });
    expect(recorder.of("error")).toMatchObject([[{ code: "INVALID_MESSAGE", subject: "checked" }]]);
    expect(recorder.of("error")[0][0].message).not.toContain("seventeen");
  });
});

describe("an answer", () => {
  it("is what the handler returns, now or later; undefined is an empty one", async () => {
    handle(nc, "now", (data) => ({ got: data }));
    handle(nc, "later", async (data: number) => data * 2);
    handle(nc, "empty", async () => undefined);
    await nc.flush();
    expect(await ask("now", [1])).toEqual({ got: [1] });
    expect(await ask("later", 21)).toBe(42);
    expect(await ask("empty")).toBeUndefined();
    expect(recorder.count("error")).toBe(0);
  });

  it("is written by the codec", async () => {
    handle(nc, "string", (text: string) => text.toUpperCase(), { codec: "string" });
    handle(nc, "bytes", () => new Uint8Array([1, 2, 3]), { codec: "bytes" });
    handle(nc, "own", (n: number) => n + 1, {
      codec: { decode: (msg) => Number(msg.string()), encode: (value) => `<${value}>` },
    });
    await nc.flush();
    expect((await client.request("string", "abc")).string()).toBe("ABC");
    expect((await client.request("bytes")).data).toEqual(Buffer.from([1, 2, 3]));
    expect((await client.request("own", "41")).string()).toBe("<42>");
  });

  it("that cannot be encoded is a failure, whose reason is one line", async () => {
    const circular: Record<string, unknown> = { in: {} };
    circular.in = { circular };
    handle(nc, "circular", () => circular);
    await nc.flush();
    const answer = await client.request("circular");
    expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("500");
    const [error] = recorder.of("error").map(([told]) => told as Error);
    expect(error).toMatchObject({ code: "HANDLER_FAILED", cause: expect.any(TypeError) });
    expect(error.message).toMatch(
      /^the handler of "circular" has returned what cannot be encoded: Converting circular .* closes the circle$/,
    );
  });

  it("is not given by who only watches", async () => {
    const seen: unknown[] = [];
    handle(nc, "watched", (data) => seen.push(data), { respond: false });
    handle(nc, "watched", () => "the answer");
    await nc.flush();
    expect(await ask("watched", 1)).toBe("the answer");
    expect(seen).toEqual([1]);
  });

  it("comes from one member of a queue group; each message goes to one", async () => {
    const other = await connect({ servers: server.url });
    const counts = [0, 0];
    handle(nc, "shared", () => counts[0]++, { queue: "workers" });
    handle(other, "shared", () => counts[1]++, { queue: "workers" });
    await nc.flush();
    await other.flush();
    await Promise.all(Array.from({ length: 200 }, () => ask("shared")));
    expect(counts[0] + counts[1]).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    await other.close();
  });
});

describe("an error", () => {
  it("reaches the requester as a service error", async () => {
    handle(
      nc,
      "failing",
      (what: string) => {
        if (what === "known") throw Object.assign(new Error("no such order"), { status: 404 });
        throw new Error("password is hunter2");
      },
      { retries: 0 },
    );
    await nc.flush();
    const known = await client.request("failing", '"known"');
    expect(known.string()).toBe("");
    expect(known.headers?.get("Nats-Service-Error")).toBe("no such order");
    expect(known.headers?.get("Nats-Service-Error-Code")).toBe("404");
    const unknown = await client.request("failing", '"unknown"');
    expect(unknown.headers?.get("Nats-Service-Error")).toBe("internal error");
    expect(unknown.headers?.get("Nats-Service-Error-Code")).toBe("500");
    const invalid = await client.request("failing", "{");
    expect(invalid.headers?.get("Nats-Service-Error-Code")).toBe("400");
    const errors = recorder.of("error").map(([error]) => (error as Error & { code: string }).code);
    expect(errors).toEqual(["HANDLER_FAILED", "HANDLER_FAILED", "INVALID_MESSAGE"]);
  });

  it("harms no other message", async () => {
    const handler = handle(
      nc,
      "mixed",
      (n: number) => {
        if (n % 2 === 1) throw new Error("odd");
      },
      { retries: 0 },
    );
    await nc.flush();
    for (let i = 0; i < 100; i++) client.publish("mixed", String(i));
    await until(() => handler.facts().handled + handler.facts().discarded === 100, "all");
    expect(handler.facts()).toMatchObject({
      handled: 50,
      failed: 50,
      discarded: 50,
      waiting: 0,
      inFlight: 0,
    });
  });
});

describe("a failed try", () => {
  it("is followed by others, in the message's place", async () => {
    const order: string[] = [];
    const told: unknown[] = [];
    const handler = handle(
      nc,
      "retried",
      async (name: string, { attempt }) => {
        order.push(`${name}${attempt}`);
        if (name === "a" && attempt < 3) throw new Error(`try ${attempt}`);
        return attempt;
      },
      { ...QUICK, onError: (error, { attempt }) => told.push([error.code, attempt]) },
    );
    const retries: unknown[] = [];
    handler.on("retry", ({ subject, attempt, delay, error }) =>
      retries.push([subject, attempt, delay, error.cause]),
    );
    await nc.flush();
    const asked = [ask("retried", "a"), ask("retried", "b")];
    expect(await Promise.all(asked)).toEqual([3, 1]);
    expect(order).toEqual(["a1", "a2", "a3", "b1"]);
    expect(told).toEqual([
      ["HANDLER_FAILED", 1],
      ["HANDLER_FAILED", 2],
    ]);
    expect(retries).toMatchObject([
      ["retried", 1, 1, { message: "try 1" }],
      ["retried", 2, 1, { message: "try 2" }],
    ]);
    expect(handler.facts()).toMatchObject({ handled: 2, retried: 2, failed: 2, discarded: 0 });
    expect(handler.facts().durations.count).toBe(4);
    expect(recorder.count("error")).toBe(0);
  });

  it("decodes anew: what a handler has changed is not seen by the next try", async () => {
    handle(
      nc,
      "changed",
      (data: { n: number }, { attempt }) => {
        data.n++;
        if (attempt === 1) throw new Error("once");
        return data.n;
      },
      { ...QUICK, key: () => "k" },
    );
    await nc.flush();
    expect(await ask("changed", { n: 1 })).toBe(2);
  });

  it("that was too slow is let go: its signal is aborted, and the place is free", async () => {
    const signals: AbortSignal[] = [];
    const handler = handle(
      nc,
      "slow",
      (data: string, { signal }) => {
        if (data !== "hang") return data;
        signals.push(signal);
        return new Promise(() => {});
      },
      { ...QUICK, timeout: 20, retries: 1 },
    );
    await nc.flush();
    const hanging = client.request("slow", '"hang"', { timeout: 10_000 });
    const next = ask("slow", "next");
    expect((await hanging).headers?.get("Nats-Service-Error-Code")).toBe("504");
    expect(await next).toBe("next");
    expect(signals.map(({ aborted, reason }) => [aborted, reason.code])).toEqual([
      [true, "HANDLER_TIMEOUT"],
      [true, "HANDLER_TIMEOUT"],
    ]);
    expect(handler.facts()).toMatchObject({ timedOut: 2, retried: 1, discarded: 1, handled: 1 });
  });
});

describe("at the same time", () => {
  it.each([1, 3])("there are %d messages at most", async (concurrency) => {
    let running = 0;
    let most = 0;
    const gates: Deferred<void>[] = [];
    const handler = handle(
      nc,
      "bounded",
      async () => {
        most = Math.max(most, ++running);
        const gate = deferred();
        gates.push(gate);
        await gate.promise;
        running--;
      },
      { concurrency },
    );
    await nc.flush();
    for (let i = 0; i < 10; i++) client.publish("bounded", String(i));
    await until(() => handler.facts().waiting === 10 - concurrency, "those that wait");
    expect(handler.facts()).toMatchObject({ inFlight: concurrency, concurrency });
    for (let i = 0; i < 10; i++) {
      await until(() => gates.length > i, "the next one");
      gates[i].resolve();
    }
    await until(() => handler.facts().handled === 10, "all");
    expect(most).toBe(concurrency);
  });

  it("those with the same key are in order, others beside them", async () => {
    const order: string[] = [];
    const gates = new Map<string, Deferred<void>>();
    const gate = (name: string) => {
      if (!gates.has(name)) gates.set(name, deferred());
      return gates.get(name)!;
    };
    const handler = handle(
      nc,
      "keyed",
      async ({ name }: { name: string }) => {
        order.push(name);
        await gate(name).promise;
      },
      { concurrency: 3, key: ({ name }) => name[0] },
    );
    await nc.flush();
    for (const name of ["a1", "a2", "b1", "a3"]) client.publish("keyed", JSON.stringify({ name }));
    await until(() => handler.facts().waiting === 2, "the first ones");
    expect(order).toEqual(["a1", "b1"]);
    gate("a1").resolve();
    await until(() => order.length === 3, "the second a");
    for (const name of ["b1", "a2", "a3"]) gate(name).resolve();
    await until(() => handler.facts().handled === 4, "all");
    expect(order).toEqual(["a1", "b1", "a2", "a3"]);
  });
});

describe("a message that is given up", () => {
  it("goes to the dead letters, with what it was and why", async () => {
    const dead: Msg[] = [];
    client.subscribe("dead.orders", { callback: (_, msg) => dead.push(msg) });
    await client.flush();
    const handler = handle(
      nc,
      "orders.>",
      () => {
        throw new Error("no\nway");
      },
      { ...QUICK, retries: 1, queue: "workers", deadLetter: "dead.orders" },
    );
    const events: unknown[] = [];
    handler.on("deadLetter", ({ subject, to, attempts, error }) =>
      events.push([subject, to, attempts, error.code]),
    );
    await nc.flush();
    const original = headers();
    original.set("traceparent", "00-1-2-01");
    original.set("Nats-Msg-Id", "17");
    client.publish("orders.eu.17", '{"id":17}', { headers: original });
    await until(() => dead.length === 1 && events.length === 1, "the dead letter");
    const [letter] = dead;
    expect(letter.string()).toBe('{"id":17}');
    expect(Object.fromEntries(letter.headers!)).toEqual({
      traceparent: ["00-1-2-01"],
      "Dead-Letter-Subject": ["orders.eu.17"],
      "Dead-Letter-Reason": ["HANDLER_FAILED"],
      "Dead-Letter-Error": ['the handler of "orders.eu.17" failed: no way'],
      "Dead-Letter-Time": [expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)],
      "Dead-Letter-Attempts": ["2"],
      "Dead-Letter-Client": ["the-service"],
      "Dead-Letter-Queue": ["workers"],
    });
    expect(events).toEqual([["orders.eu.17", "dead.orders", 2, "HANDLER_FAILED"]]);
    expect(handler.facts()).toMatchObject({
      deadLettered: 1,
      discarded: 0,
      failed: 2,
      retried: 1,
      handled: 0,
    });
    expect(recorder.of("error")).toMatchObject([[{ code: "HANDLER_FAILED", subject: "orders.eu.17" }]]);
  });

  it("is discarded without a place for it; that is told, too", async () => {
    const handler = handle(
      nc,
      "orders",
      () => {
        throw new Error("no");
      },
      { retries: 0 },
    );
    const events: unknown[] = [];
    handler.once("discarded", ({ subject, attempts, error }) => events.push([subject, attempts, error.code]));
    await nc.flush();
    client.publish("orders", "1");
    client.publish("orders", "2");
    await until(() => handler.facts().discarded === 2, "both");
    expect(events).toEqual([["orders", 1, "HANDLER_FAILED"]]);
    expect(recorder.count("error")).toBe(2);
    expect(handler.facts().lastError).toMatchObject({ code: "HANDLER_FAILED" });
  });
});
