import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutated } from "./mutations.js";

describe("mutations", () => {
  it("change known texts, and not all of them", () => {
    const texts = fc.sample(mutated(["MSG a 1 5\r\nhello\r\n", "PING\r\n"], ["INFO "]), {
      numRuns: 500,
      seed: 1,
    });
    const some = (test: (text: string) => boolean) => texts.filter(test).length;
    expect(some((text) => text === "PING\r\n")).toBeGreaterThan(5);
    expect(some((text) => text.includes("INFO "))).toBeGreaterThan(20);
    expect(some((text) => text.includes("4294967296"))).toBeGreaterThan(0);
    expect(some((text) => text.includes("MSG") && text.includes("PING"))).toBeGreaterThan(0);
    expect(new Set(texts).size).toBeGreaterThan(300);
  });
});
