import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { cutLinks } from "./support/inside.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

let server: NatsServer;
let nc: Connection;
let publisher: Connection;
let recorder: Recorder;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  const options = { servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0 };
  [nc, publisher] = await Promise.all([connect(options), connect(options)]);
  recorder = new Recorder(nc);
});
afterEach(async () => {
  expectBalanced(nc);
  await Promise.all([nc.close(), publisher.close()]);
});

/** One burst, so that many messages are in one read of the client. */
async function send(count: number, subject = "a"): Promise<void> {
  await nc.flush();
  for (let i = 0; i < count; i++) publisher.publish(subject, String(i));
  await publisher.flush();
}

describe("a callback may, in the middle of a read,", () => {
  it("publish, also to itself [parity 172]", async () => {
    const got: number[] = [];
    nc.subscribe("a", {
      callback: (_, msg) => {
        const number = Number(msg.string());
        got.push(number);
        if (number < 100) nc.publish("a", String(number + 1000));
      },
    });
    await send(100);
    await until(() => got.length === 200, "all messages");
    expect(got.filter((number) => number < 1000)).toEqual([...Array(100).keys()]);
    expect(got.filter((number) => number >= 1000)).toEqual([...Array(100).keys()].map((i) => i + 1000));
  });

  it("unsubscribe itself: it gets nothing more, not even of this read [parity 163]", async () => {
    let count = 0;
    const sub = nc.subscribe("a", {
      callback: () => {
        if (++count === 10) sub.unsubscribe();
      },
    });
    let others = 0;
    nc.subscribe("a", { callback: () => others++ });
    await send(100);
    await until(() => others === 100, "the other subscription has all");
    expect(count).toBe(10);
  });

  it("unsubscribe another, and subscribe anew", async () => {
    let [count, made] = [0, 0];
    const victim = nc.subscribe("a", { callback: () => count++ });
    let done = false;
    nc.subscribe("a", {
      callback: () => {
        if (done) return;
        done = true;
        victim.unsubscribe();
        nc.subscribe("b", { callback: () => made++ });
      },
    });
    await send(50);
    await until(() => done, "the first message");
    const atThatTime = count;
    await send(50);
    await send(5, "b");
    await until(() => made === 5, "messages of the new subscription");
    expect(atThatTime).toBeLessThanOrEqual(1);
    expect(count).toBe(atThatTime);
  });

  it("close the connection: nothing is called after that [parity 172]", async () => {
    let count = 0;
    let closing: Promise<void> | undefined;
    nc.subscribe("a", {
      callback: () => {
        if (++count === 10) closing = nc.close();
      },
    });
    await send(100);
    await nc.closed();
    await closing;
    expect(count).toBe(10);
    expect(recorder.count("close")).toBe(1);
  });

  it("close the connection after publishing: what it published goes out first", async () => {
    const got: string[] = [];
    publisher.subscribe("answer", { callback: (_, msg) => got.push(msg.string()) });
    await publisher.flush();
    nc.subscribe("a", {
      callback: () => {
        nc.publish("answer", "last words");
        nc.close();
      },
    });
    await send(1);
    await nc.closed();
    await publisher.flush();
    expect(got).toEqual(["last words"]);
  });

  it("drain its subscription, and the connection", async () => {
    let count = 0;
    nc.subscribe("a", {
      callback: () => {
        if (++count === 10) nc.drain();
      },
    });
    await send(100);
    await nc.closed();
    expect(count).toBe(100);
  });

  it("force a reconnect, which is a move: the rest of the read comes", async () => {
    let count = 0;
    nc.subscribe("a", {
      callback: () => {
        if (++count === 10) nc.reconnect();
      },
    });
    await send(100);
    await until(() => recorder.count("move") === 1, "the move");
    expect(count).toBe(100);
    await send(5);
    await until(() => count === 105, "messages after it");
    expect([recorder.count("disconnect"), recorder.count("error")]).toEqual([0, 0]);
  });

  it("wait for a flush, and for an answer [parity 114]", async () => {
    const results: string[] = [];
    nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
    nc.subscribe("a", {
      callback: async () => {
        await nc.flush();
        results.push((await nc.request("ask")).string());
      },
    });
    await send(20);
    await until(() => results.length === 20, "all answers");
    expect(new Set(results)).toEqual(new Set(["answer"]));
  });
});

