import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LostMessages } from "../core/lost-messages.js";
import { isHoldfastError } from "../errors.js";
import { Connection } from "./connection.js";
import type { ConnectionOptions } from "./options.js";
import type { Reporter } from "./reporter.js";
import { toSettings } from "./settings.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection that was never started: it has no link, and takes what it takes without one. */
const make = (options: ConnectionOptions = {}) =>
  new Connection(
    toSettings(options, Math.random, { lastError: () => undefined, info: () => undefined, report: () => {} }),
  );

const code = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    expect(isHoldfastError(error)).toBe(true);
    return (error as { code: string }).code;
  }
  return undefined;
};

async function rejection(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(isHoldfastError(error)).toBe(true);
  return error.code;
}

describe("a subscription that is refused", () => {
  it("leaves no timer behind that would end the process later", () => {
    const nc = make();
    expect(code(() => nc.subscribe("bad subject", { timeout: 100 }))).toBe("INVALID_SUBJECT");
    expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["a b", {}, "INVALID_SUBJECT"],
    ["a.>.b", {}, "INVALID_SUBJECT"],
    ["a", { queue: "q q" }, "INVALID_ARGUMENT"],
    ["a", { max: -1 }, "INVALID_ARGUMENT"],
    ["a", { callback: 5 }, "INVALID_ARGUMENT"],
    ["a".repeat(5000), {}, "MAX_CONTROL_LINE_EXCEEDED"],
  ])("%.20s %o: %s", (subject, options, wanted) => {
    expect(code(() => make().subscribe(subject, options as never))).toBe(wanted);
  });
});

describe("a publish that is refused", () => {
  it.each([
    ["a b", "x", {}, "INVALID_SUBJECT"],
    ["", "x", {}, "INVALID_SUBJECT"],
    ["a", 5, {}, "INVALID_PAYLOAD"],
    ["a", null, undefined, "INVALID_PAYLOAD"],
    ["a", "x", { reply: "r r" }, "INVALID_SUBJECT"],
    ["a", "x".repeat(1024 * 1024 + 1), {}, "MAX_PAYLOAD_EXCEEDED"],
    ["a".repeat(5000), "x", {}, "MAX_CONTROL_LINE_EXCEEDED"],
  ])("%.20s %.20s %o: %s; it is not in the books", (subject, payload, options, wanted) => {
    const nc = make();
    expect(code(() => nc.publish(subject, payload as never, options))).toBe(wanted);
    expect(nc.stats()).toMatchObject({ accepted: 0, pending: 0 });
  });

  it("throws nats-core's class", () => {
    expect(() => make().publish("a b")).toThrow(expect.objectContaining({ name: "InvalidSubjectError" }));
  });
});

