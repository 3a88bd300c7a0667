import { errors, type Status } from "@nats-io/nats-core";
import { expect, it } from "vitest";
import { rejection, until } from "../support/until.js";
import { type EitherConnection, onBothClients } from "./both-clients.js";

/** The types of all statuses, and the servers that they name. */
function read(nc: EitherConnection) {
  const statuses: Status[] = [];
  const done = (async () => {
    for await (const status of nc.status()) statuses.push(status);
  })();
  const count = (type: Status["type"]) => statuses.filter((status) => status.type === type).length;
  return { statuses, done, count };
}

const EAGER = { reconnectTimeWait: 20, reconnectJitter: 0 };

onBothClients("an outage", {}, (stage, client) => {
  it("that lasts too long: one disconnect, a status per attempt, and closed() with the error", async () => {
    const nc = await stage.connect({ ...EAGER, maxReconnectAttempts: 3 });
    const { done, count } = read(nc);
    await stage.server.kill();
    const error = await nc.closed();
    await done;
    await stage.server.restart();
    expect([count("disconnect"), count("reconnecting"), count("reconnect"), count("close")]).toEqual([
      1, 3, 0, 1,
    ]);
    expect(error).toBeInstanceOf(errors.ConnectionError);
    expect(nc.isClosed()).toBe(true);
  });

  it("that ends: subscriptions are there again, and the statuses name the server", async () => {
    const nc = await stage.connect({ ...EAGER, maxReconnectAttempts: -1 });
    const { statuses, count } = read(nc);
    const got: string[] = [];
    nc.subscribe("a.*", { callback: (_, msg) => void got.push(msg.subject) });
    const answered = nc.subscribe("ask", { queue: "q", callback: (_, msg) => void msg.respond("here") });
    await nc.flush();
    await stage.server.kill();
    await until(() => count("disconnect") === 1, "the disconnect");
    expect(await rejection(nc.rtt())).toBeInstanceOf(errors.RequestError);
    // nats.js forgets it when it dials.
    if (client === "holdfast") expect(nc.info?.port).toBe(stage.server.port);
    nc.subscribe("b", { callback: (_, msg) => void got.push(msg.subject) });
    await stage.server.restart();
    await until(() => count("reconnect") === 1, "the reconnect");
    expect((await nc.request("ask", "", { timeout: 5000 })).string()).toBe("here");
    for (const subject of ["a.1", "b"]) nc.publish(subject);
    await nc.flush();
    expect(got).toEqual(["a.1", "b"]);
    expect(answered.isClosed()).toBe(false);
    const { hostport: server } = stage.server;
    for (const type of ["disconnect", "reconnect"] as const)
      expect(statuses).toContainEqual({ type, server });
  });

  it("that was asked for", async () => {
    const nc = await stage.connect({ ...EAGER, maxReconnectAttempts: -1 });
    const { statuses, count } = read(nc);
    const before = nc.info?.client_id;
    await nc.reconnect();
    await until(() => nc.info !== undefined && nc.info.client_id !== before, "the new link");
    await until(() => client === "holdfast" || count("reconnect") === 1, "the reconnect");
    await nc.flush();
    // What is a move with Holdfast is an outage with nats.js.
    const told = client === "holdfast" ? [] : ["disconnect", "reconnect"];
    const ofLink = ["forceReconnect", "disconnect", "reconnect"];
    const types = statuses.map(({ type }) => type).filter((type) => ofLink.includes(type));
    expect(types).toEqual(["forceReconnect", ...told]);
    expect(nc.isClosed()).toBe(false);
  });

  it("without reconnects is the end; nothing is reconnecting", async () => {
    const nc = await stage.connect({ reconnect: false });
    const { done, count } = read(nc);
    await stage.server.kill();
    await nc.closed();
    await done;
    await stage.server.restart();
    expect([count("disconnect"), count("reconnecting"), count("reconnect")]).toEqual([1, 0, 0]);
  });
});
