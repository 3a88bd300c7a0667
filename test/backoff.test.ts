import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { deadUrl } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

let server: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  await nc.close();
  await server.close();
});

/**
 * Connects, and kills the server; it stays down unless the test starts it again. Some attempts may be over when it resolves: this
 * process hears of the server's end later than of its link's. What must not miss the first one is for `prepare`.
 *
 * @param end ends the server in another way
 */
async function down(
  options: ConnectionOptions,
  prepare: (connection: Connection) => void = () => {},
  end: () => unknown = () => server.kill(),
): Promise<void> {
  nc = await connect({ servers: server.url, ...options });
  recorder = new Recorder(nc);
  prepare(nc);
  await end();
  await until(() => recorder.count("disconnect") === 1, "the outage");
}

/** The server behind a proxy that refuses everybody once it is down. One that dies may still take attempts for a moment, and reset them. */
const refusing = () => FaultProxy.start({ target: server.hostport });

/** The waits between the passes through the list of servers. */
function waits(): number[] {
  return recorder.of("reconnecting").flatMap(([info]) => (info.server === "" ? [info.delay] : []));
}

function attempts(): number {
  return recorder.of("reconnecting").filter(([info]) => info.server !== "").length;
}

describe("the waits between attempts [R2]", () => {
  it("grow by the factor up to the maximum with backoff", async () => {
    await down({ backoff: { initial: 4, factor: 2, max: 20, jitter: 0 } });
    await until(() => waits().length >= 6, "six waits");
    expect(waits().slice(0, 6)).toEqual([4, 8, 16, 20, 20, 20]);
  });

  it("vary with jitter, within their bounds", async () => {
    await down({ backoff: { initial: 10, factor: 1, max: 20, jitter: 0.5 } });
    await until(() => waits().length >= 12, "twelve waits");
    for (const wait of waits()) {
      expect(wait).toBeGreaterThanOrEqual(5);
      expect(wait).toBeLessThanOrEqual(15);
    }
    expect(new Set(waits()).size).toBeGreaterThan(6);
  });

  it("are fixed with reconnectTimeWait, plus up to reconnectJitter [parity 52, 72]", async () => {
    await down({ reconnectTimeWait: 10, reconnectJitter: 5 });
    await until(() => waits().length >= 10, "ten waits");
    for (const wait of waits()) {
      expect(wait).toBeGreaterThanOrEqual(10);
      expect(wait).toBeLessThanOrEqual(15);
    }
    expect(new Set(waits()).size).toBeGreaterThan(4);
  });

  it("are kept: no attempt comes too early [parity 68]", async () => {
    await down({ reconnectTimeWait: 100, reconnectJitter: 0 });
    const times: number[] = [];
    nc.on("reconnecting", ({ server: dialled }) => {
      if (dialled !== "") times.push(performance.now());
    });
    await until(() => times.length === 3, "three more attempts");
    for (let i = 1; i < times.length; i++) expect(times[i] - times[i - 1]).toBeGreaterThan(98);
  });

  it("come only when the whole list was tried", async () => {
    const dead = [await deadUrl(), await deadUrl(), await deadUrl()];
    await down({
      servers: [server.url, ...dead],
      noRandomize: true,
      reconnectTimeWait: 5,
      reconnectJitter: 0,
    });
    await until(() => waits().length >= 3, "three waits");
    const told = recorder.of("reconnecting").map(([info]) => info.server === "");
    const first = [false, false, false, false, true];
    expect(told.slice(0, 15)).toEqual([...first, ...first, ...first]);
    const dialled = recorder.of("reconnecting").map(([info]) => info.server);
    expect(dialled[3], "the server that was lost comes last").toBe(server.hostport);
    expect(new Set(dialled.slice(0, 4)).size).toBe(4);
  });

  it("begin anew after a link that stood for a while, and not after one that did not", async () => {
    await down({ backoff: { initial: 4, factor: 2, max: 1_000, jitter: 0 } });
    await until(() => waits().length >= 3, "three waits");
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const before = waits().length;
    await server.kill();
    await until(() => waits().length > before, "a wait after a short-lived link");
    expect(waits()[before]).toBeGreaterThan(16);
    await server.restart();
    await until(() => recorder.count("reconnect") === 2, "the second reconnect");
    const since = performance.now();
    await until(() => performance.now() - since > 1_100, "a link that stood for more than a second");
    const after = waits().length;
    await server.kill();
    await until(() => waits().length > after, "a wait after a stable link");
    expect(waits()[after]).toBe(4);
  });
});

