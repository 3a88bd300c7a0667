import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import type { TestServerOptions } from "../../src/testing/embedded/options.js";
import { startServer } from "../../src/testing/embedded/start-server.js";
import type { TestServer } from "../../src/testing/embedded/test-server.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { randomScript } from "./random-script.js";
import {
  PLAIN,
  WITH_ALLOWS,
  WITH_DENIES,
  WITH_LIMITS,
  WITH_TOKEN,
  WITH_USER,
  WITHOUT_HEADERS,
} from "./scripts.js";
import { play, type Step, sortedFrames, untilClosed } from "./transcript.js";

const RANDOM_SCRIPTS = 300;

interface Configuration {
  readonly scripts: Readonly<Record<string, readonly Step[]>>;
  readonly test: TestServerOptions;
  readonly real: NatsServerOptions;
}

const CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  "with its defaults": { scripts: PLAIN, test: {}, real: {} },
  "with a user": { scripts: WITH_USER, test: { user: "u", pass: "p" }, real: { user: "u", pass: "p" } },
  "with a token": { scripts: WITH_TOKEN, test: { token: "t" }, real: { token: "t" } },
  "with limits": {
    scripts: WITH_LIMITS,
    test: { maxPayload: 100, maxControlLine: 64, maxSubscriptions: 2 },
    real: { maxPayload: 100, config: "max_control_line: 64\nmax_subscriptions: 2" },
  },
  "with denied subjects": {
    scripts: WITH_DENIES,
    test: {
      user: "u",
      pass: "p",
      permissions: { publish: { deny: ["x.>"] }, subscribe: { deny: ["y.*", "z"] } },
    },
    real: { config: users('publish: {deny: ["x.>"]}, subscribe: {deny: ["y.*", "z"]}') },
  },
  "with allowed subjects": {
    scripts: WITH_ALLOWS,
    test: {
      user: "u",
      pass: "p",
      permissions: {
        publish: { allow: ["a.*", "b"] },
        subscribe: { allow: ["a.>", "c.*"], deny: ["a.secret"] },
      },
    },
    real: {
      config: users('publish: {allow: ["a.*", "b"]}, subscribe: {allow: ["a.>", "c.*"], deny: ["a.secret"]}'),
    },
  },
  "without headers": {
    scripts: WITHOUT_HEADERS,
    test: { headers: false },
    real: { config: "no_header_support: true" },
  },
};

function users(permissions: string): string {
  return `authorization { users: [{ user: u, password: p, permissions: { ${permissions} } }] }`;
}

/** What a server does by itself when time passes. */
const TIMES: Readonly<Record<string, { test: TestServerOptions; real: string; says: string }>> = {
  "cuts off a client that does not answer": {
    test: { pingInterval: 100, pingMax: 2 },
    real: 'ping_interval: "100ms"\nping_max: 2',
    says: 'CONNECT {"verbose":false}\r\n',
  },
  "cuts off a client that does not even connect": {
    test: { pingInterval: 100, pingMax: 1 },
    real: 'ping_interval: "100ms"\nping_max: 1',
    says: "",
  },
  "wants to know in time who it is": {
    test: { token: "t", authTimeout: 100 },
    real: "authorization { token: t, timeout: 0.1 }",
    says: "",
  },
};

describe("a test server says what nats-server says", () => {
  for (const [name, { scripts, test, real }] of Object.entries(CONFIGURATIONS)) {
    describe(name, () => {
      let ours: TestServer;
      let theirs: NatsServer;
      beforeAll(async () => {
        [ours, theirs] = await Promise.all([startServer(test), NatsServer.start(real)]);
      });
      afterAll(() => Promise.all([ours?.close(), theirs?.close()]));

      it.each(Object.entries(scripts))("%s", async (_, script) => {
        const [said, expected] = await Promise.all([play(ours, script), play(theirs, script)]);
        expect(said).toEqual(expected);
      });
    });
  }

  it.each(Object.entries(TIMES))("and %s", async (_, { test, real, says }) => {
    await using ours = await startServer(test);
    await using theirs = await NatsServer.start({ config: real });
    const [said, expected] = await Promise.all([untilClosed(ours, says), untilClosed(theirs, says)]);
    expect(said).toBe(expected);
  });

  it("and takes no more connections than it may", async () => {
    await using ours = await startServer({ maxConnections: 1 });
    await using theirs = await NatsServer.start({ config: "max_connections: 1" });
    // The look whether it is ready may still have its place at the real server.
    const patient = { waitOnFirstConnect: true, reconnectTimeWait: 10 };
    const first = await Promise.all([ours, theirs].map(({ url }) => connect({ servers: url, ...patient })));
    const [said, expected] = await Promise.all([untilClosed(ours, ""), untilClosed(theirs, "")]);
    expect(said).toBe(expected);
    await Promise.all(first.map((nc) => nc.flush()));
    await Promise.all(first.map((nc) => nc.close()));
  });

  it(`and to ${RANDOM_SCRIPTS} clients that say anything`, async () => {
    const limits = { maxPayload: 200, maxControlLine: 128, maxSubscriptions: 5 };
    await using ours = await startServer(limits);
    await using theirs = await NatsServer.start({
      maxPayload: 200,
      config: "max_control_line: 128\nmax_subscriptions: 5",
    });
    for (let seed = 1; seed <= RANDOM_SCRIPTS; seed++) {
      const script: readonly Step[] = [["a", randomScript(seed)]];
      const [said, expected] = await Promise.all([play(ours, script), play(theirs, script)]);
      expect(sortedFrames(said.a), `seed ${seed}: ${script[0][1]}`).toEqual(sortedFrames(expected.a));
    }
  });
});
