import { expect, it } from "vitest";
import { CodedError, ErrorCode, isHoldfastError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { codedError } from "./coded-error.js";

const USED: readonly ErrorCode[] = [
  "CALLBACK_FAILED",
  "CIRCUIT_OPEN",
  "CONNECTION_CLOSED",
  "CONSUMER_FAILED",
  "DEAD_LETTER_FAILED",
  "HANDLER_FAILED",
  "HANDLER_TIMEOUT",
  "INVALID_MESSAGE",
  "INVALID_OPERATION",
  "INVALID_PAYLOAD",
  "PACKAGE_MISSING",
  "SERVER_ERROR",
  "STREAM_REFUSED",
  "SERVICE_ERROR",
  "TIMEOUT",
];

it("has its own text, its code and its facts", () => {
  const cause = new Error("underneath");
  for (const code of Object.values(ErrorCode)) {
    const error = codedError(code, "what and why", { subject: "a", cause });
    expect(error, code).toMatchObject({ code, message: "what and why", subject: "a" });
    expect(isHoldfastError(error)).toBe(true);
  }
  expect(codedError("TIMEOUT", "late", { cause }).cause).toBe(cause);
});

it.each(USED)("is of the same class as the connection's own errors: %s", (code) => {
  const own = publicError(new CodedError(code, "text"));
  if (code !== "CALLBACK_FAILED") expect(codedError(code, "text").constructor).toBe(own.constructor);
});
