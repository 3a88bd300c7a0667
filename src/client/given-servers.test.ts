import { describe, expect, it } from "vitest";
import { givenServers } from "./given-servers.js";

const OFFERED = { wish: "offered", first: false } as const;

describe("the argument of setServers()", () => {
  it("is a list of addresses", () => {
    expect(givenServers(["one", "two:5000"], OFFERED).map(({ listen }) => listen)).toEqual([
      "one:4222",
      "two:5000",
    ]);
  });

  it.each([undefined, "one:4222", [], ["one", 5], [""], ["one two"]])("%j is refused", (servers) => {
    expect(() => givenServers(servers, OFFERED)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("are refused when their schemes contradict option tls, as in connect()", () => {
    for (const [server, wish] of [
      ["tls://b", "refused"],
      ["wss://b", "refused"],
      ["ws://b", "required"],
    ] as const) {
      const refused = expect.objectContaining({ code: "INVALID_OPTION", detail: { option: "tls" } });
      expect(() => givenServers([server], { wish, first: false })).toThrow(refused);
    }
  });
});
