import { describe, expect, it } from "vitest";
import { FaultProxyError } from "./error.js";
import { checkProxyOptions, readTarget } from "./options.js";

describe("the options of a proxy", () => {
  it("are copied, those that are undefined left out", () => {
    const given = { target: "a:1", host: undefined, port: 65_535, seed: 0, nats: false };
    const options = checkProxyOptions(given);
    expect(options).toEqual({ target: "a:1", port: 65_535, seed: 0, nats: false });
    expect(options).not.toBe(given);
  });

  it.each([
    [undefined, "", "the options must be an object"],
    [{}, "target", 'option "target" is missing'],
    [{ target: 4222 }, "target", 'option "target" must be a string'],
    [{ target: "a:b:c:d" }, "target", 'option "target" must be host:port or a nats:// URL'],
    [{ target: "a", host: "" }, "host", 'option "host" must not be empty'],
    [{ target: "a", port: 0 }, "port", 'option "port" must be an integer from 1 to 65535'],
    [{ target: "a", seed: -1 }, "seed", 'option "seed" must be an integer from 0 to'],
    [{ target: "a", nats: "yes" }, "nats", 'option "nats" must be true or false'],
    [{ target: "a", sead: 1 }, "sead", 'option "sead" is unknown; did you mean "seed"?'],
  ])("%j is refused by the name %j", (given, option, message) => {
    const error = refusalOf(given);
    expect(error).toBeInstanceOf(FaultProxyError);
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
    expect(error).toHaveProperty("message", expect.stringContaining(message));
  });

  it("a target is an address or a URL", () => {
    expect(readTarget("a:1").listen).toBe("a:1");
    expect(readTarget("nats://b:2").listen).toBe("b:2");
  });
});

function refusalOf(given: unknown): unknown {
  try {
    return checkProxyOptions(given);
  } catch (error) {
    return error;
  }
}
