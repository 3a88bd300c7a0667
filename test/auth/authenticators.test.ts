import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyAuthenticator, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { inTurn } from "../support/in-turn.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };
const RIGHT = { user: "me", pass: "secret" };

let server: NatsServer;
let other: NatsServer;
beforeAll(async () => {
  [server, other] = await Promise.all([NatsServer.start(RIGHT), NatsServer.start(RIGHT)]);
});
afterAll(() => Promise.all([server.close(), other.close()]));

/** A connection whose authenticator is as good as `how` says, from attempt to attempt. */
async function connected(options: ConnectionOptions = {}) {
  const how: { now: AnyAuthenticator; asked: number } = { now: () => RIGHT, asked: 0 };
  const authenticator: AnyAuthenticator = (nonce) => {
    how.asked++;
    return how.now(nonce);
  };
  const nc = await connect({ servers: server.url, authenticator, ...EAGER, ...options });
  return { nc, how, recorder: new Recorder(nc, ["error", "attemptFailed", "reconnect", "disconnect"]) };
}

describe("an authenticator that fails while the connection reconnects", () => {
  it.each<[string, AnyAuthenticator]>([
    [
      "throws",
      () => {
        throw new Error("the vault is closed");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the vault is closed"))],
    [
      "rejects later",
      () => new Promise((_, reject) => setImmediate(reject, new Error("the vault is closed"))),
    ],
  ])("%s: told at every attempt, and asked again until it works", async (_, failing) => {
    const { nc, how, recorder } = await connected();
    how.now = failing;
    how.asked = 0;
    await nc.reconnect();
    nc.publish("a", "meanwhile");
    await until(() => recorder.count("error") > 3, "failures");
    for (const [error] of recorder.of("error")) {
      expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED", option: "authenticator" });
      expect(error.cause).toMatchObject({ message: "the vault is closed" });
    }
    for (const [, info] of recorder.of("attemptFailed")) {
      expect(info.cause).toMatchObject({ kind: "authentication", code: "AUTHENTICATOR_FAILED" });
    }
    expect(how.asked).toBeGreaterThan(3);
    how.now = async () => RIGHT;
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    await nc.close();
  });

  it("never settles: an attempt costs its deadline, which is told", async () => {
    // The server has to ask who we are within it.
    const { nc, how, recorder } = await connected({ timeout: 600, waitOnFirstConnect: true });
    how.now = () => new Promise(() => {});
    await nc.reconnect();
    await until(() => recorder.count("error") > 1, "failures");
    for (const [error] of recorder.of("error")) {
      expect(error).toMatchObject({ code: "TIMEOUT" });
      expect(error.message).toContain("the authenticator did not answer");
    }
    expect(recorder.of("attemptFailed")[0][1].cause).toMatchObject({
      kind: "authentication",
      code: "TIMEOUT",
    });
    how.now = () => RIGHT;
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    await nc.close();
  });

  it("answers when its attempt is over: nothing comes of it", async () => {
    const { nc, how, recorder } = await connected({ timeout: 200, waitOnFirstConnect: true });
    const late: ((auth: typeof RIGHT) => void)[] = [];
    how.now = () => new Promise((resolve) => late.push(resolve));
    await nc.reconnect();
    await until(() => recorder.count("attemptFailed") > 0, "a failure");
    how.now = () => RIGHT;
    for (const resolve of late) resolve(RIGHT);
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.count("disconnect")).toBe(1);
    await nc.close();
  });
});

describe("an authenticator that fails in connect()", () => {
  it("lets a connection that may retry go on: it stands when the authenticator works", async () => {
    const told: (Error | undefined)[] = [];
    let asked = 0;
    const nc = await connect({
      servers: server.url,
      authenticator: () => {
        if (++asked < 4) throw new Error("the vault is closed");
        return RIGHT;
      },
      waitOnFirstConnect: true,
      asyncErrorCb: (error) => told.push(error),
      ...EAGER,
    });
    expect(asked).toBe(4);
    // The first one was before there was anything to reconnect.
    expect(told).toMatchObject([{ code: "AUTHENTICATOR_FAILED" }, { code: "AUTHENTICATOR_FAILED" }]);
    await nc.close();
  });

  it("says so with the error of the attempt; the error event is for what has no caller", async () => {
    const told: unknown[] = [];
    const failing: AnyAuthenticator = () => Promise.reject(new Error("no"));
    const options = {
      servers: server.url,
      authenticator: failing,
      asyncErrorCb: (e: unknown) => told.push(e),
    };
    expect((await rejection(connect(options))).code).toBe("AUTHENTICATOR_FAILED");
    expect(told).toEqual([]);
  });
});

describe("a server that refuses the credentials", () => {
  it("during a reconnect is passed over for one that takes them [parity 135]", async () => {
    await using first = await NatsServer.start(RIGHT);
    await using strict = await NatsServer.start({ user: "me", pass: "another" });
    const servers = [first.url, strict.url, other.url];
    const options = { ...RIGHT, noRandomize: true, ignoreClusterUpdates: true, dialer: inTurn() };
    const nc = await connect({ servers, ...options, ...EAGER });
    const recorder = new Recorder(nc, ["attemptFailed", "reconnect", "close", "error"]);
    await first.kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(nc.getServer()).toBe(other.hostport);
    expect(recorder.of("attemptFailed")).toMatchObject([
      [{ code: "AUTHORIZATION_VIOLATION" }, { server: strict.hostport, cause: { kind: "authentication" } }],
    ]);
    expect(recorder.of("error")).toMatchObject([[{ code: "AUTHORIZATION_VIOLATION" }]]);
    await nc.close();
  });

  it("twice closes the connection, however many attempts it may make [parity 136]", async () => {
    await using changing = await NatsServer.start(RIGHT);
    const nc = await connect({ servers: changing.url, ...RIGHT, maxReconnectAttempts: -1, ...EAGER });
    const recorder = new Recorder(nc, ["attemptFailed", "reconnect", "disconnect"]);
    await changing.reload({ pass: "another" });
    expect(await nc.closed()).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    expect([recorder.count("attemptFailed"), recorder.count("reconnect")]).toEqual([2, 0]);
  });

  it("at the first connect is no disconnect [parity 134]", async () => {
    const told: string[] = [];
    const error = await rejection(
      connect({
        servers: server.url,
        user: "me",
        pass: "wrong",
        disconnectedCb: () => told.push("disconnect"),
        closedCb: () => told.push("close"),
      }),
    );
    expect(error.code).toBe("AUTHORIZATION_VIOLATION");
    expect(told).toEqual(["close"]);
  });
});
