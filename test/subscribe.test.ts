import { InvalidArgumentError, InvalidOperationError, InvalidSubjectError } from "@nats-io/nats-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type Msg, type Subscription } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { rejection, thrown, until } from "./support/until.js";

let server: NatsServer;
let nc: Connection;
let publisher: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  [nc, publisher] = await Promise.all([connect({ servers: server.url }), connect({ servers: server.url })]);
});
afterEach(async () => {
  expect(nc.state).toBe("connected");
  await Promise.all([nc.close(), publisher.close()]);
});

/** Publishes, and waits until everything has reached `nc`. */
async function send(...subjects: string[]): Promise<void> {
  await nc.flush();
  for (const [i, subject] of subjects.entries()) publisher.publish(subject, String(i));
  await publisher.flush();
  await nc.flush();
}

async function read(sub: Subscription, count: number): Promise<string[]> {
  const got: string[] = [];
  for await (const msg of sub) {
    got.push(msg.string());
    if (got.length === count) break;
  }
  return got;
}

describe("a subscription with a callback [S2]", () => {
  it("gets each message once, in order, with no error", async () => {
    const got: [Error | null, string][] = [];
    const sub = nc.subscribe("a", { callback: (error, msg) => got.push([error, msg.string()]) });
    await send("a", "b", "a");
    expect(got).toEqual([
      [null, "0"],
      [null, "2"],
    ]);
    expect([sub.getReceived(), sub.getProcessed(), sub.getPending()]).toEqual([2, 2, 0]);
    expect(sub.getSubject()).toBe("a");
  });

  it("cannot be iterated as well", () => {
    const sub = nc.subscribe("a", { callback: () => {} });
    const error = thrown(() => sub[Symbol.asyncIterator]());
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.code).toBe("INVALID_OPERATION");
  });

  it("gets nothing after unsubscribe(), and is closed then [parity 163]", async () => {
    let count = 0;
    const sub = nc.subscribe("a", { callback: () => count++ });
    await send("a");
    sub.unsubscribe();
    expect(sub.isClosed()).toBe(true);
    await expect(sub.closed).resolves.toBeUndefined();
    await send("a", "a");
    expect(count).toBe(1);
    sub.unsubscribe();
  });
});

describe("a subscription that is iterated [S2]", () => {
  it("gives what came in, before and while it is read, in order", async () => {
    const sub = nc.subscribe("a");
    await send("a", "a");
    expect(sub.getPending()).toBe(2);
    const reading = read(sub, 4);
    await send("a", "a");
    expect(await reading).toEqual(["0", "1", "0", "1"]);
    expect([sub.getReceived(), sub.getProcessed(), sub.getPending()]).toEqual([4, 4, 0]);
  });

  it("is unsubscribed when the loop is left", async () => {
    const sub = nc.subscribe("a");
    const reading = read(sub, 1);
    await send("a");
    await reading;
    expect(sub.isClosed()).toBe(true);
    await send("a");
    expect(sub.getReceived()).toBe(1);
  });

  it("is unsubscribed when the body of the loop throws", async () => {
    const sub = nc.subscribe("a");
    const failure = rejection(
      (async () => {
        for await (const msg of sub) throw new Error(`cannot do ${msg.string()}`);
      })(),
    );
    await send("a");
    expect((await failure).message).toBe("cannot do 0");
    expect(sub.isClosed()).toBe(true);
  });

  it("ends after unsubscribe() with what had come in", async () => {
    const sub = nc.subscribe("a");
    await send("a", "a", "a");
    sub.unsubscribe();
    expect(await read(sub, 10)).toEqual(["0", "1", "2"]);
  });

  it("ends when the connection is closed [parity 162]", async () => {
    const other = await connect({ servers: server.url });
    const reading = read(other.subscribe("a"), 10);
    await other.close();
    expect(await reading).toEqual([]);
  });

  it("can be iterated by one loop only", () => {
    const sub = nc.subscribe("a");
    sub[Symbol.asyncIterator]();
    expect(thrown(() => sub[Symbol.asyncIterator]()).code).toBe("INVALID_OPERATION");
  });
});

