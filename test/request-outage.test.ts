import { setImmediate as turn } from "node:timers/promises";
import { TimeoutError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { openRequests, openSubscriptions } from "./support/inside.js";
import { rejection, until } from "./support/until.js";

/** Longer than any test may take: nothing here may wait for it. */
const LONG = 60_000;
/** What "at once" means on a busy machine. */
const SOON = 5_000;

let server: NatsServer;
let nc: Connection;
let responder: Connection;
let asked: string[];
beforeEach(async () => {
  server = await NatsServer.start();
  const options = { servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0 };
  [nc, responder] = await Promise.all([connect(options), connect(options)]);
  asked = [];
  responder.subscribe("mute", { callback: (_, msg) => asked.push(msg.string()) });
  responder.subscribe("echo", {
    callback: (_, msg) => {
      asked.push(msg.string());
      msg.respond(msg.data);
    },
  });
  await responder.flush();
});
afterEach(async () => {
  expectBalanced(nc);
  expect(openRequests(nc)).toBe(0);
  await Promise.all([nc.close(), responder.close()]);
  await server.close();
});

async function bothBack(): Promise<void> {
  await until(() => nc.state === "connected" && responder.state === "connected", "both are back");
  await responder.flush();
}

describe.each([
  ["over the shared inbox", {}],
  ["over an inbox of its own (noMux)", { noMux: true }],
])("a request %s", (_, mode) => {
  it("in flight when the server is killed fails at once, typed [peers 8]", async () => {
    const waiting = Array.from({ length: 20 }, (_, i) =>
      rejection<TimeoutError & { code: string; maybeDelivered: boolean; subject: string }>(
        nc.request("mute", String(i), { timeout: LONG, ...mode }),
      ),
    );
    await until(() => asked.length === 20, "the requests have arrived");
    const started = performance.now();
    await server.kill();
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true, subject: "mute" });
    }
    expect(performance.now() - started).toBeLessThan(SOON);
    await server.restart();
    await bothBack();
    await nc.flush();
    await responder.flush();
    expect(asked).toHaveLength(20);
  });

  it("made while there is no link waits for the next one, and succeeds", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting" && responder.state === "reconnecting", "the outage");
    const answer = (async () => {
      for (;;) {
        try {
          return await nc.request("echo", "hello", { timeout: LONG, ...mode });
        } catch (error) {
          // The responder may be back later than the request: then nobody is subscribed yet.
          if ((error as { code?: string }).code !== "NO_RESPONDERS" || nc.isClosed()) throw error;
          await turn();
        }
      }
    })();
    await server.restart();
    expect((await answer).string()).toBe("hello");
    expect(asked).toEqual(["hello"]);
  });

  it("whose timeout ends while there is no link: TIMEOUT, and it is never sent", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const error = await rejection(nc.request("echo", "too late", { timeout: 30, ...mode }));
    expect(error).toMatchObject({ code: "TIMEOUT", ...("noMux" in mode ? {} : { maybeDelivered: false }) });
    expect(error).toBeInstanceOf(TimeoutError);
    await server.restart();
    await bothBack();
    await nc.flush();
    await responder.flush();
    expect(asked).toEqual([]);
    expect(nc.stats()).toMatchObject({ accepted: 1, dropped: 1, dropReasons: { timeout: 1 } });
  });

  it("is never sent twice, whatever happens", async () => {
    const outcomes: Promise<string>[] = [];
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 50; i++) {
        const sent = nc.request("echo", `${round}.${i}`, { timeout: LONG, ...mode });
        outcomes.push(
          sent.then(
            (msg) => `answered ${msg.string()}`,
            (error) => error.code,
          ),
        );
      }
      await server.restart();
      await bothBack();
    }
    const settled = await Promise.all(outcomes);
    expect(new Set(asked).size).toBe(asked.length);
    const allowed = /^(answered \d+\.\d+|CONNECTION_LOST|NO_RESPONDERS)$/;
    for (const outcome of settled) expect(outcome).toMatch(allowed);
  });

  it("that waits for a link rejects when the connection is closed", async () => {
    await server.kill();
    const other = await connect({ servers: server.url, retryOnFailedConnect: true, closeTimeout: 20 });
    const waiting = rejection(other.request("echo", "", { timeout: LONG, ...mode }));
    await other.close();
    expect((await waiting).code).toMatch(/^CONNECTION_(CLOSED|LOST)$/);
    expect(expectBalanced(other)).toMatchObject({ accepted: 1, dropped: 1 });
  });
});

describe("requestMany()", () => {
  it("in flight when the server is killed ends with an error, at once [peers 8]", async () => {
    const reading = rejection(
      (async () => {
        for await (const msg of await nc.requestMany("mute", "many", { maxWait: LONG })) {
          throw new Error(`an answer: ${msg.subject}`);
        }
      })(),
    );
    await until(() => asked.length === 1, "the request has arrived");
    await server.kill();
    const error = await reading;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    expect(openSubscriptions(nc)).toEqual([]);
    await server.restart();
    await bothBack();
  });

  it("whose maxWait ends while there is no link is never sent", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const answers: unknown[] = [];
    for await (const msg of await nc.requestMany("echo", "too late", { maxWait: 30 })) answers.push(msg);
    expect(answers).toEqual([]);
    await server.restart();
    await bothBack();
    await nc.flush();
    await responder.flush();
    expect(asked).toEqual([]);
    expect(nc.stats()).toMatchObject({ accepted: 1, dropped: 1, dropReasons: { timeout: 1 } });
  });
});

describe("requests during an outage without a buffer", () => {
  it("are refused at once with DISCONNECTED", async () => {
    const other = await connect({ servers: server.url, reconnectBufSize: -1, reconnectTimeWait: LONG });
    await server.kill();
    await until(() => other.state === "reconnecting", "the outage");
    expect((await rejection(other.request("echo", "", { timeout: LONG }))).code).toBe("DISCONNECTED");
    expect((await rejection(other.request("echo", "", { timeout: LONG, noMux: true }))).code).toBe(
      "DISCONNECTED",
    );
    await other.close();
    await server.restart();
    await bothBack();
  });
});