describe("what was accepted", () => {
  it("is in the books and in `buffered`, before there is any link", () => {
    const nc = make();
    expect(nc.publish("a", "12345")).toBe(true);
    expect(nc.stats()).toMatchObject({ accepted: 1, acceptedBytes: 5, pending: 1, outMsgs: 1, outBytes: 5 });
    const { messages, bytes, limit, ratio } = nc.buffered;
    expect([messages, bytes, limit]).toEqual([1, "PUB a 5\r\n12345\r\n".length, 8 * 1024 * 1024]);
    expect(ratio).toBe(bytes / limit);
  });

  it("has an outcome when the connection is closed: dropped, told, counted", async () => {
    const nc = make({ closeTimeout: 50 });
    const told: unknown[] = [];
    nc.on("messageLost", (messages) => told.push(...messages));
    nc.on("close", (error, info) => told.push(["close", error, info]));
    nc.publish("a", "12345");
    const confirmed = nc.publishConfirmed("b", "1");
    const flushed = nc.flush();
    const closed = nc.close();
    await vi.advanceTimersByTimeAsync(60);
    await closed;
    expect(await rejection(confirmed)).toBe("MESSAGE_DROPPED");
    expect(await rejection(flushed)).toBe("CONNECTION_CLOSED");
    expect(told).toMatchObject([
      { subject: "a", size: 5, reason: "closed", maybeDelivered: false },
      { subject: "b" },
      ["close", undefined, { dropped: 2, unconfirmed: 0 }],
    ]);
    expect(nc.stats()).toMatchObject({ accepted: 2, dropped: 2, pending: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a closed connection", () => {
  it("refuses everything with CONNECTION_CLOSED, and nothing of it ends the process [parity 59]", async () => {
    const nc = make();
    await nc.close();
    expect(await nc.closed()).toBeUndefined();
    expect([nc.isClosed(), nc.isDraining(), nc.state]).toEqual([true, false, "closed"]);
    expect(code(() => nc.publish("a"))).toBe("CONNECTION_CLOSED");
    expect(code(() => nc.subscribe("a"))).toBe("CONNECTION_CLOSED");
    const calls = [
      () => nc.publishConfirmed("a"),
      () => nc.request("a"),
      () => nc.requestMany("a"),
      () => nc.flush(),
      () => nc.fence(),
      () => nc.rtt(),
      () => nc.drain(),
      () => nc.reconnect(),
    ];
    for (const call of calls) expect(await rejection(call())).toBe("CONNECTION_CLOSED");
    await nc.close();
    await nc.writable();
    await nc[Symbol.asyncDispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells its end once, also when it is closed twice [parity 60]", async () => {
    const nc = make();
    let told = 0;
    nc.on("close", () => {
      told++;
    });
    await Promise.all([nc.close(), nc.close()]);
    expect(told).toBe(1);
  });
});

describe("without a link", () => {
  it("rtt() rejects at once", async () => {
    expect(await rejection(make().rtt())).toBe("DISCONNECTED");
  });

  it("flush() rejects at its deadline, and the messages stay", async () => {
    const nc = make();
    nc.publish("a");
    const flushed = rejection(nc.flush({ timeout: 20 }));
    await vi.advanceTimersByTimeAsync(20);
    expect(await flushed).toBe("TIMEOUT");
    expect(nc.stats().pending).toBe(1);
  });

  it("nothing is buffered with reconnectBufSize -1", () => {
    const nc = make({ reconnectBufSize: -1 });
    expect(code(() => nc.publish("a"))).toBe("DISCONNECTED");
    expect(nc.buffered).toMatchObject({ messages: 0, bytes: 0, limit: 0, ratio: 1, oldestAge: 0 });
  });

  it("there is no server", () => {
    expect(make().getServer()).toBe("");
  });
});

describe("servers", () => {
  it("are listed without credentials [parity 100]", () => {
    const nc = make({ servers: ["nats://me:S3CRET@h:1", "S3CRET@i"], noRandomize: true });
    expect(nc.getServers().map(({ listen }) => listen)).toEqual(["h:1", "i:4222"]);
    expect(JSON.stringify(nc.getServers())).not.toContain("S3CRET");
  });

  it.each([[[]], [["h:0"]], ["h"], [[5]], [undefined], [["h", "http://i"]]])(
    "are not replaced by %j: refused, and the pool is unchanged",
    (servers) => {
      const nc = make({ servers: "a" });
      expect(code(() => nc.setServers(servers as string[]))).toBe("INVALID_OPTION");
      expect(nc.getServers().map(({ listen }) => listen)).toEqual(["a:4222"]);
    },
  );
});

describe("request()", () => {
  it.each([
    [{ timeout: 0 }, "INVALID_ARGUMENT"],
    [{ timeout: Number.NaN }, "INVALID_ARGUMENT"],
    [{ timeout: 1000, reply: "r" }, "INVALID_ARGUMENT"],
  ])("%o is refused", async (options, wanted) => {
    expect(await rejection(make().request("a", "", options))).toBe(wanted);
  });

  it("rejects for a bad subject or payload as publish() throws", async () => {
    expect(await rejection(make().request("a b"))).toBe("INVALID_SUBJECT");
    expect(await rejection(make().request("a", 5 as never))).toBe("INVALID_PAYLOAD");
    expect(await rejection(make().request("a b", "", { timeout: 10, noMux: true }))).toBe("INVALID_SUBJECT");
    expect(await rejection(make().requestMany("a b"))).toBe("INVALID_SUBJECT");
  });
});

describe("the data of lost messages", () => {
  /** Whether payloads are copied for the event. */
  const keeps = (nc: Connection) =>
    (nc as unknown as { engine: { lost: LostMessages } }).engine.lost.audience.has("messageLost");

  it("is kept only while someone listens", () => {
    const nc = make();
    const listener = () => {};
    expect(keeps(nc)).toBe(false);
    nc.on("messageLost", listener);
    expect(keeps(nc)).toBe(true);
    nc.on("connect", () => {});
    expect(keeps(nc)).toBe(true);
    nc.off("messageLost", listener);
    expect(keeps(nc)).toBe(false);
  });

  it("is kept no longer when the last listener was called once", () => {
    const nc = make();
    const told: unknown[] = [];
    nc.once("messageLost", (messages) => told.push(...messages));
    expect(keeps(nc)).toBe(true);
    (nc as unknown as { reporter: Reporter }).reporter.tell({ type: "messageLost", messages: [] });
    expect(keeps(nc)).toBe(false);
  });
});
