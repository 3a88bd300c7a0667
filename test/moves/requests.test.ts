import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/index.js";
import type { Mover } from "../support/moving.js";
import { Moving } from "../support/moving.js";

/** ms that the service takes for an answer: longer than it takes until the old link is left. */
const SLOW = 450;

let nodes: Moving;
beforeAll(async () => {
  nodes = await Moving.start();
});
afterAll(() => nodes[Symbol.asyncDispose]());
afterEach(() => nodes.closeConnections());

describe("requests across a move [F3]", () => {
  async function slowService(node: number): Promise<Connection> {
    const service = await nodes.at(node);
    service.subscribe("slow", {
      callback: (_, msg) => void setTimeout(() => msg.respond(`to ${msg.string()}`), SLOW),
    });
    await nodes.known(service);
    return service;
  }

  it.each([0, 1])("that are in flight are answered, by a service at server %i", async (node) => {
    await slowService(node);
    const mover = await nodes.mover(1);
    const answers: Promise<string>[] = [];
    const ask = () => {
      const text = String(answers.length);
      answers.push(mover.nc.request("slow", text, { timeout: 5000 }).then((msg) => msg.string()));
    };
    ask();
    const moved = mover.move();
    ask();
    const asking = setInterval(ask, 10);
    await moved;
    await sleep(1);
    clearInterval(asking);
    ask();
    expect(await Promise.all(answers)).toEqual(answers.map((_, i) => `to ${i}`));
    mover.expectUnnoticed();
  });

  it("are answered by a service that moves, each once", async () => {
    const service = await nodes.mover(1);
    let asked = 0;
    service.nc.subscribe("svc", {
      callback: (_, msg) => {
        asked++;
        msg.respond(msg.data);
      },
    });
    await nodes.known(service.nc);
    const client = await nodes.at(0);
    let sent = 0;
    // One move, where this machine is not busy.
    while (sent <= 100) {
      let isMoving = true;
      const moved = service.move().then(() => {
        isMoving = false;
      });
      while (isMoving) {
        const texts = Array.from({ length: 20 }, () => String(sent++));
        const got = await Promise.all(texts.map((text) => client.request("svc", text, { timeout: 20_000 })));
        expect(got.map((msg) => msg.string())).toEqual(texts);
      }
      await moved;
    }
    expect(asked).toBe(sent);
  });

  it("with noMux are answered, too", async () => {
    await slowService(0);
    const mover = await nodes.mover(1);
    const options = { timeout: 5000, noMux: true };
    const first = mover.nc.request("slow", "1", { ...options, reply: "my.inbox.1" });
    const moved = mover.move();
    await sleep(50);
    const second = mover.nc.request("slow", "2", { ...options, reply: "my.inbox.2" });
    await moved;
    expect([(await first).string(), (await second).string()]).toEqual(["to 1", "to 2"]);
  });
});

describe("requestMany across a move [F3]", () => {
  const RESPONDERS = 3;

  /** Each answers the same, after so many ms. */
  async function responders(delay: number): Promise<void> {
    for (let node = 0; node < RESPONDERS; node++) {
      const nc = await nodes.at(node);
      nc.subscribe("many", { callback: (_, msg) => void setTimeout(() => msg.respond("same"), delay) });
      await nodes.known(nc);
    }
  }

  async function collect(mover: Mover, strategy: "count" | "timer"): Promise<string[]> {
    const options =
      strategy === "count"
        ? ({ strategy, maxMessages: RESPONDERS, maxWait: 20_000 } as const)
        : ({ strategy, maxWait: 1_500 } as const);
    const texts: string[] = [];
    for await (const msg of await mover.nc.requestMany("many", "?", options)) texts.push(msg.string());
    return texts;
  }

  it.each(["count", "timer"] as const)(
    "collects each of several identical answers once: %s",
    async (strategy) => {
      await responders(20);
      const mover = await nodes.mover(1);
      const before = collect(mover, strategy);
      const during: Promise<string[]>[] = [];
      // One move, where this machine is not busy.
      while (during.length <= 10) {
        const moved = mover.move();
        const asking = setInterval(() => during.push(collect(mover, strategy)), 20);
        await moved;
        clearInterval(asking);
      }
      const after = collect(mover, strategy);
      const all = await Promise.all([before, ...during, after]);
      expect(all).toEqual(all.map(() => Array(RESPONDERS).fill("same")));
      mover.expectUnnoticed();
    },
  );

  it("collects answers that come slowly, from the old link and the new one", async () => {
    await responders(400);
    const mover = await nodes.mover(1);
    const all = [collect(mover, "count")];
    const moved = mover.move();
    const asking = setInterval(() => all.push(collect(mover, "count")), 20);
    await moved;
    clearInterval(asking);
    expect(await Promise.all(all)).toEqual(all.map(() => Array(RESPONDERS).fill("same")));
  });
});
