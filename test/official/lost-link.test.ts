import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, until } from "../support/until.js";

it("an acknowledgement that waits for its answer hears of the lost link at once, as of a time-out", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start({ jetstream: true }));
  const nc = cleanup.use(await connect({ servers: server.url, closeTimeout: 1 }));
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "ORDERS", subjects: ["orders"] });
  await jsm.consumers.add("ORDERS", { durable_name: "worker", ack_policy: "explicit" });
  await jetstream(nc).publish("orders", "1");
  const msg = await (await jetstream(nc).consumers.get("ORDERS", "worker")).next();
  server.stop();
  const acknowledged = rejection(msg!.ackAck({ timeout: 20_000 }));
  await until(() => nc.buffered.messages > 0, "the acknowledgement is written");
  await server.kill();
  const error = await acknowledged;
  expect(error).toBeInstanceOf(errors.TimeoutError);
  expect(error).toMatchObject({ code: "CONNECTION_LOST", retryable: true, maybeDelivered: true });
});

it("a subscription that was moved is there again after an outage, on its new subject", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start());
  const options = { servers: server.url, reconnectTimeWait: 20, reconnectJitter: 0 };
  const nc = cleanup.use(await connect(options));
  const got: string[] = [];
  const sub = nc.subscribe("a", { callback: (_, msg) => void got.push(msg.subject) });
  const moved = nc.subscribe("b", { callback: (_, msg) => void got.push(msg.subject) });
  nc._resub(sub, "c");
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
  nc._resub(moved, "d");
  await server.restart();
  await until(() => nc.state === "connected", "connected again");
  for (const subject of ["a", "b", "c", "d"]) nc.publish(subject);
  await nc.flush();
  expect(got).toEqual(["c", "d"]);
});
