import { type } from "arktype";
import { noop } from "cockatiel";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { type Connection, connect, headers, type Msg } from "../../src/index.js";
import { policy, type RequestPolicy, request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { openRequests, openSubscriptions } from "../support/inside.js";
import { rejection, until } from "../support/until.js";

let server: NatsServer;
let service: Connection;
let nc: Connection;
/** What the service was asked, since the test began. */
let asked: string[];

beforeAll(async () => {
  server = await NatsServer.start();
  service = await connect({ servers: server.url });
  const on = (subject: string, answer: (msg: Msg) => void) =>
    service.subscribe(subject, {
      callback: (_, msg) => {
        asked.push(msg.string());
        answer(msg);
      },
    });
  on("echo", (msg) => msg.respond(msg.data, { headers: msg.headers }));
  on("mute", () => {});
  on("broken", (msg) => msg.respond("{"));
  on("fails.*", (msg) => {
    const hdrs = headers();
    hdrs.set("Nats-Service-Error", "not today");
    hdrs.set("Nats-Service-Error-Code", msg.subject.slice(6));
    msg.respond("", { headers: hdrs });
  });
  await service.flush();
});
afterAll(async () => {
  await service.close();
  await server.close();
});
beforeEach(async () => {
  asked = [];
  nc = await connect({ servers: server.url, name: "shop" });
});
afterEach(async () => {
  expectBalanced(nc);
  expect(openRequests(nc), "requests that were forgotten").toBe(0);
  await nc.close();
});

const THE_FOURTH = {
  code: "INVALID_ARGUMENT",
  message: "request(): the policy is the fourth argument, before the options of this request",
};
const OF_POLICY = { message: expect.stringContaining("belongs to the policy, which is the fourth argument") };
const QUICK = { retries: 2, backoff: { initial: 5, jitter: 0 } };

describe("request()", () => {
  it("sends JSON and reads JSON", async () => {
    expect(await request(nc, "echo", { id: 17, lines: ["ä"] })).toEqual({ id: 17, lines: ["ä"] });
    expect(asked).toEqual(['{"id":17,"lines":["ä"]}']);
    expect(await request(nc, "echo")).toBeUndefined();
    expect(await request(nc, "echo", null)).toBeNull();
  });

  it("has the other codecs, and one's own", async () => {
    expect(await request(nc, "echo", "text", { codec: "string" })).toBe("text");
    const bytes = await request<Uint8Array>(nc, "echo", new Uint8Array([1, 2]), undefined, {
      codec: "bytes",
    });
    expect([...bytes]).toEqual([1, 2]);
    const msg = await request<Msg>(nc, "echo", "raw", policy(), { codec: "none" });
    expect(msg.string()).toBe("raw");
    const codec = {
      encode: (value: unknown) => `<${value}>`,
      decode: ({ subject, string }: { subject: string; string(): string }) => `${subject} ${typeof string}`,
    };
    expect(await request(nc, "echo", 1, { codec })).toBe("echo function");
    expect(asked.at(-1)).toBe("<1>");
  });

  it.each([
    ["zod", z.object({ id: z.number() })],
    ["valibot", v.object({ id: v.number() })],
    ["arktype", type({ id: "number" })],
  ])("checks the answer by a schema: %s", async (_, schema) => {
    expect(await request(nc, "echo", { id: 17 }, policy(), { schema })).toEqual({ id: 17 });
    const error = await rejection(request(nc, "echo", { id: "secret" }, policy(), { schema }));
    expect(error).toMatchObject({ code: "INVALID_MESSAGE", subject: "echo", retryable: false });
    expect(error.message).toContain("id");
    expect(error.message).not.toContain("secret");
    expect(asked).toHaveLength(2);
  });

  it("has the type of the schema's output", async () => {
    const schema = z.object({ id: z.string().transform(Number) });
    const order = await request(nc, "echo", { id: "17" }, { schema });
    expectTypeOf(order).toEqualTypeOf<{ id: number }>();
    const other = await request(nc, "echo", { id: "17" }, policy(), { schema });
    expectTypeOf(other).toEqualTypeOf<{ id: number }>();
    expectTypeOf(await request<string>(nc, "echo", "")).toEqualTypeOf<string>();
    expect([order, other]).toEqual([{ id: 17 }, { id: 17 }]);
  });

  it("a schema that never settles is a time-out", async () => {
    const schema = z.unknown().refine(() => new Promise<boolean>(() => {}));
    const error = await rejection(request(nc, "echo", 1, { schema, timeout: 50, retry: false }));
    expect(error).toMatchObject({ code: "TIMEOUT", subject: "echo" });
  });

  it("an answer that cannot be read is told, and not tried again, also when idempotent", async () => {
    const error = await rejection(request(nc, "broken", 1, policy({ idempotent: true, retry: QUICK })));
    expect(error).toMatchObject({ code: "INVALID_MESSAGE", subject: "broken" });
    expect(asked).toHaveLength(1);
  });

  it.each<[number, boolean, number]>([
    [404, true, 1],
    [500, true, 1],
    [503, false, 1],
    [503, true, 3],
    [429, true, 3],
  ])(
    "a service's error is told with its code: %i (idempotent: %s)",
    async (serviceCode, idempotent, tries) => {
      const by = policy({ idempotent, retry: QUICK });
      expect(await rejection(request(nc, `fails.${serviceCode}`, 1, by))).toMatchObject({
        code: "SERVICE_ERROR",
        serviceCode,
        message: "not today",
        subject: `fails.${serviceCode}`,
      });
      expect(asked).toHaveLength(tries);
      expect(by.counts).toMatchObject({ calls: 1, failed: 1, retried: tries - 1 });
    },
  );

  it("is told of with codec none, too", async () => {
    expect(await rejection(request(nc, "fails.400", "", { codec: "none" }))).toMatchObject({
      serviceCode: 400,
    });
  });

  it("passes headers, noMux and reply on", async () => {
    const hdrs = headers();
    hdrs.set("trace", "x");
    for (const own of [{}, { noMux: true }, { noMux: true, reply: nc.options.inboxPrefix ? "own" : "own" }]) {
      const msg = await request<Msg>(nc, "echo", "", { codec: "none", headers: hdrs, ...own });
      expect(msg.headers?.get("trace")).toBe("x");
    }
    expect(openSubscriptions(nc).length).toBeLessThanOrEqual(1);
  });

  it("nobody subscribed: tried again, it is safe; then the error", async () => {
    const by = policy({ retry: QUICK });
    const retries: number[] = [];
    by.on("retry", ({ attempt, delay, connection }) => {
      expect(connection).toBe("shop");
      retries.push(attempt, delay);
    });
    expect(await rejection(request(nc, "nobody", 1, by))).toMatchObject({ code: "NO_RESPONDERS" });
    expect(retries).toEqual([1, 5, 2, 10]);
  });

  it("a slow one: TIMEOUT, not tried again; three times if idempotent", async () => {
    const by = policy({ timeout: 40, retry: QUICK });
    /** What was sent so far has come to the service, however short the time-outs were. */
    const delivered = async () => {
      await nc.flush();
      await service.flush();
    };
    expect(await rejection(request(nc, "mute", 1, by))).toMatchObject({ code: "TIMEOUT" });
    await delivered();
    expect(asked).toHaveLength(1);
    expect(await rejection(request(nc, "mute", 1, by, { idempotent: true }))).toMatchObject({
      code: "TIMEOUT",
    });
    await delivered();
    expect(asked).toHaveLength(4);
  });

  it("totalTimeout bounds all tries", async () => {
    const options = {
      totalTimeout: 60,
      idempotent: true,
      retry: { retries: 1000, backoff: { initial: 1, max: 1 } },
    };
    const begun = performance.now();
    const error = await rejection(request(nc, "mute", 1, { ...options, timeout: 20_000 }));
    expect(error.code).toBe("TIMEOUT");
    expect(performance.now() - begun).toBeLessThan(10_000);
    const patient = { totalTimeout: 20_000, retry: { backoff: { initial: 30_000, max: 30_000 } } };
    expect((await rejection(request(nc, "nobody", 1, patient))).code).toBe("NO_RESPONDERS");
  });

  it("a signal ends it at once, also between tries; the answer that comes later is ignored", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const slow = rejection(request(nc, "mute", 1, policy(), { signal: controller.signal, timeout: 60_000 }));
    const between = rejection(
      request(nc, "nobody", 1, {
        retry: { backoff: { initial: 60_000, max: 60_000 } },
        signal: controller.signal,
      }),
    );
    await until(() => asked.length === 1, "the request");
    await nc.flush();
    controller.abort(reason);
    expect(await slow).toBe(reason);
    expect(await between).toBe(reason);
    await until(() => openRequests(nc) === 0, "the abandoned try has ended");
  });

  it("takes the options of a policy for one call; a breaker or a name needs one that is made", async () => {
    expect(await request(nc, "nobody", 1, { retry: false, fallback: () => "stale" })).toBe("stale");
    const hedge = { after: 5 };
    const answered = await request(nc, "echo", 1, { idempotent: true, hedge });
    expect(answered).toBe(1);
    await until(() => openRequests(nc) === 0, "the slower one is answered, too");
    expect(nc.components).toEqual([]);
    for (const [options, option] of [
      [{ breaker: {} }, "breaker"],
      [{ name: "x" }, "name"],
      [{ hedge }, "hedge"],
      [{ hedge: { after: "p95" }, idempotent: true }, "hedge.after"],
      [{ timeOut: 1 }, "timeOut"],
      [{ timeout: false }, "timeout"],
      [[], ""],
      ["policy", ""],
      [null, ""],
    ]) {
      expect(await rejection(request(nc, "echo", 1, options as never))).toMatchObject({
        code: "INVALID_OPTION",
        option,
      });
    }
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it.each<[string, unknown[], object]>([
    ["no connection", [undefined, "echo"], { code: "INVALID_ARGUMENT" }],
    ["something else than a connection", [{ request: () => {} }, "echo"], { code: "INVALID_ARGUMENT" }],
    ["no subject", ["nc"], { code: "INVALID_ARGUMENT" }],
    ["a subject that is none", ["nc", "a b", 1, undefined], { code: "INVALID_SUBJECT" }],
    ["a wildcard", ["nc", "echo.*"], { code: "INVALID_SUBJECT", subject: "echo.*" }],
    ["a policy in the place of options", ["nc", "echo", 1, {}, policy()], THE_FOURTH],
    ["cockatiel's there", ["nc", "echo", 1, undefined, noop], THE_FOURTH],
    ["retry beside no policy", ["nc", "echo", 1, undefined, { retry: 1 }], { option: "retry", ...OF_POLICY }],
    ["breaker there", ["nc", "echo", 1, undefined, { breaker: {} }], { option: "breaker", ...OF_POLICY }],
    ["what JSON cannot have", ["nc", "echo", 1n], { code: "INVALID_PAYLOAD", subject: "echo" }],
    ["a codec that is none", ["nc", "echo", 1, { codec: "xml" }], { option: "codec" }],
    ["a schema that is none", ["nc", "echo", 1, { schema: {} }], { option: "schema" }],
    ["a schema for nothing", ["nc", "echo", "", { codec: "none", schema: z.any() }], { option: "schema" }],
    ["no object with codec bytes", ["nc", "echo", {}, { codec: "bytes" }], { code: "INVALID_PAYLOAD" }],
    ["a time-out of 0", ["nc", "echo", 1, policy(), { timeout: 0 }], { option: "timeout" }],
    ["a signal that is none", ["nc", "echo", 1, policy(), { signal: true }], { option: "signal" }],
    ["options of a policy beside one", ["nc", "echo", 1, policy(), { retry: 1 }], { option: "retry" }],
    ["reply without noMux", ["nc", "echo", 1, policy(), { reply: "x" }], { code: "INVALID_ARGUMENT" }],
    ["a payload that is too large", ["nc", "echo", "x".repeat(2 ** 21)], { code: "MAX_PAYLOAD_EXCEEDED" }],
  ])("%s is refused, and nothing sent", async (_, args, error) => {
    const given = args.map((arg) => (arg === "nc" ? nc : arg)) as Parameters<typeof request>;
    expect(await rejection(request(...given))).toMatchObject(error);
    expect(asked).toEqual([]);
  });

  it("data that cannot be encoded are refused with the reason, on one line", async () => {
    const circular: Record<string, unknown> = { in: {} };
    circular.in = { circular };
    const error = await rejection(request(nc, "echo", circular));
    expect(error).toMatchObject({ code: "INVALID_PAYLOAD", cause: expect.any(TypeError) });
    expect(error.message).toMatch(
      /^the data of the request to "echo" cannot be encoded: Converting circular structure to JSON .*$/,
    );
    expect(asked).toEqual([]);
  });

  it("a rejection that nobody awaits does no harm; nor a payload in its error", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    request(nc, "nobody", { secret: "s3cret" }, { retry: false });
    const error = await rejection(request(nc, "nobody", { secret: "s3cret" }, { retry: false }));
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain("s3cret");
  });
});

describe("a policy's breaker", () => {
  let by: RequestPolicy;
  let changes: string[];
  beforeEach(() => {
    changes = [];
    by = policy({ retry: false, breaker: { failures: 2, halfOpenAfter: 700 } });
    by.on("breaker", ({ subject, to }) => changes.push(`${subject} ${to}`));
  });

  it("opens, refuses without sending, tests, and closes when the service is back", async () => {
    for (let i = 0; i < 2; i++) await rejection(request(nc, `flaky.${i}`, 1, by));
    const sent = nc.stats().outMsgs;
    const refused = await rejection(request(nc, "flaky.3", 1, by));
    expect(refused).toMatchObject({ code: "CIRCUIT_OPEN", subject: "flaky.{id}" });
    expect(refused.message).toMatch(/one call is let through in \d+ ms/);
    expect(nc.stats().outMsgs).toBe(sent);
    const subscription = service.subscribe("flaky.*", { callback: (_, msg) => msg.respond("1") });
    await service.flush();
    await until(() => nc.components.length === 1, "the component");
    const answers: string[] = [];
    await until(() => {
      request(nc, "flaky.4", 1, by).then(
        () => answers.push("answer"),
        () => {},
      );
      return answers.length > 0;
    }, "an answer");
    await until(() => openRequests(nc) === 0, "all are answered");
    await subscription.drain();
    expect(changes).toEqual(["flaky.{id} open", "flaky.{id} half-open", "flaky.{id} closed"]);
  });

  it("a service that refuses keeps it closed, one that fails opens it", async () => {
    for (let i = 0; i < 5; i++) await rejection(request(nc, "fails.404", 1, by));
    expect(by.breakers.map(({ state }) => state)).toEqual(["closed"]);
    const other = policy({ retry: false, breaker: { failures: 2, key: (subject) => subject } });
    for (let i = 0; i < 2; i++) await rejection(request(nc, "fails.500", 1, other));
    expect(other.breakers).toMatchObject([{ subject: "fails.500", state: "open", connection: "shop" }]);
  });

  it("wrong calls, large payloads and undecodable answers do not open it", async () => {
    for (let i = 0; i < 3; i++) {
      await rejection(request(nc, "echo", "x".repeat(2 ** 21), by));
      await rejection(request(nc, "broken", 1, by));
    }
    expect(by.breakers.map(({ state }) => state)).toEqual(["closed", "closed"]);
  });
});

describe("hedging", () => {
  it("a second request answers where the first gets lost; both reach the service, one answer the caller", async () => {
    let count = 0;
    const subscription = service.subscribe("unsteady", {
      callback: (_, msg) => {
        if (++count > 1) msg.respond(JSON.stringify(count));
      },
    });
    await service.flush();
    const by = policy({ idempotent: true, retry: false, timeout: 20_000, hedge: { after: 20 } });
    expect(await request(nc, "unsteady", 1, by)).toBe(2);
    expect(count).toBe(2);
    expect(by.counts).toMatchObject({ calls: 1, hedged: 1, failed: 0 });
    subscription.unsubscribe();
    // The first one's wait ends with the connection.
    await nc.close();
  });
});
