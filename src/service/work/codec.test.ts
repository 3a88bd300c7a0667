import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { type Codec, type Encoded, toCodec } from "./codec.js";

const message = (text: string): Encoded => ({
  subject: "orders",
  data: new TextEncoder().encode(text),
  string: () => text,
});

describe("codecs", () => {
  it("read", () => {
    const msg = message('{"a":1}');
    expect(toCodec(undefined).decode(msg)).toEqual({ a: 1 });
    expect(toCodec("string").decode(msg)).toBe('{"a":1}');
    expect(toCodec("bytes").decode(msg)).toBe(msg.data);
    expect(toCodec("none").decode(msg)).toBe(msg);
    expect(toCodec("json").decode(message(""))).toBeUndefined();
  });

  it("write", () => {
    const bytes = new Uint8Array([1, 2]);
    expect(toCodec("json").encode({ a: [1] })).toBe('{"a":[1]}');
    expect(toCodec("json").encode("text")).toBe('"text"');
    expect(toCodec("json").encode(null)).toBe("null");
    expect(toCodec("string").encode("text")).toBe("text");
    expect(toCodec("bytes").encode(bytes)).toBe(bytes);
    for (const name of ["json", "string", "bytes", "none"] as const) {
      expect(toCodec(name).encode(undefined)).toEqual(new Uint8Array(0));
    }
  });

  it("throw for what they cannot write", () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const value of [circle, 1n, () => 1, Symbol("s")]) {
      expect(() => toCodec("json").encode(value)).toThrow(TypeError);
    }
    for (const value of [{}, 7, null]) expect(() => toCodec("string").encode(value)).toThrow(TypeError);
  });

  it("of the application are called as methods", () => {
    const own: Codec & { key: number } = {
      key: 3,
      decode(msg) {
        return msg.data.map((byte) => byte ^ this.key);
      },
      encode(value) {
        return `${value}${this.key}`;
      },
    };
    const codec = toCodec(own);
    expect(codec.decode(message("ab"))).toEqual(new Uint8Array([98, 97]));
    expect(codec.encode("x")).toBe("x3");
    expect(toCodec({ decode: () => 1 }).encode("as it is")).toBe("as it is");
    expect(() => toCodec({ decode: () => 1, encode: () => 7 as never }).encode("x")).toThrow(TypeError);
  });

  it("with an encoder that is asynchronous throw; what it rejects with ends no process", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    const encode = async () => Promise.reject(new Error("no")) as never;
    expect(() => toCodec({ decode: () => 1, encode: encode as never }).encode("x")).toThrow(TypeError);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it.each([null, 7, "xml", "toString", {}, { decode: 1 }, { decode: () => 1, encode: 1 }])(
    "refuse %o",
    (given) => {
      expect(thrown(() => toCodec(given as never))).toMatchObject({
        code: "INVALID_OPTION",
        option: "codec",
      });
    },
  );
});
