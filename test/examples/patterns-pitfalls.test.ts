import { afterAll, beforeAll, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { Examples } from "../support/examples.js";
import { range, Witness } from "./witness.js";

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make();
}, 60_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

it("six-pitfalls: each is told, and harms nothing", async () => {
  await using server = await NatsServer.start({ jetstream: true });
  await using witness = await Witness.start(server, ["orders.done"]);
  const example = examples.start("patterns/six-pitfalls", { servers: server.url });
  await example.says(/^1\. connect: CONNECTION_REFUSED$/);
  await example.says(/^5\. error event: CALLBACK_FAILED$/);
  await example.says(/^4\. handled order 1$/);
  await example.says(/^6\. request: TIMEOUT$/);
  await example.says(/^6\. request: NO_RESPONDERS$/);
  await example.says(/^now kill the server$/);
  await server.kill();
  await example.says(/^2\. published while reconnecting: 1 waiting$/);
  await server.restart();
  await example.says(/^4\. handled order 2$/);
  example.signal("SIGTERM");
  await example.says(/^3\. drained: 0 of 10\d\d messages are left$/);
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
  expect(await witness.numbers("orders.done")).toEqual(range(3, 1002));
});
