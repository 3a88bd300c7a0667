import { expect, it } from "vitest";
import type { Cause, Connection, Health } from "../../index.js";
import { toldCause } from "./told-cause.js";

const CAUSE: Cause = {
  kind: "unknown",
  code: "CALLBACK_FAILED",
  message: "canary",
  evidence: ["canary"],
  advice: ["look at the log"],
  docs: "docs/causes/unknown.md",
};

it.each<[Cause["code"], string, string]>([
  ["CALLBACK_FAILED", "canary of an order", "CALLBACK_FAILED"],
  [
    "PERMISSIONS_VIOLATION",
    'Permissions Violation for Publish to "canary"',
    'Permissions Violation for Publish to "{subject}"',
  ],
  ["CONNECTION_REFUSED", "connect ECONNREFUSED", "connect ECONNREFUSED"],
])(
  "a cause %s is told without what the application has thrown, and without subjects",
  (code, message, expected) => {
    const health = {
      connected: false,
      state: "reconnecting",
      lastCause: { ...CAUSE, code, message },
    } as Health;
    expect(toldCause({} as Connection, health)).toEqual({
      kind: "unknown",
      code,
      message: expected,
      advice: ["look at the log"],
      docs: "docs/causes/unknown.md",
    });
  },
);

it("there is no cause while there is a link", () => {
  const health = { connected: true, state: "connected", lastCause: CAUSE } as Health;
  expect(toldCause({} as Connection, health)).toBeUndefined();
});
