import { describe, expect, it } from "vitest";
import { RequestStrategy } from "./constants.js";
import { toOfficialRequest, toOfficialRequestMany } from "./requests.js";

describe("options of requests", () => {
  it("strategies and the jitter have other names in nats-core 3", () => {
    const named = (strategy: RequestStrategy) => toOfficialRequestMany({ strategy }).strategy;
    expect(Object.values(RequestStrategy).map(named)).toEqual(["timer", "count", "stall", "sentinel"]);
    expect(toOfficialRequestMany({ maxWait: 5, jitter: 7, maxMessages: 3 })).toEqual({
      maxWait: 5,
      stall: 7,
      maxMessages: 3,
    });
  });

  it("a time of 0 is the default, as there", () => {
    expect([toOfficialRequest({ timeout: 0 }), toOfficialRequestMany({ maxWait: 0 })]).toEqual([{}, {}]);
    expect(toOfficialRequest()).toEqual({});
    expect(toOfficialRequest({ timeout: 5, noMux: true })).toEqual({ timeout: 5, noMux: true });
  });

  it("a negative time, and a reply subject of its own on the common inbox, are refused", () => {
    const refused = expect.objectContaining({ name: "NatsError", code: "INVALID_OPTION" });
    expect(() => toOfficialRequest({ timeout: -1 })).toThrow(refused);
    expect(() => toOfficialRequest({ timeout: 5, reply: "a" })).toThrow(refused);
  });
});
