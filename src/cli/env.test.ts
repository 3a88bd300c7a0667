import { describe, expect, it } from "vitest";
import { env } from "./env.js";

describe("holdfast env", () => {
  it("shows what is in force, and whether it would be taken", () => {
    const { ok, text } = env({ NATS_TOKEN: "S3CRET", NATS_TIMEOUT: "2s" }, "text");
    expect(ok).toBe(true);
    expect(text).toContain("default 5s; now 2s");
    expect(text).not.toContain("S3CRET");
  });

  it("says what would be refused", () => {
    const { ok, text } = env({ NATS_TIMEOUT: "2 seconds" }, "markdown");
    expect(ok).toBe(false);
    expect(text).toMatch(
      /\nrefused: environment variable NATS_TIMEOUT must be a duration.* \(INVALID_OPTION\)$/,
    );
  });
});
