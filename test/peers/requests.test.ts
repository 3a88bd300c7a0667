import { TimeoutError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { publishNumbers } from "../support/publisher.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };
/** No test may take so long. */
const LONG = 60_000;
/** At once, on a busy machine; the requests have a minute. */
const SOON = 5_000;

let server: NatsServer;
let nc: Connection;
/** The requests that have reached somebody. */
let asked: string[];
let unhandled: unknown[];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(async () => {
  unhandled = [];
  process.on("unhandledRejection", note);
  asked = [];
  server = await NatsServer.start();
  nc = await connect({ servers: server.url, ...EAGER });
  // The client asks itself: then both are back at the same time.
  nc.subscribe("mute", { callback: (_, msg) => asked.push(msg.string()) });
  nc.subscribe("echo", {
    callback: (_, msg) => {
      asked.push(msg.string());
      msg.respond(msg.data);
    },
  });
  await nc.flush();
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  await server.close();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

async function down(): Promise<void> {
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
}

describe("row 8: requests in flight when the link dies", () => {
  it.each([
    ["over the shared inbox", {}],
    ["over an inbox of their own", { noMux: true }],
  ])("written ones fail at once, typed, and are not sent again; %s", async (_, mode) => {
    const written = Array.from({ length: 50 }, (_, i) =>
      rejection(nc.request("mute", String(i), { timeout: LONG, ...mode })),
    );
    await until(() => asked.length === 50, "that all are written");
    const since = performance.now();
    await server.kill();
    for (const error of await Promise.all(written)) {
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    }
    expect(performance.now() - since).toBeLessThan(SOON);
    await server.restart();
    await nc.flush();
    await nc.flush();
    expect(asked).toHaveLength(50);
    const { confirmed, unconfirmed } = expectBalanced(nc);
    expect(confirmed + unconfirmed).toBe(50);
    expect(nc.stats().replayed).toBe(0);
  });

  it("unwritten ones are sent on the next link, and answered", async () => {
    await down();
    const unwritten = Array.from({ length: 50 }, (_, i) => nc.request("echo", String(i), { timeout: LONG }));
    await server.restart();
    const answers = await Promise.all(unwritten);
    expect(answers.map((answer) => answer.string())).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    expect(asked).toHaveLength(50);
  });

  it("requestMany() fails with the error, at once, instead of ending with no reply", async () => {
    const many = async () => {
      const got: string[] = [];
      for await (const msg of await nc.requestMany("mute", "many", { maxWait: LONG })) got.push(msg.string());
      return got;
    };
    const failed = rejection(many());
    await until(() => asked.length === 1, "that it is written");
    const since = performance.now();
    await server.kill();
    expect(await failed).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    expect(performance.now() - since).toBeLessThan(SOON);
  });
});

describe("row 9: flush() and rtt() while down", () => {
  it("flush() waits for its messages across the reconnect", async () => {
    await down();
    publishNumbers(nc, "a", 0, 100);
    let flushed = false;
    const flush = nc.flush().then(() => {
      flushed = true;
    });
    // Many dials fail before the server is back: none of them ends the flush.
    let dials = 0;
    nc.on("reconnecting", () => dials++);
    await until(() => dials > 10, "some attempts");
    expect(flushed).toBe(false);
    await server.restart();
    await flush;
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
  });

  it("flush() rejects at its deadline, and the messages stay", async () => {
    await down();
    publishNumbers(nc, "a", 0, 100);
    expect(await rejection(nc.flush({ timeout: 50 }))).toMatchObject({ code: "TIMEOUT" });
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, pending: 100 });
    await server.restart();
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 100 });
  });

  it("rtt() rejects at once", async () => {
    await down();
    const since = performance.now();
    expect(await rejection(nc.rtt())).toMatchObject({ code: "DISCONNECTED" });
    expect(performance.now() - since).toBeLessThan(SOON);
    await server.restart();
    await nc.flush();
    expect(await nc.rtt()).toBeGreaterThan(0);
  });

  it("no unhandled rejection when nobody waits for them", async () => {
    const before = [nc.flush(), nc.rtt(), nc.request("mute", "", { timeout: LONG })];
    await down();
    nc.publish("a", "x");
    nc.flush({ timeout: 5 });
    nc.rtt();
    nc.request("mute", "", { timeout: 5 });
    const { error } = await nc.flush({ timeout: 20 }).then(
      () => ({ error: undefined }),
      (reason: unknown) => ({ error: reason }),
    );
    expect(error).toMatchObject({ code: "TIMEOUT" });
    await server.restart();
    await nc.flush();
    expect(before).toHaveLength(3);
    expect(unhandled).toEqual([]);
  });
});
