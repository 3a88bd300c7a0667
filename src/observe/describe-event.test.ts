import { describe, expect, it } from "vitest";
import { FakeSubscription } from "../../test/observe/support/fake-connection.js";
import { CodedError, type ErrorCode } from "../errors.js";
import { type ConnectionEvents, Events } from "../index.js";
import { publicError } from "../interop/errors.js";
import { DESCRIBE, messagesLost, type Told } from "./describe-event.js";

type Described = keyof typeof DESCRIBE;

function told<E extends Described>(event: E, ...args: ConnectionEvents[E]): Told | undefined {
  return (DESCRIBE[event] as (...args: ConnectionEvents[E]) => Told | undefined)(...args);
}

function coded(code: ErrorCode, message: string, subject?: string): Error {
  return publicError(new CodedError(code, message, { subject }));
}

const LOST = {
  kind: "network",
  code: "CONNECTION_LOST",
  message: "read ECONNRESET",
  evidence: [],
  docs: "docs/causes/network.md",
} as const;
const cause = { ...LOST, evidence: [], advice: [] };

it("tells all events but those that others tell better, and the one whose listeners cost memory", () => {
  const names = Object.values(Events).filter((name) => DESCRIBE[name] === undefined);
  expect(names.sort()).toEqual(["messageLost", "serverInfo", "state"]);
});

describe("what is told of", () => {
  const lines: [string, Told | undefined, Told["level"], string][] = [
    ["connect", told("connect", { server: "a:1" }), "info", "connected to a:1"],
    [
      "disconnect",
      told("disconnect", new Error(), { server: "a:1", cause, unconfirmed: 0, abandoned: 0 }),
      "error",
      "lost a:1: CONNECTION_LOST: read ECONNRESET",
    ],
    [
      "disconnect with messages on the way",
      told("disconnect", new Error(), { server: "a:1", cause, unconfirmed: 1, abandoned: 0 }),
      "error",
      "lost a:1: CONNECTION_LOST: read ECONNRESET; 1 message will be written again",
    ],
    [
      "disconnect on purpose",
      told("disconnect", undefined, { server: "a:1", cause, unconfirmed: 0, abandoned: 0 }),
      "info",
      "lost a:1: left on purpose",
    ],
    [
      "reconnecting with a wait",
      told("reconnecting", { attempt: 3, server: "", delay: 1_234, error: undefined, cause, abandoned: 0 }),
      "info",
      "waits 1.2 s before the next attempt",
    ],
    [
      "attemptFailed",
      told("attemptFailed", coded("CONNECTION_REFUSED", "connect ECONNREFUSED a:1"), {
        server: "a:1",
        attempt: 7,
        cause,
        abandoned: 0,
      }),
      "warning",
      "attempt at a:1 failed: CONNECTION_REFUSED: connect ECONNREFUSED a:1",
    ],
    [
      "reconnect",
      told("reconnect", {
        server: "b:1",
        previous: "a:1",
        downtime: 61_000,
        attempts: 1,
        replayed: 2,
        serverChanged: true,
      }),
      "info",
      "back on b:1 after 61.0 s, 1 attempt; 2 messages written again",
    ],
    [
      "move",
      told("move", { from: "a:1", to: "b:1", reason: "lame-duck", overlap: 400.4, twins: 0 }),
      "info",
      "moved from a:1 to b:1 (lame-duck) in 400 ms",
    ],
    [
      "standby",
      told("standby", { server: "b:1", ready: true, error: undefined, cause: undefined }),
      "info",
      "standby link to b:1 is ready",
    ],
    [
      "failback that fails",
      told("failback", {
        server: "b:1",
        ready: false,
        error: coded("TIMEOUT", "too late"),
        cause: undefined,
      }),
      "warning",
      "link to the preferred server b:1 is gone: TIMEOUT: too late",
    ],
    [
      "partition",
      told("partition", { duration: 999, previous: "a:1", server: "b:1", serverChanged: true }),
      "warning",
      "was without a link for 999 ms: caches may be stale",
    ],
    ["update", told("update", { added: ["b:1"], deleted: ["c:1"] }), "info", "servers came: b:1; went: c:1"],
    ["lameDuck", told("lameDuck", { server: "a:1" }), "warning", "a:1 shuts down (lame duck)"],
    ["error", told("error", coded("STALE_CONNECTION", "silence")), "error", "STALE_CONNECTION: silence"],
    [
      "overflow",
      told("overflow", { policy: "drop-oldest", messages: 2, bytes: 9, limit: 5, buffered: 5 }),
      "error",
      "no room for 2 messages: buffer of 5 bytes is full (drop-oldest)",
    ],
    [
      "buffer",
      told("buffer", { level: "high", messages: 1, bytes: 8, limit: 10, ratio: 0.8 }),
      "warning",
      "buffer at 80 %",
    ],
    [
      "buffer that has room",
      told("buffer", { level: "normal", messages: 1, bytes: 5, limit: 10, ratio: 0.5 }),
      "info",
      "buffer at 50 % again",
    ],
    [
      "close",
      told("close", undefined, { cause, dropped: 0, unconfirmed: 0 }),
      "info",
      "closed by the application",
    ],
    [
      "close by an error",
      told("close", coded("AUTHORIZATION_VIOLATION", "refused"), { cause, dropped: 0, unconfirmed: 0 }),
      "error",
      "closed: AUTHORIZATION_VIOLATION: refused",
    ],
    ["messages that were given up", messagesLost(1), "error", "1 message was given up"],
  ];

  it.each(lines)("%s", (_, line, level, text) => {
    expect(line).toMatchObject({ level, text, detail: undefined });
  });
});

