import { describe, expect, it } from "vitest";
import { connect, jwtAuthenticator } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsServer } from "../../src/testing/server.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { type FakeLink, FakeServer, infoLine } from "../support/fake-server.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

describe.concurrent("row 10: password changed", () => {
  const STEPS = { backoff: { initial: 20, max: 160, factor: 2, jitter: 0 } };

  it("the authenticator is asked again, with growing waits, until it knows the new one; nothing is lost", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start({ user: "me", pass: "old" }));
    let [pass, asked] = ["old", 0];
    const authenticator = () => {
      asked++;
      return { user: "me", pass };
    };
    const nc = world.use(await connect({ servers: server.url, authenticator, ...STEPS }));
    const recorder = new Recorder(nc);
    const got: string[] = [];
    const reading = (async () => {
      for await (const msg of nc.subscribe("a")) got.push(msg.string());
    })();
    await nc.flush();
    await server.reload({ pass: "new" });
    const waits = () => recorder.of("reconnecting").flatMap(([{ delay }]) => (delay > 0 ? [delay] : []));
    await until(() => waits().length >= 5, "some refusals");
    expect(waits().slice(0, 5)).toEqual([20, 40, 80, 160, 160]);
    expect(asked).toBeGreaterThan(4);
    // The server has cut us off without a word; the next attempt tells why.
    for (const [info] of recorder.of("reconnecting").filter(([{ delay }]) => delay > 0)) {
      expect(info.error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
      expect(info.cause).toMatchObject({ kind: "authentication", code: "AUTHORIZATION_VIOLATION" });
      expect(info.cause?.evidence.join()).toContain("Authorization Violation");
    }
    expect(nc.lastError).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    nc.publish("a", "meanwhile");
    pass = "new";
    await nc.flush();
    expect(got).toEqual(["meanwhile"]);
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1, confirmed: 1 });
    await nc.close();
    await reading;
  });

  it("nobody to ask: gives up after the second refusal, with the true cause [parity 70]", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start({ user: "me", pass: "old" }));
    const nc = await connect({ servers: server.url, user: "me", pass: "old", ...STEPS });
    const recorder = new Recorder(nc);
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
    await server.reload({ pass: "new" });
    const error = await nc.closed();
    expect(error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    expect(recorder.of("close")[0][0]).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
    expect(recorder.of("close")[0][1].cause).toMatchObject({ kind: "authentication" });
    expectBalanced(nc);
  });

  it("the policy decides: ignoreAuthErrorAbort goes on until it is changed back", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start({ user: "me", pass: "old" }));
    const options = { user: "me", pass: "old", ignoreAuthErrorAbort: true, ...STEPS };
    const nc = world.use(await connect({ servers: server.url, ...options }));
    const recorder = new Recorder(nc);
    await server.reload({ pass: "new" });
    await until(() => recorder.count("reconnecting") > 8, "some refusals");
    nc.publish("a", "meanwhile");
    await server.reload({ pass: "old" });
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1, confirmed: 1 });
  });

  it("a JWT that expires: the expiry is told, the authenticator is asked for a new one", async () => {
    await using world = new Cleanup();
    const operator = new Operator();
    const account = operator.account("A");
    const server = world.use(await NatsServer.start({ config: operator.config }));
    const user = account.user({ expiresIn: 1500 });
    const authenticator = jwtAuthenticator(() => user.jwt, user.seed);
    const nc = world.use(await connect({ servers: server.url, authenticator, ...STEPS }));
    const recorder = new Recorder(nc);
    await until(() => recorder.count("reconnecting") > 6, "the expiry, and refusals");
    const [error, { cause }] = recorder.of("disconnect")[0];
    expect(error).toMatchObject({ code: "AUTHENTICATION_EXPIRED" });
    expect(cause).toMatchObject({ kind: "authentication", code: "AUTHENTICATION_EXPIRED" });
    expect(cause.evidence.join()).toContain("User Authentication Expired");
    for (const [info] of recorder.of("reconnecting")) expect(info.cause?.kind).toBe("authentication");
    publishNumbers(nc, "a", 0, 10);
    user.renew();
    await nc.flush();
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 10, confirmed: 10 });
  });

  it("a JWT that expires, and nobody to ask: closed for the refusal, not for a refused connection", async () => {
    await using world = new Cleanup();
    const operator = new Operator();
    const account = operator.account("A");
    const server = world.use(await NatsServer.start({ config: operator.config }));
    const { jwt, seed } = account.user({ expiresIn: 1500 });
    const authenticator = jwtAuthenticator(jwt, seed);
    const options = { servers: server.url, authenticator, ignoreAuthErrorAbort: false };
    const nc = await connect({ ...options, ...STEPS });
    const recorder = new Recorder(nc);
    const error = await nc.closed();
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "AUTHENTICATION_EXPIRED" });
    expect(error).toMatchObject({ code: expect.stringMatching(/^AUTH/) });
    expect(recorder.of("close")[0][1].cause).toMatchObject({ kind: "authentication" });
    expectBalanced(nc);
  });
});

/** At once, on a busy machine; an attempt may take 5 s by default. */
const SOON = 4_000;

describe.each<[string, (link: FakeLink) => void]>([
  [
    "INFO then closes",
    (link) => {
      link.send(infoLine());
      link.socket.end();
    },
  ],
  [
    "INFO, and an -ERR that is not about who we are",
    (link) => {
      link.send(infoLine());
      link.socket.once("data", () => link.send("-ERR 'maximum connections exceeded'"));
    },
  ],
  ["an -ERR in place of INFO", (link) => link.send("-ERR 'maximum connections exceeded'")],
])("row 11: server sends %s", (_, behave) => {
  it("next server at once, at the first connect", async () => {
    await using world = new Cleanup();
    const bad = world.use(await FakeServer.start(behave));
    const good = world.use(await NatsServer.start());
    const since = performance.now();
    const nc = world.use(await connect({ servers: [bad.url, good.url], noRandomize: true }));
    expect(performance.now() - since).toBeLessThan(SOON);
    expect([nc.getServer(), bad.links.length]).toEqual([good.hostport, 1]);
  });

  it("next server at once, in an outage", async () => {
    await using world = new Cleanup();
    const first = world.use(await NatsServer.start());
    const bad = world.use(await FakeServer.start(behave));
    const good = world.use(await NatsServer.start());
    const nc = world.use(await connectAtFirst([first.url, bad.url, good.url]));
    const recorder = new Recorder(nc);
    await nc.flush();
    const since = performance.now();
    await first.kill();
    publishNumbers(nc, "a", 0, 100);
    await until(() => recorder.count("reconnect") === 1, "the good server", SOON);
    expect(performance.now() - since).toBeLessThan(SOON);
    expect(recorder.of("reconnecting").map(([info]) => [info.server, info.delay])).toEqual([
      [bad.hostport, 0],
      [good.hostport, 0],
    ]);
    expect(recorder.count("disconnect")).toBe(1);
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
  });
});

describe("row 11: a real server that is full", () => {
  it("next server at once [parity 124]", async () => {
    await using world = new Cleanup();
    const full = world.use(await NatsServer.start({ config: "max_connections: 1" }));
    const good = world.use(await NatsServer.start());
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    world.use(
      await connect({
        servers: full.url,
        waitOnFirstConnect: true,
        reconnectTimeWait: 5,
        reconnectJitter: 0,
      }),
    );
    const since = performance.now();
    const nc = world.use(await connect({ servers: [full.url, good.url], noRandomize: true }));
    expect(performance.now() - since).toBeLessThan(SOON);
    expect(nc.getServer()).toBe(good.hostport);
  });
});
