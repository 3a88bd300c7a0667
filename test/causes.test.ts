import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Cause,
  type Connection,
  type ConnectionOptions,
  connect,
  Events,
  type HoldfastError,
  jwtAuthenticator,
} from "../src/index.js";
import { Operator } from "../src/testing/auth/operator.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer, type NatsServerOptions } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { resolvesNothing } from "./support/names.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 };
const EVERY = Object.values(Events);

async function start(
  cleanup: Cleanup,
  serverOptions: NatsServerOptions = {},
  options: ConnectionOptions = {},
): Promise<{ server: NatsServer; nc: Connection; recorder: Recorder }> {
  const server = cleanup.use(await NatsServer.start(serverOptions));
  const nc = cleanup.use(await connect({ servers: server.url, ...EAGER, ...options }));
  return { server, nc, recorder: new Recorder(nc, EVERY) };
}

/** A cause as it is promised: a code, a sentence, facts and what to do, each a text, and a page that there is. */
function expectSound(cause: Cause | undefined): void {
  expect(cause).toEqual({
    kind: expect.stringMatching(/^[a-z-]+$/),
    code: expect.stringMatching(/^[A-Z_]+$/),
    message: expect.stringMatching(/./),
    evidence: expect.any(Array),
    advice: expect.any(Array),
    docs: `docs/causes/${cause!.kind}.md`,
  });
  expect(existsSync(cause!.docs)).toBe(true);
  expect(cause!.advice.length > 0).toBe(cause!.kind !== "client");
  for (const one of cause!.advice) expect(one).toMatch(/\w/);
  for (const fact of cause!.evidence) expect(fact).toMatch(/\w/);
}

/** The cause of the first disconnect. */
async function disconnectCause(recorder: Recorder): Promise<Cause> {
  await until(() => recorder.count("disconnect") > 0, "the disconnect");
  const [error, { cause }] = recorder.of("disconnect")[0];
  expectSound(cause);
  if (error === undefined) expect(cause.kind).toBe("client");
  else expect(cause).toMatchObject({ code: (error as { code?: string }).code, message: error.message });
  return cause;
}

