import { describe, expect, it } from "vitest";
import { callOptions } from "./call-options.js";

describe("options of a call", () => {
  it("may be left out", () => expect(callOptions(undefined)).toEqual({}));

  it("are taken as they are", () => {
    const options = { max: 1 };
    expect(callOptions(options)).toBe(options);
  });

  it.each([null, 5, "x", [], () => {}])("that are %j are refused", (options) => {
    expect(() => callOptions(options as object)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: "the options of a call: must be an object",
      }),
    );
  });
});
