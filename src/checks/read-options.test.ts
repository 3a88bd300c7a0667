import { describe, expect, it } from "vitest";
import { InvalidArgumentError, isHoldfastError } from "../index.js";
import { anObject, numberOf, oneOf, readOptions } from "./read-options.js";

interface Options {
  mode?: "fast" | "slow";
  grace?: number;
  inner?: object;
}

const CHECKS = { mode: oneOf("fast", "slow"), grace: numberOf("milliseconds", 0, 10), inner: anObject };
const read = (given: unknown, inside?: string) => readOptions<Options>(given, CHECKS, inside);

function refusal(given: unknown, inside?: string): { option?: string; message: string } {
  try {
    read(given, inside);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(isHoldfastError(error)).toBe(true);
    expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
    return error as Error & { option?: string };
  }
  throw new Error("it was not refused");
}

describe("options", () => {
  it("are copied; undefined is absent; inherited ones count", () => {
    expect(read(undefined)).toEqual({});
    expect(read({ mode: undefined, other: undefined })).toEqual({});
    const given = Object.create({ mode: "fast" });
    given.grace = 3;
    const options = read(given);
    given.grace = 99;
    expect(options).toEqual({ mode: "fast", grace: 3 });
  });

  it("are read once", () => {
    let reads = 0;
    const given = {
      get grace() {
        return reads++ === 0 ? 5 : Number.NaN;
      },
    };
    expect(read(given)).toEqual({ grace: 5 });
  });

  it.each<[unknown, string, string]>([
    [{ grase: 1 }, "grase", 'option "grase" is unknown; did you mean "grace"?'],
    [{ MODE: "fast" }, "MODE", 'option "MODE" is unknown; did you mean "mode"?'],
    [{ something: 1 }, "something", 'option "something" is unknown'],
    [{ toString: () => "" }, "toString", 'option "toString" is unknown'],
    [{ mode: "quick" }, "mode", 'option "mode" must be "fast" or "slow"'],
    [{ grace: Number.NaN }, "grace", 'option "grace" must be a number of milliseconds from 0 to 10'],
    [{ grace: "5" }, "grace", 'option "grace" must be a number of milliseconds from 0 to 10'],
    [{ grace: 11 }, "grace", 'option "grace" must be a number of milliseconds from 0 to 10'],
    [{ inner: [] }, "inner", 'option "inner" must be an object'],
    [{ inner: null }, "inner", 'option "inner" must be an object'],
    [null, "", "the options must be an object"],
    [7, "", "the options must be an object"],
    [[], "", "the options must be an object"],
    [() => {}, "", "the options must be an object"],
  ])("%o are refused", (given, option, message) => {
    expect(refusal(given)).toMatchObject({ option, message });
  });

  it("inside another one are named with it", () => {
    expect(refusal({ grase: 1 }, "readiness")).toMatchObject({
      option: "readiness.grase",
      message: 'option "readiness.grase" is unknown; did you mean "readiness.grace"?',
    });
    expect(refusal(null, "readiness").message).toBe('option "readiness" must be an object');
  });

  it("known under other names are found by these, before what is spelt alike", () => {
    const others = { gracePeriod: "grace", inners: "mode", grace: "mode" } as const;
    const said = (given: unknown, inside?: string) => {
      try {
        return readOptions<Options>(given, CHECKS, inside, others);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(said({ gracePeriod: 1 })).toBe('option "gracePeriod" is unknown; did you mean "grace"?');
    expect(said({ inners: 1 }, "a")).toBe('option "a.inners" is unknown; did you mean "a.mode"?');
    expect(said({ grase: 1 })).toBe('option "grase" is unknown; did you mean "grace"?');
    expect(said({ toString: 1 })).toBe('option "toString" is unknown');
    expect(said({ grace: 1 })).toEqual({ grace: 1 });
  });

  it("that cannot be looked at are refused", () => {
    const throwing = {
      get grace() {
        throw new Error("no");
      },
    };
    expect(refusal(throwing)).toMatchObject({ option: "grace", message: expect.stringContaining("no") });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(refusal(revoked.proxy).option).toBe("");
    expect(refusal({ inner: revoked.proxy }).option).toBe("inner");
    const unlistable = new Proxy({}, { ownKeys: () => [1] as unknown as string[] });
    expect(refusal(unlistable).option).toBe("");
  });
});
