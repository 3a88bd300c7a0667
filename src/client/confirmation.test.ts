import { describe, expect, it } from "vitest";
import { settleFence } from "./confirmation.js";
import { handled } from "./handled.js";

const settle = (outcome: Parameters<typeof settleFence>[0], subject?: string) =>
  new Promise<void>((resolve, reject) => settleFence(outcome, subject, resolve, reject));

describe("the promise of a confirmation", () => {
  it("resolves when confirmed", async () => {
    await expect(settle("confirmed", "a")).resolves.toBeUndefined();
  });

  it.each([
    ["refused", "PERMISSIONS_VIOLATION", {}],
    ["dropped", "MESSAGE_DROPPED", {}],
    ["unconfirmed", "UNCONFIRMED", { maybeDelivered: true }],
    ["closed", "CONNECTION_CLOSED", {}],
  ] as const)("rejects when %s, with %s and the subject", async (outcome, code, facts) => {
    await expect(settle(outcome, "a.b")).rejects.toMatchObject({ code, subject: "a.b", ...facts });
    await expect(settle(outcome)).rejects.toMatchObject({ code });
  });
});

describe("a promise that nobody awaits", () => {
  it("may reject without ending the process, and still tells who awaits it", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const error = new Error("x");
    const promise = handled(Promise.reject(error));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
    await expect(promise).rejects.toBe(error);
  });
});
