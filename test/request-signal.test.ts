import { getEventListeners } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { openRequests, openSubscriptions } from "./support/inside.js";
import { expectNoProblems } from "./support/problems.js";
import { rejection, until } from "./support/until.js";

expectNoProblems();

const LONG = 600_000;
const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
let responder: Connection;
let asked: string[];
let controller: AbortController;
beforeAll(async () => {
  server = await NatsServer.start({
    config: `authorization { users: [
      { user: all, password: x }
      { user: some, password: x, permissions: { publish: { deny: ["secret"] } } }
    ] }`,
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  const servers = server.url;
  nc = await connect({ servers, user: "some", pass: "x", ...EAGER });
  responder = await connect({ servers, user: "all", pass: "x", ...EAGER });
  asked = [];
  controller = new AbortController();
  responder.subscribe("echo", { callback: (_, msg) => void msg.respond(msg.data) });
  responder.subscribe("mute", { callback: (_, msg) => void asked.push(msg.string()) });
  await responder.flush();
});
afterEach(async () => {
  expectBalanced(nc);
  await Promise.all([nc.close(), responder.close()]);
});

const listeners = () => getEventListeners(controller.signal, "abort").length;

/** Nothing is left of any request. */
async function expectNothingLeft(mode: object): Promise<void> {
  await until(() => openRequests(nc) === 0, "the end of the requests");
  await until(() => openSubscriptions(nc).length <= ("noMux" in mode ? 0 : 1), "the end of the inboxes");
  expect(listeners()).toBe(0);
}

describe.each([
  ["over the shared inbox", {}],
  ["with noMux", { noMux: true }],
])("a request with a signal, %s", (_name, mode) => {
  it("leaves no listener behind, however it ends", async () => {
    const { signal } = controller;
    const given = { signal, timeout: LONG, ...mode };
    expect((await nc.request("echo", "x", given)).string()).toBe("x");
    expect(listeners()).toBe(0);
    expect(await rejection(nc.request("nobody", "", given))).toMatchObject({ code: "NO_RESPONDERS" });
    expect(listeners()).toBe(0);
    expect(await rejection(nc.request("mute", "", { ...given, timeout: 10 }))).toMatchObject({
      code: "TIMEOUT",
    });
    expect(listeners()).toBe(0);
    expect(await rejection(nc.request("secret", "", given))).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(listeners()).toBe(0);
    await rejection(nc.request("a b", "", given));
    await rejection(nc.request("echo", "x".repeat(2 ** 21), given));
    await rejection(nc.request("echo", "", { ...given, timeout: -1 }));
    expect(listeners()).toBe(0);
    const lost = rejection(nc.request("mute", "", given));
    await until(() => asked.length === 2, "the request");
    await server.restart();
    expect(await lost).toMatchObject({ code: "CONNECTION_LOST" });
    expect(listeners()).toBe(0);
    await until(() => nc.state === "connected" && responder.state === "connected", "the links");
    await responder.flush();
    const closed = rejection(nc.request("mute", "", given));
    await until(() => asked.length === 3, "the request");
    await nc.close();
    expect(await closed).toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    expect(listeners()).toBe(0);
    controller.abort();
  });

  it("10,000 with one signal, some answered and some given up, leave nothing", async () => {
    const { signal } = controller;
    const given = { signal, timeout: LONG, ...mode };
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    for (let round = 0; round < 20; round++) {
      const answers = Array.from({ length: 490 }, () => nc.request("echo", "x", given));
      await Promise.all(answers);
    }
    expect(listeners()).toBe(0);
    const open = Array.from({ length: 200 }, () => nc.request("mute", "", given).catch((error) => error));
    await until(() => asked.length === 200, "the requests");
    const reason = new Error("enough");
    controller.abort(reason);
    expect(new Set(await Promise.all(open))).toEqual(new Set([reason]));
    await expectNothingLeft(mode);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("is given up at once when that was said before", async () => {
    controller.abort("why");
    await expect(nc.request("mute", "", { signal: controller.signal, ...mode })).rejects.toBe("why");
    await nc.flush();
    await responder.flush();
    expect(asked).toEqual([]);
    await expectNothingLeft(mode);
  });

  it("is given up in the very turn of its call, and never sent", async () => {
    const { accepted } = nc.stats();
    const asking = rejection(nc.request("mute", "", { signal: controller.signal, timeout: LONG, ...mode }));
    controller.abort();
    expect(await asking).toBe(controller.signal.reason);
    await nc.flush();
    await responder.flush();
    expect(asked).toEqual([]);
    const stats = expectBalanced(nc);
    expect(stats).toMatchObject({ accepted: accepted + 1, dropped: 1, pending: 0 });
    await expectNothingLeft(mode);
  });

  it("is given up while it waits for a link: never sent, and its room is free again", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const given = { signal: controller.signal, timeout: LONG, ...mode };
    const asking = Array.from({ length: 100 }, (_, i) => rejection(nc.request("mute", `${i}`, given)));
    expect(nc.buffered.messages).toBe(100);
    controller.abort();
    await Promise.all(asking);
    expect(nc.buffered.messages).toBe(0);
    expectBalanced(nc);
    await server.restart();
    await until(() => nc.state === "connected" && responder.state === "connected", "the links");
    await nc.flush();
    await responder.flush();
    expect(asked).toEqual([]);
    await expectNothingLeft(mode);
  });

  it("is given up in a drain during an outage: the drain need not wait for it", async () => {
    const { url: servers } = server;
    const other = await connect({ servers, user: "all", pass: "x", ...EAGER, closeTimeout: LONG });
    await server.kill();
    await until(() => other.state === "reconnecting", "the outage");
    const given = { signal: controller.signal, timeout: LONG, ...mode };
    const asking = rejection(other.request("mute", "", given));
    const drained = other.drain();
    expect(other.isDraining()).toBe(true);
    controller.abort();
    expect(await asking).toBe(controller.signal.reason);
    await server.restart();
    await drained;
    expect(expectBalanced(other)).toMatchObject({ accepted: 1, dropped: 1 });
    expect(listeners()).toBe(0);
    await until(() => nc.state === "connected" && responder.state === "connected", "the links");
  });

  it("is given up in a drain, and at the end of the connection", async () => {
    const given = { signal: controller.signal, timeout: LONG, ...mode };
    const asking = rejection(nc.request("mute", "", given));
    await until(() => asked.length === 1, "the request");
    const drained = nc.drain();
    controller.abort();
    expect([controller.signal.reason, "CONNECTION_CLOSED"]).toContain(
      await asking.then((error) => (error === controller.signal.reason ? error : error.code)),
    );
    await drained;
    expect(listeners()).toBe(0);
    expect(openRequests(nc)).toBe(0);
  });

  it("is given up by whoever hears that the link has gone, or in the callback of an answer", async () => {
    const given = { signal: controller.signal, timeout: LONG, ...mode };
    const inAnswer = new AbortController();
    const own = responder.subscribe("own", {
      callback: () => {
        inAnswer.abort();
      },
    });
    await responder.flush();
    const first = rejection(responder.request("own", "", { ...given, signal: inAnswer.signal }));
    expect(await first).toBe(inAnswer.signal.reason);
    own.unsubscribe();
    nc.on("disconnect", () => controller.abort());
    const asking = rejection(nc.request("mute", "", given));
    await until(() => asked.length === 1, "the request");
    await server.restart();
    expect(["CONNECTION_LOST", 20]).toContain((await asking).code);
    await until(() => nc.state === "connected" && responder.state === "connected", "the links");
    await expectNothingLeft(mode);
  });

  it("is given up when it has been given out to a link that a move leaves", async () => {
    const given = { signal: controller.signal, timeout: LONG, ...mode };
    const asking = rejection(nc.request("mute", "", given));
    await until(() => asked.length === 1, "the request");
    const moved = nc.reconnect();
    controller.abort();
    expect(await asking).toBe(controller.signal.reason);
    await moved;
    await nc.flush();
    await expectNothingLeft(mode);
  });
});

it("anything but an AbortSignal is refused, and nothing sent", async () => {
  for (const signal of [null, {}, "x", 1, controller]) {
    const error = await rejection(nc.request("mute", "", { signal: signal as unknown as AbortSignal }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(nc.stats().accepted).toBe(0);
});
