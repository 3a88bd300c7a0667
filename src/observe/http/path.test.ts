import { describe, expect, it } from "vitest";
import { pathOf, queryOf } from "./path.js";

describe("the path of a request", () => {
  it.each([
    ["/", "/"],
    ["/health", "/health"],
    ["/health/", "/health"],
    ["/health?verbose=1", "/health"],
    ["/health/?a=/b/", "/health"],
    ["/health//", "/health/"],
    ["//health", "//health"],
    ["/health%2Fready", "/health%2Fready"],
    ["/he%61lth", "/he%61lth"],
    ["/a/../health", "/a/../health"],
    ["/Health", "/Health"],
    [`/${"x".repeat(100_000)}`, `/${"x".repeat(100_000)}`],
  ])("%.40s", (url, path) => {
    expect(pathOf(url)).toBe(path);
  });

  it.each([[undefined], [""], ["*"], ["health"], ["http://h/health"], ["?a"]])("%s has none", (url) => {
    expect(pathOf(url)).toBeUndefined();
  });

  it("and its query", () => {
    expect(queryOf("/a?token=x%2By&token=z").getAll("token")).toEqual(["x+y", "z"]);
    expect([...queryOf("/a")]).toEqual([]);
  });
});
