import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Moving } from "../support/moving.js";
import { until } from "../support/until.js";

let nodes: Moving;
beforeAll(async () => {
  nodes = await Moving.start();
});
afterAll(() => nodes[Symbol.asyncDispose]());
afterEach(() => nodes.closeConnections());

/** Calls `tick` once in each ms, on average; the end of it returns how often. */
function everyMs(tick: () => void): () => number {
  const since = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    for (; count < performance.now() - since; count++) tick();
  }, 1);
  return () => {
    clearInterval(timer);
    return count;
  };
}

describe("messages that nobody can tell apart [F3]", () => {
  it("are none lost when their subscriber moves", async () => {
    const publisher = await nodes.at(0);
    const mover = await nodes.mover(1);
    let got = 0;
    mover.nc.subscribe("tick", { callback: () => void got++ });
    await nodes.known(mover.nc);
    const stop = everyMs(() => publisher.publish("tick", "tick"));
    for (let i = 0; i < 3; i++) await mover.move();
    const count = stop();
    await publisher.flush();
    await until(
      () => got >= count,
      () => `${count}, it is ${got}`,
    );
    mover.expectUnnoticed();
    expect(got - count, "delivered twice, since nobody can tell").toBeLessThan(count / 10);
  });

  it("are none lost when their publisher moves as well", async () => {
    const publisher = await nodes.mover(0);
    const mover = await nodes.mover(1);
    let got = 0;
    mover.nc.subscribe("tock", { callback: () => void got++ });
    await nodes.known(mover.nc);
    const stop = everyMs(() => publisher.nc.publish("tock", ""));
    for (let i = 0; i < 2; i++) await Promise.all([mover.move(), publisher.move()]);
    const count = stop();
    await publisher.nc.flush();
    await until(
      () => got >= count,
      () => `${count}, it is ${got}`,
    );
    expect(got - count, "delivered twice, since nobody can tell").toBeLessThan(count / 10);
  });
});
