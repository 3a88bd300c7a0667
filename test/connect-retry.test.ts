import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection | undefined;
beforeEach(async () => {
  server = await NatsServer.start();
  await server.kill();
  nc = undefined;
});
afterEach(async () => {
  await nc?.close();
  await server.close();
});

describe("waitOnFirstConnect [R3]", () => {
  it("waits in connect() until the server is there", async () => {
    let settled = false;
    const connecting = connect({ servers: server.url, waitOnFirstConnect: true, ...EAGER });
    connecting.then(() => {
      settled = true;
    });
    let failures = 0;
    const impatient = connect({ servers: server.url, timeout: 1000 });
    await impatient.catch(() => failures++);
    expect([failures, settled]).toEqual([1, false]);
    await server.restart();
    nc = await connecting;
    expect(nc.state).toBe("connected");
    expect(nc.history.map((change) => change.to)).toEqual(["connecting", "reconnecting", "connected"]);
    expect(nc.stats().reconnects).toBe(0);
  });

  it("ends with an error when the attempts are used up", async () => {
    const options = { servers: server.url, waitOnFirstConnect: true, maxReconnectAttempts: 3, ...EAGER };
    const error = await rejection(connect(options));
    expect(error.code).toBe("MAX_RECONNECT_ATTEMPTS");
    expect(error.message).toContain("3 attempts");
    expect((error.cause as Error).message).toContain("ECONNREFUSED");
  });
});

describe("retryOnFailedConnect [R3]", () => {
  it("returns at once, reconnecting already", async () => {
    nc = await connect({ servers: server.url, retryOnFailedConnect: true });
    expect(nc.state).toBe("reconnecting");
    expect(nc.info).toBeUndefined();
    expect(nc.getServer()).toBe("");
  });

  it("returns connected when there is a server", async () => {
    await server.restart();
    nc = await connect({ servers: server.url, retryOnFailedConnect: true });
    expect(nc.state).toBe("connected");
  });

  it("takes messages, subscriptions and requests while there is no server, and carries them out later", async () => {
    nc = await connect({ servers: server.url, retryOnFailedConnect: true, ...EAGER });
    const arrivals = new Arrivals();
    nc.subscribe("first", { callback: countInto(arrivals) });
    nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
    publishNumbers(nc, "first", 0, 1000);
    const asked = nc.request("ask", "", { timeout: 10_000 });
    expect(nc.buffered.messages).toBe(1001);
    await server.restart();
    expect((await asked).string()).toBe("answer");
    await nc.flush();
    expect(arrivals.missing(1000)).toEqual([]);
    expect([arrivals.duplicates, arrivals.late]).toEqual([0, 0]);
    expectBalanced(nc);
  });

  it("tells of a connect, and not of a reconnect, when it succeeds", async () => {
    nc = await connect({ servers: server.url, retryOnFailedConnect: true, ...EAGER });
    const recorder = new Recorder(nc);
    await server.restart();
    await until(() => nc?.state === "connected", "connected");
    expect(recorder.count("connect")).toBe(1);
    expect(recorder.count("reconnect")).toBe(0);
    expect(recorder.count("disconnect")).toBe(0);
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect after a later outage");
    expect(recorder.count("connect")).toBe(1);
    expect(recorder.count("disconnect")).toBe(1);
  });

  it("closes with an error when the attempts are used up, and says what was not sent", async () => {
    nc = await connect({
      servers: server.url,
      retryOnFailedConnect: true,
      maxReconnectAttempts: 3,
      ...EAGER,
    });
    const recorder = new Recorder(nc);
    publishNumbers(nc, "nowhere", 0, 10);
    const error = await nc.closed();
    expect(error).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    expect(recorder.of("close")).toMatchObject([
      [error, { cause: { kind: "refused" }, dropped: 10, unconfirmed: 0 }],
    ]);
    expect(recorder.of("messageLost").flatMap(([messages]) => messages)).toHaveLength(10);
    expect(expectBalanced(nc)).toMatchObject({ dropped: 10, dropReasons: { closed: 10 } });
  });

  it("can be closed while it tries", async () => {
    nc = await connect({ servers: server.url, retryOnFailedConnect: true });
    await nc.close();
    expect(await nc.closed()).toBeUndefined();
    expect(nc.state).toBe("closed");
  });
});
