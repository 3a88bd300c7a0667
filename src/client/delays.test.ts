import { describe, expect, it } from "vitest";
import { parseAddress } from "../core/address.js";
import type { ServerInfo } from "../interop/nats-core.js";
import { toDelay } from "./delays.js";
import type { ConnectionOptions } from "./options.js";

let info: Partial<ServerInfo> | undefined;
const CONTEXT = {
  lastError: () => undefined,
  info: () => info as ServerInfo | undefined,
  report: () => {},
};
/** The wait after the first pass, at the very end of its jitter. */
const wait = (options: ConnectionOptions, url = "nats://h", last?: Partial<ServerInfo>) => {
  info = last;
  return toDelay({ reconnectTimeWait: 50, ...options }, [parseAddress(url)], () => 1, CONTEXT)(1);
};

describe("the options of nats.js", () => {
  const waitOf = (options: ConnectionOptions) => toDelay(options, [], () => 1, CONTEXT)(1);

  it("are enough one by one: a jitter alone is put upon its 2,000 ms", () => {
    expect(waitOf({ reconnectJitter: 10 })).toBe(2010);
    expect(waitOf({ reconnectJitterTLS: 10 })).toBe(2100);
    expect(waitOf({ reconnectJitterTLS: 10, tls: {} })).toBe(2010);
  });

  it.each<[ConnectionOptions, number]>([
    [{ reconnectTimeWait: 70, reconnectJitter: 0 }, 70],
    [{ reconnectJitter: 7 }, 2007],
    [{ backoff: { initial: 30, jitter: 0 } }, 30],
  ])("reconnectDelayHandler wins over %j, which holds when it fails", (options, standard) => {
    expect(waitOf({ ...options, reconnectDelayHandler: () => 5 })).toBe(5);
    expect(waitOf({ ...options, reconnectDelayHandler: () => -1 })).toBe(standard);
  });
});

describe("a reconnectDelayHandler that is of no use", () => {
  it("leaves the wait as it would be without it, however long the outage has lasted", () => {
    const handled = toDelay({ reconnectDelayHandler: () => Number.NaN }, [], () => 1, CONTEXT);
    const plain = toDelay({}, [], () => 1, CONTEXT);
    expect(plain(9, 2000)).toBeLessThan(plain(9));
    expect([handled(9, 2000), handled(9)]).toEqual([plain(9, 2000), plain(9)]);
  });

  it("may answer with a promise that rejects: nobody waits for it", async () => {
    const reports: Error[] = [];
    const context = { ...CONTEXT, report: (error: Error) => void reports.push(error) };
    const reconnectDelayHandler = (() => Promise.reject(new Error("mine"))) as unknown as () => number;
    expect(toDelay({ reconnectDelayHandler, reconnectJitter: 0 }, [], () => 1, context)(1)).toBe(2000);
    expect(reports).toMatchObject([{ code: "CALLBACK_FAILED", option: "reconnectDelayHandler" }]);
    await new Promise(setImmediate);
  });
});

describe("the longest wait of an outage", () => {
  it.each<[string, ConnectionOptions, string, Partial<ServerInfo> | undefined, number]>([
    ["plain", {}, "nats://h", undefined, 6500],
    ["TLS by option", { tls: {} }, "nats://h", undefined, 13_000],
    ["TLS by URL", {}, "tls://h", undefined, 13_000],
    ["TLS of the last server", {}, "nats://h", { tls_required: true }, 13_000],
    ["TLS refused", { tls: null }, "nats://h", { tls_available: true }, 6500],
  ])("is a share of what it has lasted, a larger one with TLS, which costs servers more: %s", (...row) => {
    const [, options, url, last, wanted] = row;
    info = last;
    expect(toDelay(options, [parseAddress(url)], () => 1, CONTEXT)(9, 10_000)).toBe(wanted);
    const jitter = { ...options, backoff: { jitter: "full" as const } };
    expect(toDelay(jitter, [parseAddress(url)], () => 1, CONTEXT)(9, 10_000)).toBe(10_000);
  });
});

describe("after a pass in which a server had no room", () => {
  const both = (options: ConnectionOptions, random: number, pass = 1) => {
    info = undefined;
    const delay = toDelay(options, [], () => random, CONTEXT);
    return [delay(pass, 0), delay(pass, 0, true)];
  };

  it("nobody comes back sooner than ever otherwise, nor than the longest wait there would have been", () => {
    expect(both({}, 0)).toEqual([50, 1000]);
    expect(both({}, 0.5)).toEqual([525, 1500]);
    expect(both({}, 1)).toEqual([1000, 2000]);
    expect(both({}, 0, 3)).toEqual([50, 4000]);
    expect(both({}, 1, 3)).toEqual([1000, 8000]);
  });

  it("the longest wait stays what it is", () => {
    expect(both({}, 1, 20)[1]).toBe(30_000);
    expect(both({}, 0, 20)[1]).toBe(15_000);
    expect(both({ backoff: { jitter: 0.5, max: 3000 } }, 1, 20)).toEqual([3000, 3000]);
  });

  it("other waits are a step longer, and reconnectTimeWait is twice as long", () => {
    expect(both({ backoff: { jitter: 0 } }, 0.5)).toEqual([1000, 2000]);
    expect(both({ reconnectTimeWait: 70, reconnectJitter: 10 }, 1)).toEqual([80, 150]);
  });

  it("reconnectDelayHandler is asked as ever: it knows the error", () => {
    expect(both({ reconnectDelayHandler: () => 7 }, 0.5)).toEqual([7, 7]);
    expect(both({ reconnectDelayHandler: () => -7 }, 0)).toEqual([50, 1000]);
  });
});

describe("the jitter on reconnectTimeWait", () => {
  it("is 100 ms at most, or what is asked for [parity 39, 72]", () => {
    expect(wait({})).toBe(150);
    expect(wait({ reconnectJitter: 7, reconnectJitterTLS: 8 })).toBe(57);
    expect(wait({ reconnectJitter: 0 })).toBe(50);
    expect(toDelay({ reconnectTimeWait: 50 }, [], () => 0, CONTEXT)(1)).toBe(50);
  });

  it.each<[string, ConnectionOptions, string, Partial<ServerInfo> | undefined]>([
    ["asked for", { tls: {} }, "nats://h", undefined],
    ["in the URL", {}, "tls://h", undefined],
    ["in the URL of a websocket", {}, "wss://h", undefined],
    ["required by the last server", {}, "nats://h", { tls_required: true }],
    ["offered by the last server", {}, "nats://h", { tls_available: true }],
  ])("is a second at most, or what is asked for, where TLS is %s [parity 39]", (_, options, url, last) => {
    expect(wait(options, url, last)).toBe(1050);
    expect(wait({ ...options, reconnectJitterTLS: 8 }, url, last)).toBe(58);
  });

  it("is the plain one where TLS is refused", () => {
    expect(wait({ tls: null }, "nats://h", { tls_available: true })).toBe(150);
  });
});