describe("subjects and queue groups", () => {
  it.each<[string, string[], string[]]>([
    ["a.*", ["a", "a.b", "a.c", "a.b.c", "b.a"], ["a.b", "a.c"]],
    ["a.>", ["a", "a.b", "a.b.c", "b.a"], ["a.b", "a.b.c"]],
    ["*.b.*", ["a.b.c", "x.b.y", "a.c.b", "a.b"], ["a.b.c", "x.b.y"]],
    [">", ["a", "b.c"], ["a", "b.c"]],
    ["größe.*", ["größe.ä", "grosse.a"], ["größe.ä"]],
  ])("wildcards: %s", async (pattern, published, expected) => {
    const got: string[] = [];
    nc.subscribe(pattern, { callback: (_, msg) => got.push(msg.subject) });
    await send(...published);
    expect(got).toEqual(expected);
  });

  it("every subscription gets its copy", async () => {
    const got: string[] = [];
    for (const name of ["one", "two"]) nc.subscribe("a", { callback: (_, m) => got.push(name + m.string()) });
    await send("a", "a");
    expect(got.toSorted()).toEqual(["one0", "one1", "two0", "two1"]);
  });

  it("of a queue group one member gets each message, and all members get some [parity 173]", async () => {
    const counts = [0, 0, 0];
    const seen: string[] = [];
    for (const i of counts.keys()) {
      nc.subscribe("work", {
        queue: "workers",
        callback: (_, msg) => {
          counts[i]++;
          seen.push(msg.string());
        },
      });
    }
    let all = 0;
    nc.subscribe("work", { callback: () => all++ });
    await send(...Array(300).fill("work"));
    expect(seen.map(Number).toSorted((a, b) => a - b)).toEqual([...Array(300).keys()]);
    expect(all).toBe(300);
    for (const count of counts) expect(count).toBeGreaterThan(0);
  });

  it.each(["", "a b", "a\r\n", "a..b", ".a", "a.", "a.>.b", ">.a", 5, null])(
    "a bad subject is refused at the call: %j [parity 176]",
    (subject) => {
      const error = thrown(() => nc.subscribe(subject as string, { callback: () => {} }));
      expect(error).toBeInstanceOf(InvalidSubjectError);
      expect(error.code).toBe("INVALID_SUBJECT");
    },
  );

  it.each(["a b", "workers 5\r\nPUB injected 0\r\n\r\n", "a\tb", "a\0", "\n", 5])(
    "a bad queue name is refused at the call: %j [peers 21] [parity 176]",
    async (queue) => {
      const got: Msg[] = [];
      nc.subscribe("injected", { callback: (_, msg) => got.push(msg) });
      const error = thrown(() => nc.subscribe("a", { queue: queue as string, callback: () => {} }));
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error.code).toBe("INVALID_ARGUMENT");
      await nc.flush();
      expect(got).toEqual([]);
    },
  );

  it.each([
    ["subject", "s".repeat(4_100), undefined],
    ["queue name", "a", "q".repeat(4_100)],
    ["subject and queue name together", "s".repeat(2_100), "q".repeat(2_100)],
  ])("a control line over 4,096 bytes is refused at the call: by its %s", async (_, subject, queue) => {
    const error = thrown(() => nc.subscribe(subject, { queue, callback: () => {} }));
    expect(error.code).toBe("MAX_CONTROL_LINE_EXCEEDED");
    await nc.flush();
    expect(nc.stats().reconnects).toBe(0);
  });

  it.each([-1, 1.5, Number.NaN, "5"])("a bad max is refused: %s", (max) => {
    expect(thrown(() => nc.subscribe("a", { max: max as number })).code).toBe("INVALID_ARGUMENT");
    expect(thrown(() => nc.subscribe("a").unsubscribe(max as number)).code).toBe("INVALID_ARGUMENT");
  });

  it("a callback that is no function is refused", () => {
    expect(thrown(() => nc.subscribe("a", { callback: "no" as never })).code).toBe("INVALID_ARGUMENT");
  });
});

describe("a subscription with a timeout", () => {
  it("ends with TIMEOUT when nothing comes [parity 175]", async () => {
    const sub = nc.subscribe("a", { timeout: 20 });
    expect((await rejection(read(sub, 1))).code).toBe("TIMEOUT");
    expect(sub.isClosed()).toBe(true);
    expect(await sub.closed).toMatchObject({ code: "TIMEOUT" });
  });

  it("tells its callback so", async () => {
    const errors: unknown[] = [];
    nc.subscribe("a", { timeout: 20, callback: (error) => errors.push(error) });
    await until(() => errors.length > 0, "the timeout");
    expect(errors).toMatchObject([{ code: "TIMEOUT" }]);
  });

  it("goes on once a message has come [parity 175]", async () => {
    const got: unknown[] = [];
    const sub = nc.subscribe("a", {
      timeout: 2_500,
      callback: (error, msg) => got.push(error ?? msg.string()),
    });
    const other = nc.subscribe("b", { timeout: 2_550 });
    await send("a");
    expect((await rejection(read(other, 1))).code).toBe("TIMEOUT");
    await send("a");
    expect(got).toEqual(["0", "0"]);
    expect(sub.isClosed()).toBe(false);
  });
});
