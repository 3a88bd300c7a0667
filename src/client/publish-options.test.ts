import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { headers } from "../interop/nats-core.js";
import { encodedHeadersOf, type PublishOptions, toWishes } from "./publish-options.js";

const wishes = (options: PublishOptions, connected = true) =>
  toWishes(options, "a", connected, () => 1000) ?? {};

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
  it("is a time from now on, and what is left of it is for an overflow", () => {
    expect(wishes({ ttl: 500 })).toMatchObject({ expiresAt: 1500, ttl: 500 });
    expect(wishes({ ttl: 0.5 })).toMatchObject({ expiresAt: 1000.5, ttl: 0.5 });
  });

  it("of Infinity never ends, and none is none", () => {
    expect(wishes({ ttl: Number.POSITIVE_INFINITY })).toMatchObject({
      expiresAt: Number.POSITIVE_INFINITY,
      ttl: undefined,
    });
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

  it("is passed on with a connection, so that it goes past what waits; false changes nothing at all", () => {
    expect(wishes({ critical: true })).toEqual({ critical: true });
    expect(wishes({ critical: true, bypassOverflow: true })).toEqual({
      critical: true,
      bypassOverflow: true,
    });
    expect(wishes({ critical: false }, false)).toEqual(wishes({}));
    expect(wishes({}, false)).toEqual(wishes({}));
  });
});

describe("the others", () => {
  it.each([undefined, 500])("are passed on as they are, with ttl %s", (ttl) => {
    for (const value of [true, false, undefined]) {
      for (const recovered of [true, false, undefined]) {
        const { replay, bypassOverflow, ...rest } = wishes({
          replay: value,
          bypassOverflow: value,
          recovered,
          ttl,
        });
        expect(replay).toBe(value);
        expect(bypassOverflow ?? false).toBe(value ?? false);
        expect(rest.recovered ?? false).toBe(recovered ?? false);
      }
      expect(wishes({ bypassOverflow: value, ttl }).bypassOverflow ?? false).toBe(value ?? false);
    }
  });

  it("allocate nothing for what an overflow publishes", () => {
    expect(wishes({ bypassOverflow: true })).toBe(wishes({ bypassOverflow: true }));
    const recovered = wishes({ bypassOverflow: true, recovered: true });
    expect(recovered).toEqual({ bypassOverflow: true, recovered: true });
    const again = { bypassOverflow: true, replay: true, recovered: false };
    expect(wishes(again)).toEqual(again);
    expect(wishes(again)).toBe(wishes(again));
    expect(recovered).toBe(wishes({ bypassOverflow: true, recovered: true }));
    expect(toWishes({ bypassOverflow: false, recovered: false }, "a", true, () => 0)).toBeUndefined();
  });
});

describe("encoded headers", () => {
  const BLOCK = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");

  it.each(["NATS/1.0\r\n\r\n", "NATS/1.0\r\nA: b\r\n\r\n", "NATS/1.0 408 Late\r\n\r\n"])(
    "%j are sent as they are",
    (text) => {
      const encodedHeaders = new Uint8Array(Buffer.from(text));
      expect(encodedHeadersOf({ encodedHeaders })).toBe(encodedHeaders);
    },
  );

  it("are none without options, and encoded from headers", () => {
    expect(encodedHeadersOf({})).toBeUndefined();
    const hdrs = headers();
    hdrs.set("A", "b");
    expect(Buffer.from(encodedHeadersOf({ headers: hdrs })!).toString()).toBe("NATS/1.0\r\nA: b\r\n\r\n");
  });

  it.each([
    ["a text", "NATS/1.0\r\n\r\n"],
    ["null", null],
    ["an array", [...BLOCK]],
    ["an ArrayBuffer", new Uint8Array(BLOCK).buffer],
    ["nothing", new Uint8Array(0)],
    ["too little", Buffer.from("NATS/1.0\r\n\r")],
    ["another version", Buffer.from("NATS/2.0\r\n\r\n")],
    ["no empty line", Buffer.from("NATS/1.0\r\nA: b\r\n")],
    ["something behind it", Buffer.concat([BLOCK, Buffer.from("x")])],
    ["a line end within its first words", Buffer.from("NATS/1\r\n\r\n")],
  ])("that are %s are refused", (_what, encodedHeaders) => {
    expect(() => encodedHeadersOf({ encodedHeaders } as PublishOptions)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        detail: expect.objectContaining({ option: "encodedHeaders" }),
      }),
    );
  });

  it.each([{ headers: headers() }, { traceDestination: "a" }, { traceOnly: true }])(
    "beside %o are refused",
    (others) => {
      expect(() => encodedHeadersOf({ encodedHeaders: BLOCK, ...others })).toThrow(/exclude each other/);
    },
  );
});
