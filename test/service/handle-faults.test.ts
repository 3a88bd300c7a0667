import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Connection,
  connect,
  type HoldfastError,
  type HoldfastSubscription,
  type Msg,
} from "../../src/index.js";
import { handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { expectNoProblems } from "../support/problems.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";
import { deferred } from "./support/deferred.js";

expectNoProblems();

const QUICK = { backoff: { initial: 1, max: 1 } };
const AT_ONCE = { reconnectDelayHandler: () => 1 };
const codesOf = (errors: unknown[][]) => errors.map(([error]) => (error as HoldfastError).code);

describe("a server that is killed", () => {
  let server: NatsServer;
  let nc: Connection;
  let client: Connection;
  beforeEach(async () => {
    server = await NatsServer.start();
    nc = await connect({ servers: server.url, ...AT_ONCE });
    client = await connect({ servers: server.url, ...AT_ONCE });
  });
  afterEach(async () => {
    await client.close();
    expectBalanced(nc);
    await nc.close();
    await server.close();
  });

  it("in the middle of the work: every message that was received is handled, and the handler comes back", async () => {
    const handled: number[] = [];
    const handler = handle(nc, "work", async (n: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      handled.push(n);
    });
    const { subscription } = handler as unknown as { subscription: HoldfastSubscription };
    await nc.flush();
    let next = 0;
    const publish = (messages: number) => {
      for (let i = 0; i < messages; i++) client.publish("work", String(next++));
    };
    publish(1000);
    await until(() => handled.length > 10 && handler.facts().waiting > 0, "the middle");
    await server.kill();
    publish(500);
    await until(() => nc.state === "reconnecting", "the outage");
    const back = Promise.all(
      [nc, client].map((one) => new Promise((resolve) => one.once("reconnect", resolve))),
    );
    await server.restart();
    await back;
    await nc.flush();
    publish(500);
    await client.flush();
    await nc.flush();
    await until(() => handler.facts().handled === subscription.getReceived(), "all that was received");
    expect(handled).toHaveLength(subscription.getReceived());
    // All of what was published after both were back, in order.
    expect(handled.slice(-500)).toEqual(Array.from({ length: 500 }, (_, i) => 1500 + i));
    expect(handler.facts()).toMatchObject({ state: "running", failing: undefined, waiting: 0, inFlight: 0 });
  });

  it("while a handler works: its answer is kept, and sent when there is a link again", async () => {
    const answers: unknown[] = [];
    client.subscribe("answers", { callback: (_, msg: Msg) => answers.push(msg.json()) });
    const gate = deferred();
    const handler = handle(nc, "work", async () => {
      await gate.promise;
      return "done";
    });
    await Promise.all([nc.flush(), client.flush()]);
    client.publish("work", "1", { reply: "answers" });
    await client.flush(); // else it would come again
    await until(() => handler.facts().inFlight === 1, "the message");
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    gate.resolve();
    await until(() => handler.facts().handled === 1, "the end of the work");
    expect(nc.stats()).toMatchObject({ accepted: 1, pending: 1 });
    await server.restart();
    await nc.flush();
    expect(nc.stats()).toMatchObject({ confirmed: 1, pending: 0 });
  });

  it("while a message is given up: the dead letter is there when there is a link again, and it counts then", async () => {
    const gate = deferred();
    const failing = async () => {
      await gate.promise;
      throw new Error("no");
    };
    const handler = handle(nc, "work", failing, { retries: 0, deadLetter: "dead" });
    await nc.flush();
    client.publish("work", "1");
    await client.flush(); // else it would come again
    await until(() => handler.facts().inFlight === 1, "the message");
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    gate.resolve();
    await until(() => handler.facts().failed === 1, "the failure");
    expect(handler.facts()).toMatchObject({ deadLettered: 0, inFlight: 1 });
    await server.restart();
    await until(() => handler.facts().deadLettered === 1, "the dead letter");
    expect(handler.facts()).toMatchObject({ discarded: 0, inFlight: 0 });
  });
});

describe("without permission", () => {
  const config = (denied: string) => `authorization {
    users: [
      { user: limited, password: p, permissions: { publish: { deny: ["dead.>"] }, subscribe: { deny: ["${denied}"] } } }
      { user: all, password: p }
    ]
  }`;
  let server: NatsServer;
  let nc: Connection;
  let client: Connection;
  let recorder: Recorder;
  beforeEach(async () => {
    server = await NatsServer.start({ config: config("secret.>") });
    nc = await connect({ servers: server.url, user: "limited", pass: "p", ...AT_ONCE });
    client = await connect({ servers: server.url, user: "all", pass: "p", ...AT_ONCE });
    recorder = new Recorder(nc);
  });
  afterEach(async () => {
    await client.close();
    expectBalanced(nc);
    await nc.close();
    await server.close();
  });

  it("for the dead letters: each is told and counted, and the handler goes on", async () => {
    const failing = (n: number) => {
      if (n < 3) throw new Error("no");
      return n;
    };
    const handler = handle(nc, "work", failing, { ...QUICK, retries: 1, deadLetter: "dead.work" });
    const discarded: HoldfastError[] = [];
    const deadLetters: unknown[] = [];
    handler.on("discarded", ({ error }) => discarded.push(error));
    handler.on("deadLetter", (info) => deadLetters.push(info));
    await nc.flush();
    for (let n = 0; n < 3; n++) client.publish("work", String(n));
    expect((await client.request("work", "7", { timeout: 10_000 })).json()).toBe(7);
    expect(handler.facts()).toMatchObject({ discarded: 3, deadLettered: 0, handled: 1, state: "running" });
    expect(handler.facts().lastError).toMatchObject({ code: "DEAD_LETTER_FAILED" });
    expect(deadLetters).toEqual([]);
    for (const error of discarded) {
      expect(error).toMatchObject({
        code: "DEAD_LETTER_FAILED",
        subject: "dead.work",
        cause: { code: "PERMISSIONS_VIOLATION", subject: "dead.work" },
      });
    }
    await until(() => recorder.count("error") === 9, "three errors for each");
    const codes = codesOf(recorder.of("error"));
    for (const code of ["DEAD_LETTER_FAILED", "HANDLER_FAILED", "PERMISSIONS_VIOLATION"]) {
      expect(codes.filter((one) => one === code)).toHaveLength(3);
    }
  });

  it("for the subscription: the handler has ended, health can tell, and it is told", async () => {
    const handler = handle(nc, "secret.orders", () => {});
    const error = await handler.closed;
    expect(error).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(handler.facts()).toMatchObject({ state: "stopped", lastError: error });
    expect(handler.facts().failing).toContain("the subscription is refused");
    expect(codesOf(recorder.of("error"))).toEqual(["PERMISSIONS_VIOLATION"]);
    expect(nc.components).toEqual([handler]);
    await handler.stop();
    expect(nc.components).toEqual([]);
  });

  it("for the subscription, for now: it stays and says so, and works when it is allowed", async () => {
    const got: unknown[] = [];
    const handler = handle(nc, "secret.orders", (data) => got.push(data), { resubscribeOnPermission: true });
    await until(() => handler.facts().failing !== undefined, "the refusal");
    expect(handler.facts()).toMatchObject({ state: "running" });
    await server.reload({ config: config("other") });
    await server.restart();
    await until(() => handler.facts().failing === undefined, "the next link");
    await nc.flush();
    expect(handler.facts()).toMatchObject({ state: "running", failing: undefined });
    client.publish("secret.orders", "1");
    await until(() => got.length === 1, "the message");
  });

  it("for the subscription, by the next link as well: it still says so", async () => {
    const handler = handle(nc, "secret.orders", () => {}, { resubscribeOnPermission: true });
    await until(() => handler.facts().failing !== undefined, "the refusal");
    for (const outages of [1, 2]) {
      await server.kill();
      await server.restart();
      await until(() => recorder.count("reconnect") === outages, "the next link");
      await nc.flush();
      expect(handler.facts().failing).toContain("the subscription is refused");
    }
    await server.reload({ config: config("other") });
    await server.restart();
    await until(() => handler.facts().failing === undefined, "the link that allows it");
  });
});
