import { describe, expect, it } from "vitest";
import { LONGEST_LABEL, labelText } from "./label-text.js";

describe("labelText", () => {
  it("cuts what is too long, and leaves no half of a character", () => {
    expect(labelText("orders")).toBe("orders");
    expect(labelText("x".repeat(10_000))).toBe("x".repeat(LONGEST_LABEL));
    expect(labelText(`${"x".repeat(LONGEST_LABEL - 1)}\u{1f600}`)).toBe(
      `${"x".repeat(LONGEST_LABEL - 1)}\ufffd`,
    );
    expect(labelText("a\ud800b")).toBe("a\ufffdb");
  });
});
