import { InvalidArgumentError } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { type ConnectionOptions, connect } from "../src/index.js";
import { rejection } from "./support/until.js";

const refusal = (options: unknown) =>
  rejection<Error & { code: string; option?: string }>(connect(options as ConnectionOptions));

const oneMs = () => 1;

describe("connect() refuses wrong options by name [peers 24]", () => {
  it.each([
    ["reconectTimeWait", "reconnectTimeWait"],
    ["reconnectBuffSize", "reconnectBufSize"],
    ["maxReconnectAttempt", "maxReconnectAttempts"],
    ["pinginterval", "pingInterval"],
    ["server", "servers"],
    ["username", "user"],
  ])("a misspelling, with a suggestion: %s", async (wrong, right) => {
    const error = await refusal({ [wrong]: 1 });
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.option).toBe(wrong);
    expect(error.message).toContain(`"${wrong}"`);
    expect(error.message).toContain(`did you mean "${right}"`);
  });

  it("a misspelling inside backoff", async () => {
    const error = await refusal({ backoff: { inital: 5 } });
    expect(error.option).toBe("backoff.inital");
    expect(error.message).toContain('did you mean "backoff.initial"');
  });

  it("an unknown name that is like none, without a suggestion", async () => {
    const error = await refusal({ zzzzzzzz: 1 });
    expect(error.message).toContain('"zzzzzzzz" is unknown');
    expect(error.message).not.toContain("did you mean");
  });

  it.each(["__proto__x", "constructor", "toString", "hasOwnProperty"])(
    "a name that every object has: %s",
    async (name) => {
      expect((await refusal({ [name]: 1 })).option).toBe(name);
    },
  );

  it.each<[string, unknown]>([
    ["servers", 5],
    ["servers", []],
    ["servers", ""],
    ["servers", ["nats://a", 5]],
    ["servers", "nats://:4222"],
    ["servers", "http://localhost"],
    ["servers", "nats://localhost:0"],
    ["servers", "nats://localhost:99999"],
    ["servers", "nats://local host"],
    ["port", 0],
    ["port", "4222"],
    ["servers", ["nats://localhost", "ws://localhost"]],
    ["timeout", 0],
    ["timeout", -1],
    ["timeout", Number.NaN],
    ["timeout", "1s"],
    ["name", 5],
    ["user", 5],
    ["token", null],
    ["authenticator", {}],
    ["reconnect", "yes"],
    ["maxReconnectAttempts", -2],
    ["maxReconnectAttempts", 1.5],
    ["maxReconnectAttempts", Number.POSITIVE_INFINITY],
    ["reconnectTimeWait", -1],
    ["reconnectDelayHandler", 5],
    ["reconnectJitterTLS", -1],
    ["reconnectToServer", "nats://localhost"],
    ["resolve", "no"],
    ["dialer", {}],
    ["localAddress", "localhost"],
    ["localPort", 0],
    ["keepAlive", -1],
    ["noDelay", 1],
    ["debug", "true"],
    ["noAsyncTraces", 1],
    ["pingInterval", "20"],
    ["maxPingOut", 0],
    ["stallTimeout", -1],
    ["inboxPrefix", ""],
    ["inboxPrefix", "a b"],
    ["inboxPrefix", "a.*"],
    ["inboxPrefix", ">"],
    ["delivery", "exactly-once"],
    ["reconnectBufSize", -2],
    ["reconnectBufSize", 0.5],
    ["maxPending", 0],
    ["replayMargin", -1],
    ["beforeReplay", true],
    ["closeTimeout", -1],
    ["drainTimeout", "1"],
    ["noEcho", 1],
    ["backoff", 5],
  ])("a wrong value: %s: %o [parity 11]", async (name, value) => {
    const error = await refusal({ [name]: value });
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.option).toBe(name);
    expect(error.message).toContain(`"${name}"`);
  });

  it.each([
    ["backoff.initial", { initial: 0 }],
    ["backoff.max", { max: -1 }],
    ["backoff.factor", { factor: 0 }],
    ["backoff.jitter", { jitter: "some" }],
    ["backoff.jitter", { jitter: 2 }],
    ["backoff.maxAttempts", { maxAttempts: 0 }],
    ["backoff.initial", { initial: 10, max: 5 }],
  ])("a wrong value: %s of %o", async (name, backoff) => {
    expect((await refusal({ backoff })).option).toBe(name);
  });

  it.each([
    ["servers and port", { servers: "localhost", port: 4222 }],
    ["backoff and reconnectTimeWait", { backoff: {}, reconnectTimeWait: 5 }],
    ["token and user", { token: "t", user: "u" }],
    ["a password without a user", { pass: "p" }],
    ["backoff and nats.js's jitter", { backoff: {}, reconnectJitter: 5 }],
    ["a dialer and where it comes from", { dialer: oneMs, localAddress: "127.0.0.1" }],
    ["a dialer and how names are found", { dialer: oneMs, resolve: false }],
    ["a dialer and Nagle's delay", { dialer: oneMs, noDelay: false }],
    ["waiting for the first connect without reconnects", { reconnect: false, waitOnFirstConnect: true }],
  ])("contradictions: %s", async (_, options) => {
    const error = await refusal(options);
    expect(error.code).toBe("INVALID_OPTION");
    expect(Object.keys(options)).toContain(error.option);
  });

  it.each([null, "nats://localhost", 5, ["nats://localhost"]])("what is no object: %o", async (options) => {
    expect((await refusal(options)).code).toBe("INVALID_OPTION");
  });

  it("takes undefined for absent [parity 18]", async () => {
    const error = await refusal({
      servers: "127.0.0.1:1",
      token: undefined,
      user: undefined,
      backoff: undefined,
    });
    expect(error.code).toBe("CONNECTION_REFUSED");
  });
});
