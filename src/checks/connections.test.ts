import { describe, expect, it } from "vitest";
import type { Connection } from "../index.js";
import { toConnections } from "./connections.js";

const like = (): Connection =>
  ({ health: () => {}, rtt: () => {}, on: () => {}, closed: () => {} }) as unknown as Connection;

describe("connections", () => {
  it("are one, or an array of them, which is copied", () => {
    const [one, other] = [like(), like()];
    expect(toConnections(one)).toEqual([one]);
    const given = [one, other];
    const connections = toConnections(given);
    given.pop();
    expect(connections).toEqual([one, other]);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^nc must be a connection/],
    ["null", null, /^nc must be/],
    ["a URL", "nats://localhost", /^nc must be/],
    ["a promise", Promise.resolve(like()), /await the promise$/],
    ["nats.js's", { rtt: () => {}, on: () => {}, closed: () => {} }, /^nc must be/],
    ["compat's", { holdfast: like() }, /give the property holdfast/],
    ["none", [], /at least one/],
    ["a hole", [like(), undefined], /^nc\[1\] must be/],
    ["an array in an array", [[like()]], /^nc\[0\] must be/],
  ])("%s is refused", (_, given, message) => {
    expect(() => toConnections(given)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) }),
    );
  });

  it("the same one twice is refused", () => {
    const one = like();
    expect(() => toConnections([one, like(), one])).toThrow("nc[2] is the same connection as nc[0]");
  });
});
