import { expect, it } from "vitest";
import { wsconnect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { rejection } from "../support/until.js";

it("wsconnect() makes a connection of Holdfast over a websocket, and not one of nats.js", async () => {
  await using server = await NatsServer.start({ websocket: true });
  const nc = await wsconnect({ servers: server.wsUrl });
  const got: string[] = [];
  nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
  expect(nc.publish("a", "b")).toBe(true);
  await nc.flush();
  expect(got).toEqual(["b"]);
  await nc.close();
  expect((await rejection(wsconnect({ servers: 1 as never }))).code).toBe("INVALID_OPTION");
});