describe("a callback that fails [peers 13]", () => {
  it("by throwing: one error event each, the subscription and all others go on", async () => {
    let [count, others] = [0, 0];
    nc.subscribe("a", {
      callback: (_, msg) => {
        count++;
        if (Number(msg.string()) % 2 === 1) throw new Error(`cannot do ${msg.string()}`);
      },
    });
    nc.subscribe("a", { callback: () => others++ });
    await send(10);
    await until(() => others === 10, "the other subscription has all");
    expect(count).toBe(10);
    const errors = recorder.of("error").map(([error]) => error as Error & { code: string; subject: string });
    expect(errors).toHaveLength(5);
    expect(errors[0]).toMatchObject({ code: "CALLBACK_FAILED", subject: "a" });
    expect(errors[0].message).toContain("cannot do 1");
    expect((errors[0].cause as Error).message).toBe("cannot do 1");
    expect(nc.state).toBe("connected");
    expect(recorder.count("disconnect")).toBe(0);
  });

  it("by rejecting: the same", async () => {
    let count = 0;
    nc.subscribe("a", {
      callback: async () => {
        count++;
        await nc.flush();
        throw new Error("later");
      },
    });
    await send(10);
    await until(() => recorder.count("error") === 10, "ten error events");
    expect(count).toBe(10);
    expect(recorder.of("error")[0][0]).toMatchObject({ code: "CALLBACK_FAILED" });
  });

  it.each([undefined, null, "text", 5, Symbol("s"), Object.create(null)])(
    "by throwing what is no error: %s",
    async (thing) => {
      let count = 0;
      nc.subscribe("a", {
        callback: () => {
          count++;
          throw thing;
        },
      });
      await send(2);
      await until(() => recorder.count("error") === 2, "two error events");
      expect(recorder.of("error")[0][0]).toMatchObject({ code: "CALLBACK_FAILED" });
      expect(count).toBe(2);
    },
  );

  it("by returning a thenable that throws: the same", async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then(): never {
        throw new Error("no then");
      },
    };
    let count = 0;
    nc.subscribe("a", {
      callback: () => {
        count++;
        return thenable as never;
      },
    });
    await send(2);
    await until(() => recorder.count("error") === 2, "two error events");
    expect(count).toBe(2);
  });
});

describe("a listener that fails", () => {
  it("by throwing or rejecting: one error event each, the other listeners are called", async () => {
    const called: string[] = [];
    nc.on("disconnect", () => {
      throw new Error("thrown");
    });
    nc.on("disconnect", (async () => {
      throw new Error("rejected");
    }) as never);
    nc.on("disconnect", () => called.push("third"));
    cutLinks(nc);
    await until(() => recorder.count("error") === 2, "two error events");
    expect(called).toEqual(["third"]);
    await until(() => nc.state === "connected", "connected again");
  });

  it("of the error event itself: a warning of the process, and it is not told again", async () => {
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    let count = 0;
    nc.on("error", () => {
      count++;
      throw new Error("worse");
    });
    nc.subscribe("a", {
      callback: () => {
        throw new Error("bad");
      },
    });
    await send(3);
    await until(() => count === 3, "three calls");
    await nc.flush();
    expect(count).toBe(3);
    const texts = warning.mock.calls.map(([text]) => String(text));
    warning.mockRestore();
    // The process may have been warned of something else meanwhile.
    expect(texts.filter((text) => text.includes("worse"))).toHaveLength(3);
  });

  it("that closes the connection in an event stops what would have come", async () => {
    nc.on("disconnect", () => nc.close());
    cutLinks(nc);
    await nc.closed();
    expect(nc.state).toBe("closed");
    expect((await rejection(nc.flush())).code).toBe("CONNECTION_CLOSED");
  });

  it("can be removed, and is called once when it was added by once() [parity 55]", async () => {
    const calls = { on: 0, off: 0, once: 0 };
    const off = () => calls.off++;
    nc.on("reconnect", () => calls.on++);
    nc.on("reconnect", off);
    nc.off("reconnect", off);
    nc.once("reconnect", () => calls.once++);
    for (let i = 1; i <= 2; i++) {
      cutLinks(nc);
      await until(() => calls.on === i, `reconnect ${i}`);
    }
    expect(calls).toEqual({ on: 2, off: 0, once: 1 });
  });
});
