import { connect as connectSocket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type HoldfastError } from "../../src/index.js";
import { handle, UnrecoverableError } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { expectNoProblems } from "../support/problems.js";
import { Recorder } from "../support/recorder.js";
import { thrown, until } from "../support/until.js";

expectNoProblems();

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ config: "max_payload: 4096" });
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

const QUICK = { backoff: { initial: 1, max: 1 } };
const codesOf = (errors: unknown[][]) => errors.map(([error]) => (error as HoldfastError).code);
const getting = () =>
  new Proxy(
    {},
    {
      get() {
        throw new Error("do not look");
      },
    },
  );

describe("a handler that throws", () => {
  it.each<[string, () => unknown]>([
    ["undefined", () => undefined],
    ["null", () => null],
    ["a string", () => "no"],
    ["a frozen error", () => Object.freeze(new Error("no"))],
    ["an object whose getters throw", getting],
    ["a symbol", () => Symbol("no")],
    [
      "an error whose message throws",
      () =>
        Object.defineProperty(new Error("x"), "message", {
          get() {
            throw new Error("no");
          },
        }),
    ],
  ])("%s fails that message, at once or later, and is answered", async (_, make) => {
    const throwing = handle(
      nc,
      "throws",
      () => {
        throw make();
      },
      { ...QUICK, retries: 1 },
    );
    const rejecting = handle(nc, "rejects", () => Promise.reject(make()), { ...QUICK, retries: 1 });
    await nc.flush();
    for (const subject of ["throws", "rejects"]) {
      const answer = await client.request(subject, "1");
      expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("500");
      expect(answer.headers?.get("Nats-Service-Error")).toBe("internal error");
    }
    for (const handler of [throwing, rejecting]) {
      expect(handler.facts()).toMatchObject({ failed: 2, retried: 1, discarded: 1, inFlight: 0 });
    }
    expect(codesOf(recorder.of("error"))).toEqual(["HANDLER_FAILED", "HANDLER_FAILED"]);
  });

  it("an UnrecoverableError is not tried again, and its text is told", async () => {
    const handler = handle(nc, "final", async () => {
      throw new UnrecoverableError("the order is closed");
    });
    await nc.flush();
    const answer = await client.request("final", "1");
    expect(answer.headers?.get("Nats-Service-Error")).toBe("the order is closed");
    expect(handler.facts()).toMatchObject({ failed: 1, retried: 0, discarded: 1 });
  });

  it("after its time was up is not heard of", async () => {
    let fail!: (error: Error) => void;
    const late = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    const handler = handle(nc, "late", late, { timeout: 10, retries: 0 });
    await nc.flush();
    client.publish("late", "1");
    await until(() => handler.facts().timedOut === 1, "the timeout");
    fail(new Error("at last"));
    await nc.flush();
    expect(handler.facts()).toMatchObject({ failed: 0, discarded: 1 });
    expect(codesOf(recorder.of("error"))).toEqual(["HANDLER_TIMEOUT"]);
  });
});

describe("an answer that cannot be given", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;

  it.each<[string, unknown]>([
    ["a circle", circle],
    ["a BigInt", 1n],
    ["a function", () => 1],
    ["what throws when it is looked at", { toJSON: getting() }],
    [
      "what throws in its toJSON",
      {
        toJSON() {
          throw new Error("no");
        },
      },
    ],
  ])("because it is %s fails the message, and is not tried again", async (_, value) => {
    const handler = handle(nc, "answers", async () => value);
    await nc.flush();
    const answer = await client.request("answers", "1");
    expect(answer.headers?.get("Nats-Service-Error")).toBe("internal error");
    expect(handler.facts()).toMatchObject({ failed: 1, retried: 0, handled: 0, discarded: 1 });
    expect(codesOf(recorder.of("error"))).toEqual(["HANDLER_FAILED"]);
    // Nobody asks: nothing has to be encoded.
    client.publish("answers", "1");
    await until(() => handler.facts().handled === 1, "the message without a reply subject");
  });

  it("because it is too large is told, and answered with an error", async () => {
    const handler = handle(nc, "large", () => "x".repeat(10_000));
    await nc.flush();
    const answer = await client.request("large");
    expect(answer.headers?.get("Nats-Service-Error")).toBe("the answer is too large");
    expect(codesOf(recorder.of("error"))).toEqual(["MAX_PAYLOAD_EXCEEDED"]);
    expect(handler.facts().handled).toBe(1);
  });
});

