import { describe, expect, it } from "vitest";
import { isUnrecoverable, UnrecoverableError } from "./unrecoverable.js";

describe("UnrecoverableError", () => {
  it("has text, name and cause", () => {
    const cause = new Error("below");
    const error = new UnrecoverableError("never", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "UnrecoverableError", message: "never", cause });
    expect(isUnrecoverable(error)).toBe(true);
  });

  it("is recognised in a subclass, and from another copy of the package", () => {
    class Mine extends UnrecoverableError {}
    expect(isUnrecoverable(new Mine("x"))).toBe(true);
    const foreign = Object.assign(new Error("x"), { [Symbol.for("holdfast.unrecoverable")]: true });
    expect(isUnrecoverable(foreign)).toBe(true);
  });

  it.each([undefined, null, "text", new Error("x"), {}])("is not %o", (other) => {
    expect(isUnrecoverable(other)).toBe(false);
  });

  it("is not what cannot be looked at", () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
      },
    );
    expect(isUnrecoverable(hostile)).toBe(false);
  });
});
