import { describe, expect, it } from "vitest";
import { toHealthSettings } from "./health-options.js";

describe("options of health", () => {
  it("have defaults", () => {
    const defaults = {
      base: "",
      readiness: { mode: "default", grace: 30_000, buffer: 0.8 },
      liveness: "process",
      deadline: 2_000,
      maxAge: 0,
    };
    expect(toHealthSettings(undefined)).toEqual(defaults);
    expect(toHealthSettings({ readiness: {} })).toEqual(defaults);
  });

  it("are taken", () => {
    const given = {
      base: "/api/v1",
      readiness: { mode: "default", grace: 0, buffer: 1 },
      liveness: "connection",
      deadline: 60_000,
      maxAge: 500,
    };
    expect(toHealthSettings(given)).toEqual(given);
    expect(toHealthSettings({ readiness: { mode: "strict" } }).readiness.mode).toBe("strict");
    expect(toHealthSettings({ readiness: { mode: "consumer", grace: 7 } }).readiness.grace).toBe(7);
  });

  it.each<[object, string, RegExp]>([
    [{ base: "api" }, "base", /path such as "\/api"/],
    [{ base: "/api/" }, "base", /none at its end/],
    [{ base: "/" }, "base", /./],
    [{ base: "/a//b" }, "base", /./],
    [{ base: "/a?b" }, "base", /./],
    [{ base: "/a%2Fb" }, "base", /./],
    [{ base: 7 }, "base", /./],
    [{ liveness: "server" }, "liveness", /"process" or "connection"/],
    [{ deadline: 0 }, "deadline", /from 1 to 60000/],
    [{ deadline: 60_001 }, "deadline", /./],
    [{ deadline: Number.POSITIVE_INFINITY }, "deadline", /./],
    [{ maxAge: -1 }, "maxAge", /./],
    [{ readiness: "strict" }, "readiness", /must be an object/],
    [{ readiness: { mode: "loose" } }, "readiness.mode", /"default", "strict" or "consumer"/],
    [{ readiness: { grace: -1 } }, "readiness.grace", /./],
    [{ readiness: { grace: "30s" } }, "readiness.grace", /./],
    [{ readiness: { buffer: 80 } }, "readiness.buffer", /from 0 to 1/],
    [{ readiness: { gracePeriod: 1 } }, "readiness.gracePeriod", /unknown/],
    [
      { readiness: { mode: "strict", grace: 1 } },
      "readiness.grace",
      /not looked at with readiness.mode "strict"/,
    ],
    [{ readiness: { mode: "strict", buffer: 1 } }, "readiness.buffer", /not looked at/],
    [{ readiness: { mode: "consumer", buffer: 1 } }, "readiness.buffer", /not looked at/],
    [{ dead1ine: 1 }, "dead1ine", /did you mean "deadline"/],
  ])("%o is refused", (given, option, message) => {
    expect(() => toHealthSettings(given)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option, message: expect.stringMatching(message) }),
    );
  });
});
