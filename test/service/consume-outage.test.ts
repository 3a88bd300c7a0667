import { describe, expect, it } from "vitest";
import { consume } from "../../src/service/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { Cleanup } from "../support/cleanup.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { client, fill, ORDERS, SECOND, settled, world } from "./consume-world.js";

expectNoProblems();

describe("a message that is being handled while the link is lost", () => {
  it("is told of as soon as there is one again: nobody else gets it meanwhile", async () => {
    await using cleanup = new Cleanup();
    const { server, ...direct } = await world(cleanup);
    const proxy = cleanup.use(await FaultProxy.start({ target: server.url }));
    const { nc } = await client(cleanup, { servers: proxy.url });
    const said: string[] = [];
    direct.nc.subscribe("$JS.ACK.>", { callback: (_, msg) => said.push(msg.string()) });
    await direct.nc.flush();
    let finish = () => {};
    let handled = 0;
    // By itself it would say something after 100 s.
    const ensure = { ...ORDERS.ensure, consumer: { ack_wait: 300 * SECOND } };
    const consumption = await consume<number>(nc, { ...ORDERS, ensure, timeout: 0 }, () => {
      handled++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await consumption.ready();
    await fill(direct.nc, 1, 1);
    await until(() => handled === 1, "the message");
    const reconnected = new Promise((resolve) => nc.once("reconnect", resolve));
    proxy.reset();
    await reconnected;
    await until(() => said.includes("+WPI"), "that the server is told");
    finish();
    await settled(direct.jsm, 1);
    expect([handled, said]).toEqual([1, ["+WPI", "+ACK"]]);
  });
});
