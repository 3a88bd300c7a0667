import { describe, expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import { UnrecoverableError } from "../work/unrecoverable.js";
import { serviceError, serviceErrorHeaders } from "./service-error.js";

const failed = (cause: unknown) =>
  serviceError(Object.assign(codedError("HANDLER_FAILED", "the handler failed: secret"), { cause }));

describe("what a requester is told", () => {
  it("of a message that cannot be read: 400 and why", () => {
    expect(serviceError(codedError("INVALID_MESSAGE", "its 3 bytes are no JSON"))).toEqual({
      code: 400,
      text: "its 3 bytes are no JSON",
    });
  });

  it("of a handler that was too slow: 504", () => {
    expect(serviceError(codedError("HANDLER_TIMEOUT", "x"))).toEqual({
      code: 504,
      text: "the handler has not answered in time",
    });
  });

  it.each<[string, unknown]>([
    ["an error", new Error("password is hunter2")],
    ["a string", "hunter2"],
    ["nothing", undefined],
    ["null", null],
    ["a code that is a text", Object.assign(new Error("hunter2"), { code: "ECONNREFUSED" })],
    ["a number that is no such code", Object.assign(new Error("hunter2"), { code: 200 })],
    ["no finite number", Object.assign(new Error("hunter2"), { code: Number.NaN })],
    [
      "what cannot be looked at",
      new Proxy(
        {},
        {
          get() {
            throw new Error("hunter2");
          },
        },
      ),
    ],
  ])("of %s: 500, and nothing else", (_, cause) => {
    expect(failed(cause)).toEqual({ code: 500, text: "internal error" });
  });

  it.each(["code", "statusCode", "status"])(
    "of an error with a number as its %s: that, and its text",
    (name) => {
      expect(failed(Object.assign(new Error("no such order"), { [name]: 404 }))).toEqual({
        code: 404,
        text: "no such order",
      });
    },
  );

  it("of an error that is meant to be told: its text", () => {
    expect(failed(new UnrecoverableError("the order is closed"))).toEqual({
      code: 500,
      text: "the order is closed",
    });
    expect(failed(Object.assign(new Error("shown"), { expose: true }))).toEqual({ code: 500, text: "shown" });
  });

  it("of an error that says that it is not to be told: its code alone", () => {
    expect(failed(Object.assign(new Error("hunter2"), { status: 503, expose: false }))).toEqual({
      code: 503,
      text: "internal error",
    });
  });

  it("is one line of bounded length", () => {
    const { text } = failed(
      new UnrecoverableError(`a\r\nNats-Service-Error-Code: 200\r\n${"x".repeat(5000)}`),
    );
    expect(text).toMatch(/^a Nats-Service-Error-Code: 200 xxx/);
    expect(text.length).toBeLessThan(510);
    expect(failed(new UnrecoverableError("\r\n")).text).toBe("internal error");
  });
});

it("the headers of an answer are those of ADR-32", () => {
  expect(Object.fromEntries(serviceErrorHeaders({ code: 404, text: "no such order" }))).toEqual({
    "Nats-Service-Error": ["no such order"],
    "Nats-Service-Error-Code": ["404"],
  });
});
