import { describe, expect, it } from "vitest";
import type { CauseKind } from "../src/index.js";
import type { Side } from "./scenario.js";
import { BLAMED, blamesWrongSide } from "./sides.js";

describe("whom a kind blames", () => {
  it.each<[CauseKind, Side, string]>([
    ["server-shutdown", "client", "a stall of this process"],
    ["network", "operator", "refused credentials"],
    ["authentication", "network", "a broken way"],
    ["tls", "network", "a reset in the handshake"],
    ["local-stall", "server", "a server that was stopped"],
    ["client", "network", "a reset"],
    ["stale", "client", "a stall of this process"],
    ["payload", "server", "a server that was killed"],
  ])("%s blames the wrong one when the %s has done it: %s", (told, done) => {
    expect(blamesWrongSide(told, done)).toBe(true);
  });

  it.each<[CauseKind, Side]>([
    ["stale", "network"],
    ["stale", "server"],
    ["slow-consumer", "network"],
    ["lame-duck", "operator"],
    ["authentication", "client"],
  ])("%s may be the doing of the %s", (told, done) => {
    expect(blamesWrongSide(told, done)).toBe(false);
  });

  it("a kind that blames nobody, and one that is not known, blame no wrong one", () => {
    for (const side of ["client", "network", "server", "operator"] as const) {
      expect(blamesWrongSide("unknown", side)).toBe(false);
      expect(blamesWrongSide("of-the-future" as never, side)).toBe(false);
    }
  });

  it("no kind blames everybody: then it could never be wrong", () => {
    for (const sides of Object.values(BLAMED)) expect(sides.length).toBeLessThan(4);
  });
});
