import { describe, expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import { headers } from "../../index.js";
import { deadLetterFailed, deadLetterHeaders, readableHeaders } from "./dead-letter.js";

const error = codedError("HANDLER_FAILED", "the handler failed:\r\nInjected: yes\0");
const time = new Date(0);

describe("the headers of a dead letter", () => {
  it("say why, when, from where and how often", () => {
    const made = deadLetterHeaders(undefined, {
      subject: "orders.17",
      error,
      attempts: 3,
      time,
      client: "billing-1",
      queue: "workers",
      stream: "ORDERS",
      sequence: 42,
      consumer: "billing",
    });
    expect(Object.fromEntries(made)).toEqual({
      "Dead-Letter-Subject": ["orders.17"],
      "Dead-Letter-Reason": ["HANDLER_FAILED"],
      "Dead-Letter-Error": ["the handler failed: Injected: yes"],
      "Dead-Letter-Time": ["1970-01-01T00:00:00.000Z"],
      "Dead-Letter-Attempts": ["3"],
      "Dead-Letter-Client": ["billing-1"],
      "Dead-Letter-Queue": ["workers"],
      "Dead-Letter-Stream": ["ORDERS"],
      "Dead-Letter-Sequence": ["42"],
      "Dead-Letter-Consumer": ["billing"],
    });
  });

  it("are those of the message too, but what servers act on and what an earlier dead letter said", () => {
    const original = headers();
    original.append("traceparent", "00-1-2-01");
    original.append("X-Two", "a");
    original.append("X-Two", "b");
    for (const name of [
      "Nats-Msg-Id",
      "nats-expected-stream",
      "Nats-TTL",
      "Nats-Rollup",
      "dead-letter-queue",
    ]) {
      original.append(name, "x");
    }
    const made = deadLetterHeaders(original, { subject: "s", error, attempts: 1, time });
    expect(made.keys().sort()).toEqual([
      "Dead-Letter-Attempts",
      "Dead-Letter-Error",
      "Dead-Letter-Reason",
      "Dead-Letter-Subject",
      "Dead-Letter-Time",
      "X-Two",
      "traceparent",
    ]);
    expect(made.values("X-Two")).toEqual(["a", "b"]);
    expect(original.has("Nats-Msg-Id")).toBe(true);
  });

  it("leave out what cannot be sent, and are bounded", () => {
    const odd = headers();
    (odd as unknown as { headers: Map<string, string[]> }).headers.set("bad name\u0001", ["x"]);
    (odd as unknown as { headers: Map<string, string[]> }).headers.set("Good", ["x\r\ny", "z"]);
    const long = codedError("HANDLER_FAILED", "x".repeat(100_000));
    const made = deadLetterHeaders(odd, { subject: "s", error: long, attempts: 1 });
    expect(made.has("bad name\u0001")).toBe(false);
    expect(made.values("Good")).toEqual(["z"]);
    expect(made.get("Dead-Letter-Error").length).toBeLessThan(510);
    expect(Date.parse(made.get("Dead-Letter-Time"))).toBeGreaterThan(0);
  });
});

it.each([
  ["an empty name", "", "x"],
  ["a name with a space", "A B", "x"],
  ["a name with a colon", "A:B", "x"],
  ["a name that is not ASCII", "\u00c4", "x"],
  ["a value with NUL", "Bad", "x\0y"],
  ["a value with a line break", "Bad", "x\ny"],
])("a header with %s is left out, since it could not be sent", (_, name, value) => {
  const odd = headers();
  const entries = (odd as unknown as { headers: Map<string, string[]> }).headers;
  entries.set(name, [value]);
  entries.set("Good", ["z", "\u00e4"]);
  const made = deadLetterHeaders(odd, { subject: "s", error, attempts: 1 });
  expect(made.has(name)).toBe(false);
  expect(made.values("Good")).toEqual(["z", "\u00e4"]);
});

it("headers that cannot be read are none", () => {
  const unreadable = {
    get headers(): never {
      throw new Error("no header name");
    },
  };
  expect(readableHeaders(unreadable)).toBeUndefined();
  const good = headers();
  expect(readableHeaders({ headers: good })).toBe(good);
});

it("a dead letter that failed says where and why", () => {
  const cause = new Error("no permission");
  expect(deadLetterFailed("dead.orders", "orders.17", cause)).toMatchObject({
    code: "DEAD_LETTER_FAILED",
    subject: "dead.orders",
    cause,
    message: 'the dead letter of a message on "orders.17" could not be put to "dead.orders": no permission',
  });
});
