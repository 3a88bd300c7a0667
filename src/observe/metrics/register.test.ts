import { Registry, register } from "prom-client";
import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { isHoldfastError } from "../../errors.js";
import { defaultRegister, freshRegister } from "./register.js";

describe("a register of its own", () => {
  it("is empty, and another one each time", () => {
    const one = freshRegister();
    expect(one).toBeInstanceOf(Registry);
    expect(freshRegister()).not.toBe(one);
  });

  it("is none without prom-client, or with something else of that name", () => {
    const absent = () => {
      throw new Error("Cannot find module");
    };
    for (const load of [absent, () => ({}), () => ({ Registry: class {} })])
      expect(freshRegister(load)).toBeUndefined();
  });
});

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
