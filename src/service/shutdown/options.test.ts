import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../../index.js";
import { toShutdownSettings } from "./options.js";

function refusal(given: unknown): { code?: string; option?: string; message: string } {
  try {
    toShutdownSettings(given);
  } catch (error) {
    expect(isHoldfastError(error)).toBe(true);
    return error as Error;
  }
  throw new Error("it should have been refused");
}

describe("options of gracefulShutdown()", () => {
  it("have defaults", () => {
    const settings = { signals: ["SIGTERM", "SIGINT"], delay: 0, timeout: 25_000, servers: [], last: [] };
    expect(toShutdownSettings(undefined)).toEqual({ ...settings, workUntil: 20_000, drainUntil: 24_000 });
  });

  it.each([
    [1_000, 800, 960],
    [25_000, 20_000, 24_000],
    [600_000, 595_000, 599_000],
  ])("of %i ms, %i are for work, and connections are closed after %i", (timeout, workUntil, drainUntil) => {
    expect(toShutdownSettings({ timeout })).toMatchObject({ workUntil, drainUntil });
  });

  it("take one server or several, each once", () => {
    const [first, second] = [createServer(), { close: () => {} }];
    expect(toShutdownSettings({ servers: first, last: second })).toMatchObject({
      servers: [first],
      last: [second],
    });
    expect(toShutdownSettings({ servers: [first, second, first] }).servers).toEqual([first, second]);
    const application = Object.assign(() => {}, { close: () => {} });
    expect(toShutdownSettings({ servers: application }).servers).toEqual([application]);
  });

  it.each([
    [{ signals: "SIGTERM" }, "signals"],
    [{ signals: ["SIGKILL"] }, "signals"],
    [{ signals: ["SIGTERM", "SIGNOT"] }, "signals"],
    [{ signals: [15] }, "signals"],
    [{ timeout: 0 }, "timeout"],
    [{ timeout: "25s" }, "timeout"],
    [{ timeout: Number.NaN }, "timeout"],
    [{ timeout: Number.POSITIVE_INFINITY }, "timeout"],
    [{ delay: -1 }, "delay"],
    [{ delay: 12_501 }, "delay"],
    [{ delay: 600, timeout: 1_000 }, "delay"],
    [{ before: "hook" }, "before"],
    [{ after: {} }, "after"],
    [{ servers: 8080 }, "servers"],
    [{ servers: [createServer(), undefined] }, "servers"],
    [{ servers: Promise.resolve(createServer()) }, "servers"],
    [{ last: null }, "last"],
    [{ log: true }, "log"],
    [{ exit: true }, "exit"],
    [null, ""],
    ["SIGTERM", ""],
  ])("%o is refused and names what is wrong", (given, option) => {
    expect(refusal(given)).toMatchObject({ code: "INVALID_OPTION", option });
  });

  it("that are misspelt are refused with a suggestion", () => {
    expect(refusal({ tiemout: 5 }).message).toBe('option "tiemout" is unknown; did you mean "timeout"?');
  });
});
