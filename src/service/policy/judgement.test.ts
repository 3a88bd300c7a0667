import { describe, expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { ErrorCode } from "../../index.js";
import { isRefusal, mayRetry, verdictOn } from "./judgement.js";

const coded = (code: ErrorCode, facts: object = {}) => Object.assign(codedError(code, "text"), facts);
const service = (serviceCode: number) => coded("SERVICE_ERROR", { serviceCode });
const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error("no");
    },
  },
);

describe("another try", () => {
  it.each<[string, unknown, boolean, boolean]>([
    // what, error, as it is, idempotent
    ["nobody is subscribed", coded("NO_RESPONDERS"), true, true],
    ["not accepted: full", coded("BUFFER_FULL"), true, true],
    ["not accepted: no link", coded("DISCONNECTED"), true, true],
    ["not accepted: too much unconfirmed", coded("MAX_PENDING_EXCEEDED"), true, true],
    ["a lost link that may have carried it", coded("CONNECTION_LOST", { maybeDelivered: true }), false, true],
    ["a lost link that has not", coded("CONNECTION_LOST", { maybeDelivered: false }), true, true],
    ["a lost link that nobody knows of", coded("CONNECTION_LOST"), false, true],
    ["a time-out", coded("TIMEOUT"), false, true],
    ["a time-out of what was not written", coded("TIMEOUT", { maybeDelivered: false }), true, true],
    ["written and unconfirmed", coded("UNCONFIRMED"), false, true],
    ["dropped, perhaps after it was written", coded("MESSAGE_DROPPED"), false, true],
    ["an open circuit", coded("CIRCUIT_OPEN"), false, false],
    ["an answer that cannot be read", coded("INVALID_MESSAGE"), false, false],
    ["a closed connection", coded("CONNECTION_CLOSED"), false, false],
    ["a wrong argument", coded("INVALID_SUBJECT"), false, false],
    ["no permission", coded("PERMISSIONS_VIOLATION"), false, false],
    ["answer 400", service(400), false, false],
    ["answer 429", service(429), false, true],
    ["answer 500", service(500), false, false],
    ["answer 503", service(503), false, true],
    ["an error of somebody else", new Error("?"), false, true],
    ["one of somebody else that says it may", Object.assign(new Error(), { retryable: true }), true, true],
    [
      "one of somebody else that says it may, but may have been delivered",
      Object.assign(new Error(), { retryable: true, maybeDelivered: true }),
      false,
      true,
    ],
    ["one of somebody else that says no", Object.assign(new Error(), { retryable: false }), false, false],
    ["status 404 of HTTP", Object.assign(new Error(), { status: 404 }), false, false],
    ["status 503 of HTTP", Object.assign(new Error(), { statusCode: 503 }), false, true],
    ["a text", "broken", false, true],
  ])("after %s", (_, error, asItIs, idempotent) => {
    expect(mayRetry(error, false)).toBe(asItIs);
    expect(mayRetry(error, true)).toBe(idempotent);
  });
});

describe("for a breaker", () => {
  it.each<[unknown, string]>([
    [coded("TIMEOUT"), "failure"],
    [coded("NO_RESPONDERS"), "failure"],
    [coded("CONNECTION_LOST"), "failure"],
    [coded("UNCONFIRMED"), "failure"],
    [service(500), "failure"],
    [service(599), "failure"],
    [service(404), "alive"],
    [service(429), "alive"],
    [coded("INVALID_MESSAGE"), "alive"],
    [coded("INVALID_ARGUMENT"), "nothing"],
    [coded("BUFFER_FULL"), "nothing"],
    [coded("DISCONNECTED"), "nothing"],
    [coded("CONNECTION_CLOSED"), "nothing"],
    [coded("MAX_PAYLOAD_EXCEEDED"), "nothing"],
    [coded("PERMISSIONS_VIOLATION"), "nothing"],
    [new TypeError("fetch failed"), "failure"],
    [Object.assign(new Error(), { status: 404 }), "alive"],
    [Object.assign(new Error(), { status: 502 }), "failure"],
    [Object.assign(new Error(), { code: "ECONNREFUSED" }), "failure"],
    [undefined, "failure"],
  ])("%o is: %s", (error, verdict) => {
    expect(verdictOn(error)).toBe(verdict);
  });

  it("a service's code that is none of HTTP's says that it is there", () => {
    expect(verdictOn(service(100_007))).toBe("alive");
  });
});

it("what cannot be looked at is an error of somebody else", () => {
  expect(mayRetry(hostile, false)).toBe(false);
  expect(mayRetry(hostile, true)).toBe(true);
  expect(verdictOn(hostile)).toBe("failure");
});

it("refused arguments are told from failures", () => {
  expect(isRefusal(coded("INVALID_SUBJECT"))).toBe(true);
  expect(isRefusal(coded("INVALID_MESSAGE"))).toBe(false);
  expect(isRefusal(hostile)).toBe(false);
});