describe("nothing is told of", () => {
  it("an attempt that begins, a spare link that is not wanted any more, and an update of nothing", () => {
    const attempt = { attempt: 1, server: "a:1", delay: 0, error: undefined, cause: undefined, abandoned: 0 };
    expect(told("reconnecting", attempt)).toBeUndefined();
    expect(
      told("standby", { server: "b:1", ready: false, error: undefined, cause: undefined }),
    ).toBeUndefined();
    expect(told("update", { added: [], deleted: [] })).toBeUndefined();
  });
});

describe("what is left out of a text", () => {
  it("is the detail, for those who may see subjects", () => {
    expect(told("error", coded("TIMEOUT", "nothing on orders.canary", "orders.canary"))).toMatchObject({
      text: "TIMEOUT: nothing on {subject}",
      detail: "nothing on orders.canary",
    });
    expect(told("error", new Error("canary"))).toMatchObject({ text: "UNKNOWN", detail: "canary" });
    const { sub } = new FakeSubscription("orders.canary");
    expect(told("slowConsumer", { subscription: sub, pending: 1, dropped: 5 })).toMatchObject({
      text: "a subscription is too slow: 1 message waits, 5 dropped",
      detail: "orders.canary",
    });
  });

  it("is bounded, and so is the text", () => {
    const long = "x".repeat(10_000);
    const lines = [
      told("error", new Error(long)),
      told("error", coded("SERVER_ERROR", long)),
      told("overflow", { policy: long, messages: 2, bytes: 9, limit: 5, buffered: 5 }),
      told("slowConsumer", { subscription: new FakeSubscription(long).sub, pending: 1, dropped: 5 }),
      told("update", {
        added: Array.from({ length: 256 }, (_, i) => `server-${i}.example.com:4222`),
        deleted: [],
      }),
    ];
    for (const line of lines) expect(`${line?.text}${line?.detail}`.length).toBeLessThan(1_200);
    expect(lines[4]?.text).toContain("server-7.example.com:4222 and 248 more");
  });

  it("has no credentials in it", () => {
    expect(told("error", new Error("cannot dial nats://me:canary@host:1"))?.detail).toBe(
      "cannot dial ***@host:1",
    );
  });
});
