import { expect, test } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection } from "../../index.js";
import { apiCode, loadManager, nameProblem } from "./jetstream.js";
import { isDefinite } from "./supervisor.js";

const NC = {} as Connection;

test("says what to install when the package is missing", async () => {
  const missing = Object.assign(new Error("Cannot find package '@nats-io/jetstream' imported from x"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  const load = () => Promise.reject(missing);
  await expect(loadManager(NC, { timeout: 1 }, "consume", load)).rejects.toMatchObject({
    code: "PACKAGE_MISSING",
    message: "consume() needs the package @nats-io/jetstream: npm install @nats-io/jetstream",
    cause: missing,
  });
});

test("what the package itself misses is its own error", async () => {
  const other = Object.assign(new Error("Cannot find package '@nats-io/nats-core'"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  await expect(loadManager(NC, { timeout: 1 }, "consume", () => Promise.reject(other))).rejects.toBe(other);
});

test.each(["", "a.b", "a b", "a*", ">", "a/b", "a\\b", "a\n", "x".repeat(256), 5, undefined])(
  "is no name: %s",
  (name) => expect(nameProblem(name)).toBeTypeOf("string"),
);

test("knows errors of the API", () => {
  expect(apiCode(Object.assign(new Error("x"), { code: 10014, status: 404 }))).toBe(10014);
  expect(apiCode(codedError("TIMEOUT", "x"))).toBeUndefined();
  expect(apiCode(undefined)).toBeUndefined();
});

test("tells what may pass by itself from what does not", () => {
  const of = (cause: unknown) => isDefinite(codedError("CONSUMER_FAILED", "x", { cause }));
  expect(of(undefined)).toBe(true);
  expect(of({ code: 10059, status: 404 })).toBe(true);
  expect(of({ code: 10008, status: 503 })).toBe(false);
  expect(of(codedError("TIMEOUT", "x"))).toBe(false);
  expect(isDefinite(codedError("INVALID_OPTION", "x"))).toBe(true);
  expect(isDefinite(codedError("TIMEOUT", "x"))).toBe(false);
});
