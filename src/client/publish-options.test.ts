import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { type PublishOptions, toWishes } from "./publish-options.js";

const wishes = (options: PublishOptions, connected = true) => toWishes(options, "a", connected, () => 1000);

function refusal(options: object, connected = true): CodedError {
  try {
    wishes(options as PublishOptions, connected);
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  throw new Error("was taken");
}

describe("ttl", () => {
  it("is a time from now on", () => {
    expect(wishes({ ttl: 500 }).expiresAt).toBe(1500);
    expect(wishes({ ttl: 0.5 }).expiresAt).toBe(1000.5);
  });

  it("of Infinity never ends, and none is none", () => {
    expect(wishes({ ttl: Number.POSITIVE_INFINITY }).expiresAt).toBe(Number.POSITIVE_INFINITY);
    expect(wishes({}).expiresAt).toBeUndefined();
    expect(wishes({ ttl: undefined }).expiresAt).toBeUndefined();
  });

  it.each([
    [Number.NaN, "NaN"],
    [0, "0"],
    [-1, "-1"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    ["500", "string"],
    [null, "object"],
    [5n, "bigint"],
    [true, "boolean"],
  ])("of %s is refused, naming the option", (ttl, found) => {
    const error = refusal({ ttl });
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", detail: { option: "ttl" } });
    expect(error.message).toContain(`not ${found}`);
  });
});

describe("critical", () => {
  it("is refused at once without a connection, and costs no stack", () => {
    const error = refusal({ critical: true }, false);
    expect(error).toMatchObject({ code: "DISCONNECTED", detail: { subject: "a" } });
    expect(error.stack).not.toContain("    at ");
  });

  it("changes nothing with a connection, and false changes nothing at all", () => {
    expect(wishes({ critical: true })).toEqual(wishes({}));
    expect(wishes({ critical: false }, false)).toEqual(wishes({}));
    expect(wishes({}, false)).toEqual(wishes({}));
  });
});

describe("the others", () => {
  it("are passed on as they are", () => {
    for (const value of [true, false, undefined]) {
      expect(wishes({ replay: value, bypassOverflow: value })).toMatchObject({
        replay: value,
        bypassOverflow: value,
      });
    }
  });
});