describe("the cause of a disconnect [X1]", () => {
  // Found by the chaos suite, faults reset, reset-peer and down.
  it("a reset is one also while something is being written", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const nc = cleanup.use(await connect({ servers: proxy.url }));
    const recorder = new Recorder(nc);
    const payload = new Uint8Array(1000);
    for (let round = 1; round <= 5; round++) {
      const back = round;
      const busy = setInterval(() => {
        for (let i = 0; i < 500 && nc.publish("busy", payload); i++);
      }, 1);
      const before = nc.stats().confirmed;
      await until(() => nc.stats().confirmed > before + 2000, "traffic");
      proxy.reset();
      await until(() => recorder.count("disconnect") === round, "the disconnect");
      clearInterval(busy);
      expect(recorder.of("disconnect")[round - 1][1].cause).toMatchObject({ kind: "network" });
      await until(() => recorder.count("reconnect") === back, "the reconnect");
    }
  });

  it.each([
    ["SIGKILL", (server: NatsServer) => server.kill()],
    ["SIGTERM", (server: NatsServer) => server.term()],
  ])("a server that ends by %s: its shutdown", async (_, end) => {
    await using cleanup = new Cleanup();
    const { server, nc, recorder } = await start(cleanup);
    await end(server);
    expect(await disconnectCause(recorder)).toMatchObject({
      kind: "server-shutdown",
      code: "CONNECTION_LOST",
      evidence: expect.arrayContaining(["the other side ended the connection without an error"]),
    });
    // An attempt that comes too early still meets the dying server's socket.
    const refused = () => recorder.of("attemptFailed").find(([, { cause }]) => cause.kind === "refused");
    await until(() => refused() !== undefined, "a refused attempt");
    const [error, info] = refused()!;
    expect(error).toMatchObject({ code: "CONNECTION_REFUSED" });
    expect(info).toMatchObject({ server: server.hostport, abandoned: 0 });
    expect(info.cause).toMatchObject({ kind: "refused", code: "CONNECTION_REFUSED" });
    expect(info.cause.evidence).toContain("the system reported ECONNREFUSED");
    expect(recorder.of("attemptFailed")[0][1].attempt).toBe(1);
    expect(nc.health().lastCause).toMatchObject({ kind: "refused" });
  });

  it("a reset: the network", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const nc = cleanup.use(await connect({ servers: proxy.url, ignoreClusterUpdates: true, ...EAGER }));
    const recorder = new Recorder(nc, EVERY);
    proxy.reset();
    const cause = await disconnectCause(recorder);
    expect(cause).toMatchObject({ kind: "network", code: "CONNECTION_LOST" });
    expect(cause.evidence.join()).toContain("ECONNRESET");
  });

  it("a lame duck: says so", async () => {
    await using cleanup = new Cleanup();
    const config = 'lame_duck_grace_period: "10ms", lame_duck_duration: "30s"';
    const { server, recorder } = await start(cleanup, { config });
    server.lameDuck();
    await until(() => recorder.count("lameDuck") === 1, "the announcement");
    await server.kill();
    const cause = await disconnectCause(recorder);
    expect(cause.kind).toBe("lame-duck");
    expect(cause.evidence.join()).toContain("lame duck");
  });

  it("a frozen server, with bytes on the way: stale", async () => {
    await using cleanup = new Cleanup();
    const { server, nc, recorder } = await start(cleanup, {}, { stallTimeout: 100 });
    server.stop();
    nc.publish("a");
    const cause = await disconnectCause(recorder);
    expect(cause).toMatchObject({ kind: "stale", code: "STALE_CONNECTION" });
    expect(cause.evidence.join()).toContain("the last byte came");
  });

  it("a frozen server, with nothing on the way: stale, by the pings", async () => {
    await using cleanup = new Cleanup();
    const { server, recorder } = await start(cleanup, {}, { pingInterval: 40, maxPingOut: 1 });
    server.stop();
    expect(await disconnectCause(recorder)).toMatchObject({ kind: "stale", code: "STALE_CONNECTION" });
  });

  it("garbage: the protocol [parity 122]", async () => {
    await using cleanup = new Cleanup();
    const fake = cleanup.use(await FakeServer.start(speaksNats()));
    const nc = cleanup.use(await connect({ servers: fake.url, ...EAGER }));
    const recorder = new Recorder(nc, EVERY);
    fake.last.send("what is this?");
    expect(await disconnectCause(recorder)).toMatchObject({ kind: "protocol", code: "PROTOCOL_ERROR" });
  });

  it.each([
    ["Stale Connection", "stale"],
    ["Slow Consumer", "slow-consumer"],
    ["maximum connections exceeded", "overload"],
    ["connection throttling is active", "overload"],
    ["Authorization Violation", "authentication"],
    ["User Authentication Expired", "authentication"],
    ["Maximum Payload Violation", "payload"],
    ["Parser Error", "protocol"],
    ["Something of the future", "unknown"],
  ])("-ERR '%s': %s [parity 121, 130]", async (text, kind) => {
    await using cleanup = new Cleanup();
    const fake = cleanup.use(await FakeServer.start(speaksNats()));
    const nc = cleanup.use(await connect({ servers: fake.url, ...EAGER }));
    const recorder = new Recorder(nc, EVERY);
    fake.last.send(`-ERR '${text}'`);
    fake.last.socket.end();
    const cause = await disconnectCause(recorder);
    expect(cause.kind).toBe(kind);
    expect(cause.evidence).toContain(`the server sent -ERR '${text}'`);
  });

  it("nc.reconnect() where no second link is to be had: the application, without an error", async () => {
    await using cleanup = new Cleanup();
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const options = { waitOnFirstConnect: true };
    const { nc, recorder } = await start(cleanup, { config: "max_connections: 1" }, options);
    await nc.reconnect();
    expect(await disconnectCause(recorder)).toMatchObject({ kind: "client", code: "RECONNECT" });
    expect(recorder.of("disconnect")[0][0]).toBeUndefined();
    await until(() => nc.state === "connected", "the new link");
    expect(nc.health()).toMatchObject({ status: "healthy", lastError: "maximum connections exceeded" });
  });

  it("of an outage: every attempt tells the cause of the one before", async () => {
    await using cleanup = new Cleanup();
    const { server, recorder } = await start(cleanup);
    await server.kill();
    const refused = () => recorder.of("attemptFailed").at(-1)?.[1].cause.kind === "refused";
    // Those that come too early still meet the dying server's socket.
    await until(() => recorder.count("attemptFailed") > 3 && refused(), "attempts");
    let before: unknown;
    for (const { name, args } of recorder.events) {
      if (name === "disconnect" || name === "attemptFailed") before = (args[1] as { cause: Cause }).cause;
      if (name !== "reconnecting") continue;
      const { cause } = args[0] as { cause: Cause };
      expect(cause).toBe(before);
      expectSound(cause);
    }
    expect(before).toMatchObject({ kind: "refused" });
  });
});

