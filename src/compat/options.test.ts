import { afterEach, describe, expect, it, vi } from "vitest";
import { checkOptions } from "../client/check-options.js";
import { type ConnectionOptions, toHoldfastOptions } from "./options.js";

describe("options of nats 2", () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());

  it("pass, with Holdfast's", () => {
    const given = { servers: "a:1", name: "x", maxReconnectAttempts: -1, reconnectBufSize: 1000, tls: null };
    expect(toHoldfastOptions(given)).toEqual(given);
    expect(toHoldfastOptions()).toEqual({});
  });

  it("null and an empty list are nothing, as there", () => {
    const given = { servers: [], port: 4333, user: null, token: undefined } as unknown as ConnectionOptions;
    expect(toHoldfastOptions(given)).toEqual({ port: 4333 });
  });

  it("those that NestJS adds, and those of nats 1, are left out in silence", () => {
    const nest = { queue: "q", serializer: {}, deserializer: {}, gracefulShutdown: true, gracePeriod: 1 };
    expect(toHoldfastOptions({ ...nest, yieldTime: 1 } as ConnectionOptions)).toEqual({});
    expect(warn).not.toHaveBeenCalled();
  });

  it("one that is not known is left out with one warning of the process", () => {
    const given = { servrs: "a" } as ConnectionOptions;
    expect([toHoldfastOptions(given), toHoldfastOptions(given)]).toEqual([{}, {}]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('"servrs"'), {
      code: "HOLDFAST_COMPAT_OPTION",
    });
  });

  it("combinations that nats 2 bears are not refused", () => {
    const jitter = toHoldfastOptions({ reconnectJitter: 500 });
    expect(jitter).toEqual({ reconnectJitter: 500, reconnectTimeWait: 2000 });
    const reconnectDelayHandler = () => 10;
    const handler = toHoldfastOptions({ reconnectDelayHandler, reconnectTimeWait: 5, reconnectJitter: 1 });
    expect(handler).toEqual({ reconnectDelayHandler });
    const pass = toHoldfastOptions({ pass: "x" });
    expect(pass).toEqual({});
    for (const options of [jitter, handler, pass]) expect(() => checkOptions(options)).not.toThrow();
  });
});