describe("reconnectDelayHandler [R2]", () => {
  it("is asked with 1, 2, 3 and so on, is told the error, and its answer is used [parity 73, 75]", async () => {
    const asked: number[] = [];
    const errors: unknown[] = [];
    await using proxy = await refusing();
    const reconnectDelayHandler: ConnectionOptions["reconnectDelayHandler"] = (attempt, { error }) => {
      asked.push(attempt);
      errors.push(error);
      return attempt * 2;
    };
    await down({ servers: proxy.url, reconnectDelayHandler }, undefined, () => proxy.down());
    await until(() => waits().length >= 5, "five waits");
    expect(asked.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(waits().slice(0, 5)).toEqual([2, 4, 6, 8, 10]);
    expect(errors[4]).toMatchObject({ code: "CONNECTION_REFUSED" });
  });

  it("is asked from 1 again in the next outage", async () => {
    const asked: number[] = [];
    await down({ reconnectDelayHandler: (attempt) => asked.push(attempt) && 5 });
    await until(() => asked.length >= 3, "three questions");
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const since = performance.now();
    await until(() => performance.now() - since > 1_100, "a link that stood for more than a second");
    asked.length = 0;
    await server.kill();
    await until(() => asked.length >= 3, "three questions");
    expect(asked.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
    ],
    ["answers nothing", () => undefined],
    ["answers NaN", () => Number.NaN],
    ["answers a negative number", () => -1],
    ["answers a promise", () => Promise.resolve(5)],
  ])("that %s is reported, and the default wait is taken", async (_, handler) => {
    await down({ reconnectDelayHandler: handler as () => number });
    await until(() => waits().length >= 1, "a wait");
    expect(recorder.of("error").slice(0, 1)).toMatchObject([
      [{ code: "CALLBACK_FAILED", option: "reconnectDelayHandler" }],
    ]);
    expect(waits()[0]).toBeGreaterThanOrEqual(50);
    expect(waits()[0]).toBeLessThanOrEqual(1_000);
  });
});

describe("giving up", () => {
  it("after maxReconnectAttempts for each server: closed, with the error and its cause [parity 37, 52, 69]", async () => {
    const other = await deadUrl();
    await using proxy = await refusing();
    // An attempt at the other one before there is a link would count.
    const options = { noRandomize: true, dialer: inTurn(), maxReconnectAttempts: 4, reconnectTimeWait: 1 };
    await down({ servers: [proxy.url, other], ...options }, undefined, () => proxy.down());
    const error = await nc.closed();
    expect(error).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    expect((error as Error).cause).toMatchObject({ code: "CONNECTION_REFUSED" });
    expect(attempts()).toBe(8);
    expect(recorder.of("close")).toMatchObject([[{ code: "MAX_RECONNECT_ATTEMPTS" }, {}]]);
    expect(nc.state).toBe("closed");
    expect((await rejection(nc.flush())).code).toBe("CONNECTION_CLOSED");
  });

  it("after the waits between the attempts, and not much later [parity 71]", async () => {
    const since = performance.now();
    await down({ maxReconnectAttempts: 4, reconnectTimeWait: 40, reconnectJitter: 0 });
    await nc.closed();
    const took = performance.now() - since;
    expect(took).toBeGreaterThanOrEqual(3 * 40 - 5);
    expect(took).toBeLessThan(5_000);
    expect(attempts()).toBe(4);
  });

  it("later, when setServers() comes in between: the attempts are counted anew [parity 77]", async () => {
    const dead = await deadUrl();
    const failed: string[] = [];
    await down({ maxReconnectAttempts: 3, reconnectTimeWait: 20, reconnectJitter: 0 }, (connection) => {
      connection.on("attemptFailed", (_, info) => {
        if (failed.push(info.server) === 2) connection.setServers([server.url, dead]);
      });
    });
    expect(await nc.closed()).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    const times = (url: string) => failed.filter((listen) => url.endsWith(listen)).length;
    expect(times(dead)).toBe(3);
    // Two before, and three more: without the servers it would have been at its end with the third.
    expect(times(server.url)).toBe(5);
    expect(attempts()).toBe(8);
  });

  it("after backoff.maxAttempts passes through the list", async () => {
    await down({ backoff: { initial: 1, max: 1, maxAttempts: 3 } });
    expect(await nc.closed()).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    expect(attempts()).toBe(3);
  });

  it("never, by default [parity 38]", async () => {
    await down({ reconnectTimeWait: 0, reconnectJitter: 0 });
    await until(() => attempts() > 150, "more attempts than anyone else makes");
    expect(nc.state).toBe("reconnecting");
  });

  it("at once with reconnect: false; closed with the error of the link [parity 40, 52]", async () => {
    await down({ reconnect: false });
    expect(await nc.closed()).toMatchObject({ code: "CONNECTION_LOST" });
    expect(recorder.names("state")).toEqual(["disconnect", "close"]);
  });

  it("ends what waits: iterators, requests, flushes; and reports what was not sent", async () => {
    nc = await connect({ servers: server.url, maxReconnectAttempts: 2, reconnectTimeWait: 20 });
    recorder = new Recorder(nc);
    const reading = (async () => {
      for await (const _ of nc.subscribe("a"));
      return "ended";
    })();
    await nc.flush();
    // With its second attempt it is over: they have to wait before this process hears that the server has ended.
    const waiting: Promise<Error & { code: string }>[] = [];
    nc.once("disconnect", () => {
      for (let i = 0; i < 10; i++) nc.publish("b", String(i));
      waiting.push(
        rejection(nc.request("a", "", { timeout: 60_000 })),
        rejection(nc.flush({ timeout: 60_000 })),
        rejection(nc.fence()),
        rejection(nc.publishConfirmed("b", "10")),
      );
    });
    await server.kill();
    await until(() => waiting.length > 0, "the outage");
    const codes = (await Promise.all(waiting)).map((error) => error.code);
    expect(codes[0]).toMatch(/^CONNECTION_(CLOSED|LOST)$/);
    expect(codes.slice(1, 3)).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    expect(codes[3]).toBe("MESSAGE_DROPPED");
    expect(await reading).toBe("ended");
    const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
    expect(lost.filter((message) => message.subject === "b").map((message) => message.reason)).toEqual(
      Array(11).fill("closed"),
    );
    expect(nc.stats()).toMatchObject({ accepted: 12, dropped: 12, pending: 0 });
  });
});

describe("a wait", () => {
  it("is cut short by close() [parity 42, 72]", async () => {
    await down({ reconnectTimeWait: 600_000 });
    await until(() => waits().length === 1, "the wait");
    const since = performance.now();
    await nc.close();
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  it("is cut short by reconnect() [parity 78]", async () => {
    await down({ reconnectTimeWait: 600_000 });
    await until(() => waits().length === 1, "the wait");
    await server.restart();
    await nc.reconnect();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
  });
});
