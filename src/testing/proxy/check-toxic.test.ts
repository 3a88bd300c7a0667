import { describe, expect, it } from "vitest";
import { checkToxic, checkUpdate } from "./check-toxic.js";
import { FaultProxyError } from "./error.js";
import type { ToxicType } from "./toxics.js";

/** What each type needs at least. */
const LEAST: Record<ToxicType, object> = {
  latency: { latency: 1 },
  bandwidth: { rate: 1 },
  slow_close: { delay: 1 },
  timeout: {},
  reset_peer: {},
  slicer: { averageSize: 1 },
  limit_data: { bytes: 0 },
  half_open: {},
  blackhole: {},
  freeze: {},
  corrupt: { every: 1 },
  inject: { line: "+OK" },
  drop_line: { verb: "PONG" },
  delay_pong: { delay: 0 },
  rewrite_info: { info: {} },
};
const TYPES = Object.keys(LEAST) as ToxicType[];

function refusal(action: () => unknown): FaultProxyError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FaultProxyError);
    expect((error as FaultProxyError).code).toBe("INVALID_TOXIC");
    return error as FaultProxyError;
  }
  throw new Error("was taken");
}

describe("a toxic", () => {
  it.each(TYPES)("%s is taken with what it needs, and is complete then", (type) => {
    const info = checkToxic({ type, name: undefined, ...LEAST[type] });
    expect(info).toMatchObject({ type, toxicity: 1, attributes: LEAST[type] });
    expect(info.name).toBe(`${type}_${info.stream}`);
    const downstream = type === "inject" || type === "rewrite_info";
    expect(info.stream).toBe(downstream ? "downstream" : "both");
  });

  it.each(TYPES.filter((type) => Object.keys(LEAST[type]).length > 0))("%s needs something", (type) => {
    const error = refusal(() => checkToxic({ type }));
    expect(error).toMatchObject({ toxic: type });
    expect(error.message).toMatch(/missing|needed/);
    expect(Object.keys({ probability: 1, ...LEAST[type] })).toContain(error.option);
  });

  it.each([
    ["latecy", /"latecy" is unknown; did you mean "latency"\?; known are latency, bandwidth, slow_close/],
    ["resetpeer", /did you mean "reset_peer"/],
    ["something", /"something" is unknown; known are/],
    ["down", /state of the proxy.*down\(\) and up\(\)/],
    [undefined, /is missing; known are/],
    [5, /must be a string/],
    ["toString", /unknown/],
  ])("of the type %s is refused, with what is near and what there is", (type, text) => {
    const error = refusal(() => checkToxic({ type }));
    expect(error.message).toMatch(text);
    expect(error.option).toBe("type");
  });

  it.each([null, undefined, "latency", 5, []])("that is no object is refused: %j", (given) => {
    expect(refusal(() => checkToxic(given)).message).toContain("must be an object");
  });

  it.each<[object, string, RegExp]>([
    [
      { type: "latency", latncy: 5 },
      "latncy",
      /did you mean "latency"\?; it takes type, name, stream, toxicity, latency, jitter/,
    ],
    [{ type: "latency", probability: 5 }, "probability", /unknown to type "latency"; it takes/],
    [{ type: "latency", latency: -1 }, "latency", /milliseconds from 0 to/],
    [{ type: "latency", latency: "5" }, "latency", /must be a number/],
    [{ type: "latency", latency: Number.NaN }, "latency", /must be a number/],
    [{ type: "latency", latency: 1, toxicity: 2 }, "toxicity", /from 0 to 1/],
    [{ type: "latency", latency: 1, stream: "up" }, "stream", /one of "both", "upstream", "downstream"/],
    [{ type: "latency", latency: 1, stream: "upsteam" }, "stream", /did you mean "upstream"/],
    [{ type: "latency", latency: 1, name: "" }, "name", /must not be empty/],
    [{ type: "half_open", stream: "upstream" }, "stream", /must be one of "both"/],
    [{ type: "rewrite_info", info: {}, stream: "both" }, "stream", /must be one of "downstream"/],
    [{ type: "rewrite_info", info: 5 }, "info", /object of fields, or a function/],
    [{ type: "bandwidth", rate: 0 }, "rate", /bytes per second from 1/],
    [{ type: "slicer", averageSize: 10, sizeVariation: 10 }, "sizeVariation", /less than averageSize/],
    [{ type: "corrupt", every: 1, probability: 1 }, "probability", /exclude each other/],
    [{ type: "drop_line", verb: "PNG" }, "verb", /one of "INFO", .*did you mean "P/],
    [{ type: "drop_line", verb: "PONG", count: 0 }, "count", /or Infinity/],
    [{ type: "inject", line: "" }, "line", /not empty/],
    [{ type: "inject", line: "-ERR 'x'\r\n" }, "line", /without its line end/],
    [{ type: "inject", line: "+OK", at: "now" }, "at", /next-frame-boundary/],
    [{ type: "limit_data", bytes: 1.5 }, "bytes", /integer/],
    [{ type: "timeout", timeout: Number.POSITIVE_INFINITY }, "timeout", /from 0 to/],
  ])("%j is refused by the name of %s", (given, option, text) => {
    const error = refusal(() => checkToxic(given));
    expect(error.option).toBe(option);
    expect(error.toxic).toBe((given as { type: string }).type);
    expect(error.message).toContain(`"${option}"`);
    expect(error.message).toMatch(text);
  });
});

describe("an update", () => {
  const toxic = checkToxic({ type: "latency", name: "mine", stream: "upstream", latency: 10, jitter: 5 });

  it("changes what it names and nothing else", () => {
    expect(checkUpdate(toxic, { latency: 20 }).attributes).toEqual({ latency: 20, jitter: 5 });
    expect(checkUpdate(toxic, { toxicity: 0.5 })).toEqual({ ...toxic, toxicity: 0.5 });
    expect(checkUpdate(toxic, { jitter: undefined })).toEqual(toxic);
  });

  it.each([
    [{ stream: "both" }, "stream", /stays as it is; remove the toxic/],
    [{ type: "bandwidth" }, "type", /stays as it is/],
    [{ name: "other" }, "name", /stays as it is/],
    [{ latencie: 1 }, "latencie", /did you mean "latency"/],
    [{ latency: -1 }, "latency", /milliseconds/],
    ["faster", "", /the attributes of toxic "mine" must be an object/],
  ])("%j is refused, with the name of the toxic", (change, option, text) => {
    const error = refusal(() => checkUpdate(toxic, change));
    expect(error).toMatchObject({ option, toxic: "mine" });
    expect(error.message).toMatch(text);
  });

  it("keeps what belongs together in order", () => {
    const slicer = checkToxic({ type: "slicer", averageSize: 10, sizeVariation: 5 });
    expect(refusal(() => checkUpdate(slicer, { averageSize: 5 })).option).toBe("sizeVariation");
    const corrupt = checkToxic({ type: "corrupt", every: 10 });
    expect(checkUpdate(corrupt, { probability: 0.5 }).attributes).toEqual({
      probability: 0.5,
      every: undefined,
    });
    expect(checkUpdate(corrupt, { toxicity: 0.5 }).attributes).toEqual(corrupt.attributes);
  });
});
