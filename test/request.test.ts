import { NoRespondersError, RequestError, TimeoutError } from "@nats-io/nats-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, headers } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { openRequests, openSubscriptions } from "./support/inside.js";
import { rejection, until } from "./support/until.js";

let server: NatsServer;
let responder: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
  responder = await connect({ servers: server.url });
  responder.subscribe("echo", {
    callback: (_, msg) => msg.respond(msg.data, { headers: msg.headers }),
  });
  responder.subscribe("twice", {
    callback: (_, msg) => {
      msg.respond("first");
      msg.respond("second");
    },
  });
  responder.subscribe("mute", { callback: () => {} });
  await responder.flush();
});
afterAll(async () => {
  await responder.close();
  await server.close();
});

let nc: Connection;
beforeEach(async () => {
  nc = await connect({ servers: server.url });
});
afterEach(async () => {
  expectBalanced(nc);
  expect(openRequests(nc), "requests that were forgotten").toBe(0);
  expect(nc.state).toBe("connected");
  await nc.close();
});

describe.each([
  ["by the shared inbox", {}],
  ["by an inbox of its own (noMux)", { noMux: true }],
])("a request, answered %s [Q1]", (_, mode) => {
  it("gets its answer, with payload and headers [parity 187, 192]", async () => {
    const hdrs = headers();
    hdrs.set("A", "b");
    const answer = await nc.request("echo", "hello", { timeout: 5_000, headers: hdrs, ...mode });
    expect(answer.string()).toBe("hello");
    expect(answer.headers?.get("A")).toBe("b");
  });

  it("may have no payload [parity 187]", async () => {
    expect((await nc.request("echo", undefined, { timeout: 5_000, ...mode })).data).toHaveLength(0);
  });

  it("gets the first of several answers; the second one reaches nobody else [parity 187]", async () => {
    for (let i = 0; i < 3; i++) {
      expect((await nc.request("twice", "", { timeout: 5_000, ...mode })).string()).toBe("first");
    }
  });

  it("rejects with TIMEOUT when nobody answers in time [parity 188, 190, 193]", async () => {
    const error = await rejection(nc.request("mute", "", { timeout: 30, ...mode }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "TIMEOUT", ...("noMux" in mode ? {} : { maybeDelivered: true }) });
  });

  it("rejects at once when nobody is subscribed [parity 189, 193]", async () => {
    const error = await rejection<RequestError & { code: string }>(
      nc.request("nobody", "", { timeout: 20_000, ...mode }),
    );
    expect(error).toBeInstanceOf(RequestError);
    expect(error.code).toBe("NO_RESPONDERS");
    expect(error.isNoResponders()).toBe(true);
    expect(error.cause).toBeInstanceOf(NoRespondersError);
  });

  it("1,000 at once get each its own answer [parity 187]", async () => {
    const asked = Array.from({ length: 1000 }, (_, i) =>
      nc.request("echo", String(i), { timeout: 10_000, ...mode }),
    );
    const answers = (await Promise.all(asked)).map((msg) => msg.string());
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
  });

  it.each([0, -1, Number.NaN])("a bad timeout is refused: %s", async (timeout) => {
    expect((await rejection(nc.request("echo", "", { timeout, ...mode }))).code).toBe("INVALID_ARGUMENT");
  });

  it.each(["", "a b", "a..b"])("a bad subject is refused: %j [parity 176]", async (subject) => {
    expect((await rejection(nc.request(subject, "", { timeout: 1000, ...mode }))).code).toBe(
      "INVALID_SUBJECT",
    );
  });

  it("a payload over max_payload is refused [parity 118]", async () => {
    const large = Buffer.alloc(1024 * 1024 + 1);
    const error = await rejection(nc.request("echo", large, { timeout: 1000, ...mode }));
    expect(error.code).toBe("MAX_PAYLOAD_EXCEEDED");
  });
});

describe("requests", () => {
  it("leave no subscription behind with noMux [parity 191]", async () => {
    await nc.request("echo", "", { timeout: 5_000, noMux: true });
    await rejection(nc.request("mute", "", { timeout: 20, noMux: true }));
    await rejection(nc.request("nobody", "", { timeout: 5_000, noMux: true }));
    expect(openSubscriptions(nc)).toEqual([]);
  });

  it("may be answered at a subject that the caller names, with noMux", async () => {
    const seen: string[] = [];
    responder.subscribe("where", {
      callback: (_, msg) => {
        seen.push(msg.reply ?? "");
        msg.respond("here");
      },
      max: 1,
    });
    await responder.flush();
    const answer = await nc.request("where", "", { timeout: 5_000, noMux: true, reply: "to.me" });
    expect([answer.string(), answer.subject, seen]).toEqual(["here", "to.me", ["to.me"]]);
    expect((await rejection(nc.request("where", "", { timeout: 1000, reply: "to.me" }))).code).toBe(
      "INVALID_ARGUMENT",
    );
  });

  it("use the prefix that was asked for [parity 191, 193]", async () => {
    await using own = await connect({ servers: server.url, inboxPrefix: "_MINE.here" });
    for (const noMux of [false, true]) {
      const answer = await own.request("echo", "", { timeout: 5_000, noMux });
      expect(answer.subject).toMatch(/^_MINE\.here\./);
    }
  });

  it("that time out by the hundred leave no trace, and late answers do no harm [parity 191]", async () => {
    const late: (() => void)[] = [];
    const sub = responder.subscribe("late", { callback: (_, msg) => late.push(() => msg.respond("late")) });
    await responder.flush();
    const asked = Array.from({ length: 300 }, () => rejection(nc.request("late", "", { timeout: 50 })));
    for (const error of await Promise.all(asked)) expect(error.code).toBe("TIMEOUT");
    await until(() => late.length === 300, "that all are asked");
    for (const answer of late) answer();
    await responder.flush();
    expect((await nc.request("echo", "fresh", { timeout: 5_000 })).string()).toBe("fresh");
    sub.unsubscribe();
  });

  it("time out in the order of their deadlines, not of their calls", async () => {
    const order: number[] = [];
    const timeouts = [90, 30, 150, 60, 120];
    await Promise.all(
      timeouts.map((timeout) => nc.request("mute", "", { timeout }).catch(() => order.push(timeout))),
    );
    expect(order).toEqual([30, 60, 90, 120, 150]);
  });

  it("may be made in the callback that gets the answer of another", async () => {
    const first = await nc.request("echo", "1", { timeout: 5_000 });
    const answers = await Promise.all(
      [...Array(50).keys()].map(async (i) => {
        const one = await nc.request("echo", `${first.string()}${i}`, { timeout: 5_000 });
        return (await nc.request("echo", `${one.string()}!`, { timeout: 5_000 })).string();
      }),
    );
    expect(answers).toEqual([...Array(50).keys()].map((i) => `1${i}!`));
  });
});
