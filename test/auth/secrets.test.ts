import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  Events,
  jwtAuthenticator,
  nkeyAuthenticator,
  nkeys,
} from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Recorder } from "../support/recorder.js";
import { expectNoSecret } from "../support/secrets.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 };
const EVERY = Object.values(Events);

describe("secrets", () => {
  const USER = "secret-user";
  const PASS = "secret-pass";
  const TOKEN = "secret-token";

  it.each<[string, NatsServerOptions, (hostport: string) => ConnectionOptions, string[]]>([
    [
      "user and password",
      { user: USER, pass: PASS },
      (hostport) => ({ servers: hostport, user: USER, pass: PASS }),
      [USER, PASS],
    ],
    [
      "user and password in the URL",
      { user: USER, pass: PASS },
      (hostport) => ({ servers: `nats://${USER}:${PASS}@${hostport}` }),
      [USER, PASS],
    ],
    ["a token", { token: TOKEN }, (hostport) => ({ servers: hostport, token: TOKEN }), [TOKEN]],
    [
      "a token in the URL",
      { token: TOKEN },
      (hostport) => ({ servers: `nats://${TOKEN}@${hostport}` }),
      [TOKEN],
    ],
  ])(
    "%s are nowhere in events, errors, health, status, and their JSON",
    async (_, serverOptions, options, secrets) => {
      await using cleanup = new Cleanup();
      const server = cleanup.use(await NatsServer.start(serverOptions));
      const nc = cleanup.use(await connect({ ...options(server.hostport), ...EAGER }));
      const recorder = new Recorder(nc, EVERY);
      const statuses: unknown[] = [];
      const reading = (async () => {
        for await (const status of nc.status()) statuses.push(status);
      })();
      await server.kill();
      await until(() => recorder.count("attemptFailed") > 1, "failed attempts");
      expectNoSecret(nc, [recorder.events, statuses], secrets);
      await server.restart();
      await until(() => recorder.count("reconnect") === 1, "the reconnect");
      const other = { user: "other", pass: "another", token: undefined, config: "" };
      await server.reload(serverOptions.token === undefined ? other : { token: "another" });
      const error = await nc.closed();
      await reading;
      expect(error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
      expectNoSecret(nc, [recorder.events, statuses, error], secrets);
      const refused = await rejection(connect({ ...options(server.hostport), ...EAGER }));
      expectNoSecret(undefined, [refused], secrets);
      await server.kill();
      const unreachable = await rejection(connect({ ...options(server.hostport), ...EAGER }));
      expectNoSecret(undefined, [unreachable], secrets);
      const options2 = { ...options(server.hostport), timeout: -1 };
      expectNoSecret(undefined, [await rejection(connect(options2))], secrets);
    },
  );

  const operator = new Operator();
  const account = operator.account("A");
  const text = (seed: Uint8Array): string => Buffer.from(seed).toString();

  it.each<[string, () => { config: () => string; options: ConnectionOptions; secrets: string[] }]>([
    [
      "a JWT and its seed",
      () => {
        const { jwt, seed } = account.user();
        const secrets = [jwt, jwt.slice(60, 100), text(seed)];
        return {
          config: () => operator.config,
          options: { authenticator: jwtAuthenticator(jwt, seed) },
          secrets,
        };
      },
    ],
    [
      "a creds file's text",
      () => {
        const { jwt, seed, creds } = account.user();
        const options = { authenticator: credsAuthenticator(Buffer.from(creds)) };
        return { config: () => operator.config, options, secrets: [jwt, text(seed)] };
      },
    ],
    [
      "an nkey's seed",
      () => {
        const key = nkeys.createUser();
        const config = `authorization { users: [{ nkey: ${key.getPublicKey()} }] }`;
        const options = { authenticator: nkeyAuthenticator(key.getSeed()) };
        return { config: () => config, options, secrets: [text(key.getSeed())] };
      },
    ],
  ])("%s are nowhere either, also when they are refused", async (_, make) => {
    await using cleanup = new Cleanup();
    const { config, options, secrets } = make();
    const server = cleanup.use(await NatsServer.start({ config: config() }));
    const told: unknown[] = [];
    const tell = (...args: unknown[]) => {
      // The connection itself comes last: it knows its credentials, and shows them to nobody.
      told.push(args.slice(0, -1), inspect(args.at(-1), { depth: 12 }), JSON.stringify(args.at(-1)));
    };
    const callbacks = { reconnectErrCb: tell, disconnectedCb: tell, asyncErrorCb: tell, closedCb: tell };
    const nc = cleanup.use(await connect({ servers: server.url, ...options, ...EAGER, ...callbacks }));
    const recorder = new Recorder(nc, EVERY);
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const stranger = cleanup.use(await NatsServer.start({ user: "me", pass: "p" }));
    nc.setServers([stranger.url]);
    await nc.reconnect();
    await until(() => recorder.count("error") > 1, "refusals");
    expect(told.length).toBeGreaterThan(1);
    expectNoSecret(nc, [recorder.events, told, nc.lastError], secrets);
    const refused = await rejection(connect({ servers: stranger.url, ...options, ...EAGER }));
    expectNoSecret(undefined, [refused], secrets);
  });

  it("what an authenticator says when it fails stays with its error, which is the cause", async () => {
    await using server = await NatsServer.start();
    const failing = () => {
      throw new Error(`cannot log in with ${PASS}`);
    };
    const authenticator = [() => ({ user: USER, pass: PASS }), failing, failing];
    const error = await rejection(connect({ servers: server.url, authenticator }));
    expect(error.code).toBe("AUTHENTICATOR_FAILED");
    expectNoSecret(undefined, [error.message, error.stack, JSON.stringify(error)], [PASS]);
  });

  it("an address that cannot be parsed is not told with its password", async () => {
    for (const servers of [
      `nats://${USER}:${PASS}@host:port`,
      `nats://${USER}:${PASS}@`,
      `htp://${USER}:${PASS}@h`,
    ]) {
      const error = await rejection(connect({ servers }));
      expect(error.code).toBe("INVALID_OPTION");
      expectNoSecret(undefined, [error], [PASS]);
    }
  });
});
