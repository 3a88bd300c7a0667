import { describe, expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import { publicError } from "../../interop/errors.js";
import { errorType, failureOf } from "./failures.js";

const subject = "orders.17";
const ours = publicError(new CodedError("INVALID_SUBJECT", `bad subject "${subject}"`, { subject }));

it.each([
  [ours, "INVALID_SUBJECT"],
  [new TypeError("x"), "TypeError"],
  [Object.assign(new Error("x"), { name: "" }), "_OTHER"],
  [Object.assign(new Error("x"), { name: 17 }), "_OTHER"],
  ["text", "_OTHER"],
  [undefined, "_OTHER"],
])("the type of %s", (error, type) => expect(errorType(error)).toBe(type));

describe("what is told of an error", () => {
  it("is all of it when subjects may be seen", () => {
    expect(failureOf(ours, true)).toMatchObject({ message: ours.message, exception: ours });
    expect(ours.message).toContain(subject);
  });

  it("names no subject when they are hidden, and quotes nobody", () => {
    for (const error of [ours, new Error(`cannot handle ${subject}`), `no ${subject}`]) {
      const { attributes, message, exception } = failureOf(error, false);
      expect(JSON.stringify([attributes, message, exception])).not.toContain(subject);
    }
    expect(failureOf(ours, false).message).toMatch(/^INVALID_SUBJECT: /);
  });
});
