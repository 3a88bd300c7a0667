import { describe, expect, it } from "vitest";
import { parseInfo } from "../wire/info.js";
import { copyInfo } from "./facts.js";

describe("a copy of INFO", () => {
  it("says what it says; there is one of each, and what is done to it does the engine no harm", () => {
    const info = parseInfo(JSON.stringify({ server_name: "a", connect_urls: ["b:4222"] }));
    const copy = copyInfo(info);
    expect(copy).toEqual(info);
    copy.connect_urls!.push("c:4222");
    copy.server_name = "changed";
    expect([info.connect_urls, info.server_name]).toEqual([["b:4222"], "a"]);
    expect(copyInfo(info)).toBe(copy);
  });
});
