import { copyFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

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
    let failures = 0;
    const reconnectErrCb = () => void failures++;
    const connecting = connect({ servers: server.url, waitOnFirstConnect: true, ...EAGER, reconnectErrCb });
    connecting.then(() => {
      settled = true;
    });
    expect((await rejection(connect({ servers: server.url }))).code).toBe("CONNECTION_REFUSED");
    await until(() => failures > 0, "a failure of the one that waits");
    expect(settled).toBe(false);
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
  it("returns at once, reconnecting already [parity 30]", async () => {
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

  it("takes messages, subscriptions and requests while there is no server, and carries them out later [parity 30, 36]", async () => {
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

  it("takes what fits into the usual max_payload before it knows the server's [parity 36]", async () => {
    nc = await connect({ servers: server.url, retryOnFailedConnect: true, ...EAGER });
    expect(nc.publish("large", new Uint8Array(1024 * 1024))).toBe(true);
    expect(thrown(() => nc?.publish("large", new Uint8Array(1024 * 1024 + 1))).code).toBe(
      "MAX_PAYLOAD_EXCEEDED",
    );
    await server.restart();
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
  });

  it("goes on through failures of TLS until the server has the right certificate [parity 33]", async () => {
    using right = await CertificateAuthority.create();
    using wrong = await CertificateAuthority.create();
    const pairs = [await wrong.issue({ hosts: ["127.0.0.1"] }), await right.issue({ hosts: ["127.0.0.1"] })];
    const { certFile, keyFile } = pairs[0];
    await using guarded = await NatsServer.start({ tls: { certFile, keyFile } });
    const failed: unknown[] = [];
    nc = await connect({
      servers: guarded.url,
      tls: { ca: right.cert },
      retryOnFailedConnect: true,
      ...EAGER,
      reconnectErrCb: (error) => failed.push((error as { code?: string } | undefined)?.code),
    });
    await until(() => failed.length >= 3, "three failures");
    expect(new Set(failed)).toEqual(new Set(["TLS_FAILED"]));
    expect(nc.state).toBe("reconnecting");
    copyFileSync(pairs[1].certFile, certFile);
    copyFileSync(pairs[1].keyFile, keyFile);
    await guarded.restart();
    await until(() => nc?.state === "connected", "the link");
    await nc.close();
  });

  it("tells of a connect, and not of a reconnect, when it succeeds [parity 30, 34]", async () => {
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

  it("closes with an error when the attempts are used up, and says what was not sent [parity 37]", async () => {
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
