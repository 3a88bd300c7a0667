import { register } from "prom-client";
import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { isHoldfastError } from "../../errors.js";
import { defaultRegister } from "./register.js";

describe("the register when none is given", () => {
  it("is prom-client's own, the one that the program has", () => {
    expect(defaultRegister()).toBe(register);
  });

  it.each<[string, () => unknown]>([
    [
      "is not there",
      () => {
        throw Object.assign(new Error("Cannot find module 'prom-client'"), { code: "MODULE_NOT_FOUND" });
      },
    ],
    ["is something else", () => ({})],
    ["is of another kind", () => ({ register: { metrics() {} } })],
  ])("is missed when prom-client %s, and it is said what to do", (_, load) => {
    const error = thrown(() => defaultRegister(load));
    expect(isHoldfastError(error)).toBe(true);
    expect(error).toMatchObject({ code: "PACKAGE_MISSING", retryable: false });
    expect(error.message).toMatch(/npm install prom-client, or give a register/);
  });
});
