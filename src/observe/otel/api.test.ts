import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as api from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../../errors.js";
import { loadApi } from "./api.js";

describe("the API of OpenTelemetry", () => {
  it("is the one that the application imports", () => {
    expect(loadApi().trace).toBe(api.trace);
  });

  it("is told to be missing, with what to install", () => {
    const text =
      "instrument() needs the package @opentelemetry/not-there: npm install @opentelemetry/not-there";
    const missing = () => loadApi("@opentelemetry/not-there");
    expect(missing).toThrow(expect.objectContaining({ code: "PACKAGE_MISSING", message: text }));
    expect(missing).toThrow(expect.toSatisfy(isHoldfastError));
  });

  it("is not told to be missing when it is something else that is", () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-api-"));
    try {
      const file = join(folder, "broken.cjs");
      writeFileSync(file, 'require("what-it-needs")');
      expect(() => loadApi(file)).toThrow(
        expect.objectContaining({
          code: "MODULE_NOT_FOUND",
          message: expect.stringContaining("what-it-needs"),
        }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