describe("headers that nobody can read, or write again", () => {
  it.each([
    ["a space in a name", "A B: c"],
    ["NUL in a value", "A: x\0y"],
    ["no name", ": y"],
  ])("%s: the message goes to the dead letters without them", async (_, line) => {
    const got: string[] = [];
    client.subscribe("dead", {
      callback: (_error, msg) => got.push(msg.headers?.get("Dead-Letter-Subject") ?? ""),
    });
    await client.flush();
    const failing = () => {
      throw new Error("no");
    };
    const handler = handle(nc, "a", failing, { retries: 0, deadLetter: "dead" });
    await nc.flush();
    const { hostname, port } = new URL(server.url);
    const socket = connectSocket(Number(port), hostname);
    const head = `NATS/1.0\r\n${line}\r\n\r\n`;
    socket.write(`CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n`);
    socket.write(`HPUB a ${head.length} ${head.length + 1}\r\n${head}1\r\n`);
    // It counts when the server has confirmed it, which may be heard of later than the message itself.
    await until(() => got.length > 0 && handler.facts().deadLettered > 0, "the dead letter");
    socket.destroy();
    expect(got).toEqual(["a"]);
    expect(handler.facts()).toMatchObject({ deadLettered: 1, discarded: 0, inFlight: 0 });
  });
});

describe("onError", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
    ["rejects", () => Promise.reject(new Error("mine"))],
    ["returns what cannot be looked at", getting],
  ])("that %s is told, and changes nothing", async (_, onError) => {
    const handler = handle(nc, "told", () => Promise.reject(new Error("no")), {
      ...QUICK,
      retries: 1,
      onError,
    });
    await nc.flush();
    client.publish("told", "1");
    await until(() => handler.facts().discarded === 1 && recorder.count("error") === 3, "all errors");
    expect(codesOf(recorder.of("error")).toSorted()).toEqual([
      "CALLBACK_FAILED",
      "CALLBACK_FAILED",
      "HANDLER_FAILED",
    ]);
  });

  it("is told of messages that cannot be read", async () => {
    const told: unknown[] = [];
    const onError = (error: HoldfastError, { subject, attempt }: { subject: string; attempt: number }) =>
      told.push([error.code, subject, attempt]);
    handle(nc, "told", () => {}, { onError });
    handle(nc, "keyed", () => {}, { onError, key: (order: { id: string }) => order.id });
    await nc.flush();
    client.publish("told", "{");
    client.publish("keyed", "{");
    client.publish("keyed", "null");
    client.publish("keyed", '{"id":7}');
    await until(() => told.length === 4, "all");
    expect(told.toSorted()).toEqual([
      ["INVALID_MESSAGE", "keyed", 1],
      ["INVALID_MESSAGE", "keyed", 1],
      ["INVALID_MESSAGE", "keyed", 1],
      ["INVALID_MESSAGE", "told", 1],
    ]);
  });
});

describe("a listener that throws", () => {
  it("is told, and changes nothing", async () => {
    const handler = handle(nc, "listened", () => Promise.reject(new Error("no")), { retries: 0 });
    handler.on("discarded", () => {
      throw new Error("mine");
    });
    await nc.flush();
    client.publish("listened", "1");
    client.publish("listened", "1");
    await until(() => handler.facts().discarded === 2, "both");
    expect(codesOf(recorder.of("error")).filter((code) => code === "CALLBACK_FAILED")).toHaveLength(2);
  });
});

describe("a call", () => {
  it.each<[string, () => unknown, object]>([
    ["without a connection", () => handle(undefined as never, "x", () => {}), { code: "INVALID_ARGUMENT" }],
    [
      "with another client's",
      () => handle({ subscribe() {} } as never, "x", () => {}),
      { code: "INVALID_ARGUMENT" },
    ],
    ["without a handler", () => handle(nc, "x", undefined as never), { code: "INVALID_ARGUMENT" }],
    ["with a subject that is none", () => handle(nc, "a b", () => {}), { code: "INVALID_SUBJECT" }],
    ["with no subject at all", () => handle(nc, 7 as never, () => {}), { code: "INVALID_SUBJECT" }],
    [
      "with a queue that is none",
      () => handle(nc, "x", () => {}, { queue: "a b" }),
      { code: "INVALID_OPTION", option: "queue" },
    ],
    [
      "with a misspelt option",
      () => handle(nc, "x", () => {}, { deadletter: "d" } as never),
      { code: "INVALID_OPTION", option: "deadletter" },
    ],
    [
      "with a limit that is none",
      () => handle(nc, "x", () => {}, { pendingLimit: { messages: 1.5 } }),
      { code: "INVALID_OPTION", option: "pendingLimit.messages" },
    ],
  ])("%s is refused, and leaves nothing behind", (_, call, expected) => {
    expect(thrown(call)).toMatchObject(expected);
    expect(nc.components).toEqual([]);
  });

  it("on a connection that is closed or draining is refused", async () => {
    const other = await connect({ servers: server.url });
    const drained = other.drain();
    expect(thrown(() => handle(other, "x", () => {})).code).toBe("CONNECTION_DRAINING");
    await drained;
    expect(thrown(() => handle(other, "x", () => {})).code).toBe("CONNECTION_CLOSED");
  });
});
