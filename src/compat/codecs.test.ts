import { describe, expect, it } from "vitest";
import { JSONCodec, StringCodec } from "./codecs.js";
import { NatsError } from "./nats-error.js";

describe("codecs", () => {
  it("StringCodec: texts as UTF-8", () => {
    const sc = StringCodec();
    expect(sc.encode("ü")).toEqual(new Uint8Array([0xc3, 0xbc]));
    expect(sc.decode(sc.encode("grün €"))).toBe("grün €");
  });

  it("JSONCodec: values as JSON, with a reviver, and undefined as null", () => {
    const jc = JSONCodec<{ at: Date }>((key, value) => (key === "at" ? new Date(value) : value));
    const at = new Date(0);
    expect(jc.decode(jc.encode({ at }))).toEqual({ at });
    expect(JSONCodec().decode(JSONCodec().encode(undefined))).toBeNull();
  });

  it("JSONCodec: BAD_JSON both ways, with the reason", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const work of [
      () => JSONCodec().encode(circle),
      () => JSONCodec().decode(StringCodec().encode("{")),
    ]) {
      expect(work).toThrow(NatsError);
      expect(work).toThrow(expect.objectContaining({ code: "BAD_JSON", chainedError: expect.any(Error) }));
    }
  });
});
