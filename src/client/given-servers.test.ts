import { describe, expect, it } from "vitest";
import { givenServers } from "./given-servers.js";

describe("the argument of setServers()", () => {
  it("is a list of addresses", () => {
    expect(givenServers(["one", "two:5000"]).map(({ listen }) => listen)).toEqual(["one:4222", "two:5000"]);
  });

  it.each([undefined, "one:4222", [], ["one", 5], [""], ["one two"]])("%j is refused", (servers) => {
    expect(() => givenServers(servers)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