describe("the cause of a close", () => {
  it("nc.close(), nc.drain(): the application", async () => {
    for (const end of ["close", "drain"] as const) {
      await using cleanup = new Cleanup();
      const { nc, recorder } = await start(cleanup);
      await nc[end]();
      const [error, info] = recorder.of("close")[0];
      expect(error).toBeUndefined();
      expect(info).toMatchObject({ dropped: 0, unconfirmed: 0, cause: { kind: "client", code: "CLOSE" } });
      expectSound(info.cause);
      expect(recorder.count("disconnect")).toBe(0);
    }
  });

  it("giving up: what the last attempt met, also by the error", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    // A server that dies may still take attempts for a moment, and reset them.
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const options = { ...EAGER, ignoreClusterUpdates: true, maxReconnectAttempts: 2 };
    const nc = cleanup.use(await connect({ servers: proxy.url, ...options }));
    const recorder = new Recorder(nc, EVERY);
    proxy.down();
    expect(await nc.closed()).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS", why: { kind: "refused" } });
    expect(recorder.of("close")[0][1].cause).toMatchObject({ kind: "refused" });
    expectSound(recorder.of("close")[0][1].cause);
  });

  it("reconnect: false: what the link met", async () => {
    await using cleanup = new Cleanup();
    const options = { reconnect: false, reconnectTimeWait: undefined, reconnectJitter: undefined };
    const { server, nc, recorder } = await start(cleanup, {}, options);
    await server.kill();
    await nc.closed();
    expect(recorder.of("close")[0][1].cause).toMatchObject({ kind: "server-shutdown" });
  });
});

