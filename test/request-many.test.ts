import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type RequestManyOptions } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { openSubscriptions } from "./support/inside.js";
import { rejection } from "./support/until.js";

let server: NatsServer;
let responder: Connection;
let nc: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
  responder = await connect({ servers: server.url });
  responder.subscribe("five", {
    callback: (_, msg) => {
      for (let i = 0; i < 5; i++) msg.respond(String(i));
    },
  });
  responder.subscribe("five.end", {
    callback: (_, msg) => {
      for (let i = 0; i < 5; i++) msg.respond(String(i));
      msg.respond("");
      msg.respond("behind the end");
    },
  });
  responder.subscribe("mute", { callback: () => {} });
  await responder.flush();
});
afterAll(async () => {
  await responder.close();
  await server.close();
});
beforeEach(async () => {
  nc = await connect({ servers: server.url });
});
afterEach(async () => {
  expectBalanced(nc);
  expect(openSubscriptions(nc), "inboxes that were forgotten").toEqual([]);
  await nc.close();
});

/** All answers, and how long it took until the last was followed by the end. */
async function ask(subject: string, options: Partial<RequestManyOptions>): Promise<string[]> {
  const answers: string[] = [];
  for await (const msg of await nc.requestMany(subject, "", options)) answers.push(msg.string());
  return answers;
}

const FIVE = ["0", "1", "2", "3", "4"];
const LONG = 20_000;

describe("requestMany() [Q1]", () => {
  it("timer: collects until maxWait is over", async () => {
    const started = performance.now();
    expect(await ask("five", { strategy: "timer", maxWait: 700 })).toEqual(FIVE);
    expect(performance.now() - started).toBeGreaterThan(690);
  });

  it("timer: ends earlier when maxMessages have come", async () => {
    expect(await ask("five", { strategy: "timer", maxWait: LONG, maxMessages: 3 })).toEqual(["0", "1", "2"]);
  });

  it("count: ends with the last of maxMessages", async () => {
    expect(await ask("five", { strategy: "count", maxWait: LONG, maxMessages: 5 })).toEqual(FIVE);
  });

  it("count: ends at maxWait when fewer come", async () => {
    expect(await ask("five", { strategy: "count", maxWait: 700, maxMessages: 6 })).toEqual(FIVE);
  });

  it("stall: ends when nothing has come for a while after an answer", async () => {
    const started = performance.now();
    expect(await ask("five", { strategy: "stall", maxWait: LONG, stall: 100 })).toEqual(FIVE);
    expect(performance.now() - started).toBeGreaterThan(90);
  });

  it("sentinel: ends with an empty answer, which is given out as well", async () => {
    expect(await ask("five.end", { strategy: "sentinel", maxWait: LONG })).toEqual([...FIVE, ""]);
  });

  it("is over at maxWait when nobody answers", async () => {
    for (const strategy of ["timer", "stall", "sentinel"] as const) {
      expect(await ask("mute", { strategy, maxWait: 50 })).toEqual([]);
    }
  });

  it("rejects at once when nobody is subscribed [parity 189]", async () => {
    expect((await rejection(ask("nobody", { maxWait: LONG }))).code).toBe("NO_RESPONDERS");
  });

  it("ends when the loop is left, and its inbox with it", async () => {
    for await (const msg of await nc.requestMany("five", "", { maxWait: LONG })) {
      expect(msg.string()).toBe("0");
      break;
    }
    expect(openSubscriptions(nc)).toEqual([]);
  });

  it.each<[string, object]>([
    ["strategy", { strategy: "some" }],
    ["maxWait", { maxWait: 0 }],
    ["stall", { strategy: "stall", stall: -1 }],
    ["maxMessages", { strategy: "count" }],
  ])("refuses a bad option: %s", async (name, options) => {
    const error = await rejection(nc.requestMany("five", "", options));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(name);
  });
});
