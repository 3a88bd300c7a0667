import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { checkPayload } from "./payload.js";

describe("a payload", () => {
  it.each([["text"], [""], [new Uint8Array([1])], [Buffer.from("x")], [new Uint8Array(0)]])(
    "%o is taken as it is",
    (payload) => {
      expect(checkPayload(payload)).toBe(payload);
    },
  );

  it("that is not given is empty", () => {
    expect(checkPayload(undefined)).toHaveLength(0);
  });

  it.each([
    null,
    1,
    true,
    {},
    [],
    [1],
    5n,
    Symbol("s"),
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
    new Uint16Array(1),
    () => 1,
  ])("%o is refused with INVALID_PAYLOAD", (payload) => {
    try {
      checkPayload(payload as never);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect((error as CodedError).code).toBe("INVALID_PAYLOAD");
    }
  });
});