describe("the cause when credentials are refused", () => {
  it("a wrong password at connect(): attemptFailed and close tell it", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ user: "me", pass: "right" }));
    const attempts: Cause[] = [];
    const closes: Cause[] = [];
    const error = await rejection(
      connect({
        servers: server.url,
        user: "me",
        pass: "wrong",
        ...EAGER,
        reconnectErrCb: (_, { cause }) => attempts.push(cause),
        closedCb: (_, { cause }) => closes.push(cause),
      }),
    );
    expect(error.code).toBe("AUTHORIZATION_VIOLATION");
    expect((error as HoldfastError).why).toBe(closes[0]);
    expect(attempts.length).toBeGreaterThan(0);
    expect(closes).toHaveLength(1);
    for (const cause of [...attempts, ...closes]) {
      expectSound(cause);
      expect(cause).toMatchObject({ kind: "authentication", code: "AUTHORIZATION_VIOLATION" });
      expect(cause.evidence).toContain("the server sent -ERR 'Authorization Violation'");
    }
  });

  it("a user who is removed by a reload: disconnect, attempts and close tell it", async () => {
    await using cleanup = new Cleanup();
    const users = (names: string[]) =>
      `authorization { users: [${names.map((name) => `{ user: ${name}, password: pw }`).join(", ")}] }`;
    const options = { user: "me", pass: "pw" };
    const { server, nc, recorder } = await start(cleanup, { config: users(["me", "other"]) }, options);
    await server.reload({ config: users(["other"]) });
    await nc.closed();
    expect(["authentication", "server-shutdown"]).toContain((await disconnectCause(recorder)).kind);
    expect(recorder.count("attemptFailed")).toBeGreaterThan(0);
    for (const [, { cause }] of recorder.of("attemptFailed")) expect(cause.kind).toBe("authentication");
    expect(recorder.of("close")[0][1].cause.kind).toBe("authentication");
  });

  it("a JWT that expires: authentication", async () => {
    await using cleanup = new Cleanup();
    const operator = new Operator();
    const user = operator.account("A").user();
    // It begins to run out when it is asked for, until there is a link: the server may take its time to start, and to look at it.
    let isConnected = false;
    const jwt = () => {
      if (!isConnected) user.renew(1500);
      return user.jwt;
    };
    const { recorder } = await start(
      cleanup,
      { config: operator.config },
      {
        authenticator: jwtAuthenticator(jwt, user.seed),
        waitOnFirstConnect: true,
        connectedCb: () => {
          isConnected = true;
        },
      },
    );
    expect(await disconnectCause(recorder)).toMatchObject({
      kind: "authentication",
      code: "AUTHENTICATION_EXPIRED",
    });
  });

  it("an authenticator that fails: authentication", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const causes: Cause[] = [];
    const authenticator = () => {
      throw new Error("no key");
    };
    const options = {
      authenticator,
      reconnectErrCb: (_: Error, info: { cause: Cause }) => causes.push(info.cause),
    };
    await rejection(connect({ servers: server.url, ...EAGER, ...options }));
    expect(causes[0]).toMatchObject({ kind: "authentication", code: "AUTHENTICATOR_FAILED" });
    expectSound(causes[0]);
  });
});

describe("the cause of a failed attempt", () => {
  it("a server that has all its connections: overload [parity 125]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ config: "max_connections: 1" }));
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const nc = cleanup.use(await connect({ servers: server.url, waitOnFirstConnect: true, ...EAGER }));
    const causes: Cause[] = [];
    const reconnectErrCb = (_: Error, info: { cause: Cause }) => causes.push(info.cause);
    // Many, because the server does not wait for our CONNECT: what it says must be read although our write fails.
    for (let i = 0; i < 20; i++) {
      const error = await rejection(connect({ servers: server.url, ...EAGER, reconnectErrCb }));
      expect(error.code).toBe("MAX_CONNECTIONS_EXCEEDED");
    }
    for (const cause of causes) {
      expect(cause).toMatchObject({ kind: "overload", code: "MAX_CONNECTIONS_EXCEEDED" });
      expectSound(cause);
    }
    expect(nc.state).toBe("connected");
  });

  it.each<[string, string, (link: { send(...lines: string[]): void }) => void]>([
    ["a server that says nothing", "stale", () => {}],
    ["garbage", "protocol", (link) => link.send("HTTP/1.1 400 Bad Request", "", "")],
    ["a server that demands TLS", "tls", (link) => link.send(infoLine({ tls_required: true }))],
  ])("%s: %s", async (_, kind, behave) => {
    await using cleanup = new Cleanup();
    const fake = cleanup.use(await FakeServer.start(behave));
    const causes: Cause[] = [];
    const reconnectErrCb = (_: Error, info: { cause: Cause }) => causes.push(info.cause);
    await rejection(connect({ servers: fake.url, timeout: 100, ...EAGER, reconnectErrCb }));
    expect(causes[0].kind).toBe(kind);
    expectSound(causes[0]);
  });

  it("a name that does not resolve: the network", async () => {
    resolvesNothing();
    const causes: Cause[] = [];
    const reconnectErrCb = (_: Error, info: { cause: Cause }) => causes.push(info.cause);
    await rejection(connect({ servers: "no-such-host.invalid", ...EAGER, reconnectErrCb }));
    expect(causes[0].kind).toBe("network");
    expectSound(causes[0]);
  });
});
