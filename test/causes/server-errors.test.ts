import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { findServerError, SERVER_ERRORS } from "../../src/core/server-errors.js";
import { connect, type HoldfastError, jwtAuthenticator } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, until } from "../support/until.js";

/** A client that says what no client of ours would, and keeps what it hears. */
class Rude {
  heard = "";
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = dial({ host: "127.0.0.1", port });
    this.socket.on("data", (data) => {
      this.heard += data.toString("latin1");
    });
    this.socket.on("error", () => {});
  }

  /** Behind the server's INFO. */
  async say(...lines: string[]): Promise<this> {
    await until(
      () => /^INFO .*\r\n/.test(this.heard),
      () => `INFO; there is ${this.heard}`,
    );
    for (const line of lines) this.socket.write(`${line}\r\n`);
    return this;
  }

  /** The first -ERR that it hears. */
  async error(): Promise<string> {
    const found = () => /-ERR '(.*)'\r\n/.exec(this.heard)?.[1];
    await until(
      () => found() !== undefined,
      () => `an -ERR; there is ${this.heard}`,
    );
    return found()!;
  }

  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this.socket, "close");
    this.socket.destroy();
    await closed;
  }
}

const CONNECT = 'CONNECT {"verbose":false}';
const connectWith = (fields: object) =>
  `CONNECT ${JSON.stringify({ verbose: false, lang: "node", ...fields })}`;

interface Provoked {
  readonly server?: NatsServerOptions;
  /** Where it is said; default the port for clients. */
  readonly port?: (server: NatsServer) => number;
  readonly lines?: readonly string[];
  /** So many clients say it; one of them is refused. */
  readonly clients?: number;
}

/** What brings a server to say each text. */
const PROVOKED: Record<string, Provoked> = {
  "authorization violation": {
    server: { user: "me", pass: "right" },
    lines: [connectWith({ user: "me", pass: "wrong" })],
  },
  "authentication timeout": { server: { config: "authorization { user: me, password: pw, timeout: 0.1 }" } },
  "maximum connections exceeded": { server: { config: "max_connections: 1" }, lines: [CONNECT], clients: 3 },
  "maximum account active connections exceeded": {
    server: {
      config: `accounts { A { users: [{ user: me, password: pw }], limits { max_connections: 1 } } }`,
    },
    lines: [connectWith({ user: "me", pass: "pw" }), "PING"],
    clients: 3,
  },
  "maximum subscriptions exceeded": {
    server: { config: "max_subscriptions: 1" },
    lines: [CONNECT, "SUB a 1", "SUB b 2", "SUB c 3"],
  },
  "permissions violation": {
    server: {
      config: 'authorization { users: [{ user: me, password: pw, permissions: { publish: "ok" } }] }',
    },
    lines: [connectWith({ user: "me", pass: "pw" }), "PUB no 0", ""],
  },
  "invalid subject": { lines: [CONNECT, "SUB a..b 1"] },
  "invalid publish subject": { lines: [connectWith({ pedantic: true }), "PUB a..b 0", ""] },
  "stale connection": { server: { config: 'ping_interval: "50ms", ping_max: 1' }, lines: [CONNECT] },
  "maximum payload": {
    server: { config: "max_payload: 100" },
    lines: [CONNECT, "PUB a 200", "x".repeat(200)],
  },
  "maximum control line": { lines: [CONNECT, `PUB ${"a".repeat(5000)} 0`, ""] },
  "unknown protocol operation": { lines: [CONNECT, "WHAT is this"] },
  "invalid client protocol": { lines: [connectWith({ protocol: 7 })] },
  "no responders requires headers": { lines: [connectWith({ no_responders: true, headers: false })] },
  "attempted to connect to": {
    server: { cluster: { name: "c" } },
    port: ({ clusterPort }) => clusterPort!,
    lines: [connectWith({})],
  },
};

/** Provoked by tests of their own, below or in another file, because they need more than lines. */
const ELSEWHERE: Record<string, string> = {
  "user authentication expired": "below",
  "user authentication revoked": "below",
  "account authentication expired": "below",
  "connection throttling is active": "below",
};

/** Not to be had of a server of today. */
const NEVER: Record<string, string> = {
  "authorization timeout": "what servers before 2.2 say; later ones say Authentication Timeout",
  "failed account registration":
    "needs an account that fails between the check of the credentials and its use",
  "slow consumer": "2.10 to 2.15 close without a word (see slow-consumer.test.ts)",
  "parser error": "2.15 says Unknown Protocol Operation instead; the text is not in it",
  "secure connection - tls required": "2.15 throws it away with what it has not flushed when TLS times out",
};

describe("the -ERR texts of a real server", () => {
  it("are each provoked here, elsewhere, or cannot be", () => {
    const all = [PROVOKED, ELSEWHERE, NEVER].flatMap((rows) => Object.keys(rows));
    expect(all.toSorted()).toEqual(SERVER_ERRORS.map(({ prefix }) => prefix).toSorted());
  });

  it.each(Object.entries(PROVOKED))(
    "%s is found by its own row",
    async (prefix, { server: options = {}, port = ({ port }) => port, lines = [], clients = 1 }) => {
      await using cleanup = new Cleanup();
      const server = cleanup.use(await NatsServer.start(options));
      const rude = Array.from({ length: clients }, () => cleanup.use(new Rude(port(server))));
      for (const one of rude) void one.say(...lines).catch(() => {});
      const text = await Promise.any(rude.map((one) => one.error()));
      expect(findServerError(text)).toMatchObject({ prefix });
    },
  );

  it("the port that servers have for each other is told as what it is, with the advice to take another", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ cluster: { name: "c" } }));
    const error = await rejection<HoldfastError>(
      connect({ servers: `127.0.0.1:${server.clusterPort}`, ignoreClusterUpdates: true }),
    );
    expect(error.why).toMatchObject({ kind: "protocol", docs: "docs/causes/protocol.md" });
    expect(error.why?.advice[0]).toMatch(/^use the port for clients/);
  });

  it("connection throttling is active: more than so many a second with TLS", async () => {
    await using cleanup = new Cleanup();
    const authority = await CertificateAuthority.create();
    cleanup.use({ close: async () => authority.close() });
    const { certFile, keyFile } = await authority.issue({ hosts: ["127.0.0.1"] });
    const config = `tls { cert_file: "${certFile}", key_file: "${keyFile}", connection_rate_limit: 1 }`;
    const server = cleanup.use(await NatsServer.start({ config }));
    const rude = Array.from({ length: 5 }, () => cleanup.use(new Rude(server.port)));
    const text = await Promise.any(rude.map((one) => one.error()));
    expect(findServerError(text)).toMatchObject({ prefix: "connection throttling is active" });
  });
});

describe("credentials that end while a link stands", () => {
  const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100, ignoreAuthErrorAbort: false };

  it("a user's JWT, an account's JWT, a user that is revoked: each by its own words", async () => {
    await using cleanup = new Cleanup();
    const operator = new Operator();
    const brief = operator.account("BRIEF");
    const account = operator.account("A");
    const [staying, inBrief] = [account.user(), brief.user()];
    const server = cleanup.use(await NatsServer.start({ config: operator.config }));
    const told: Record<string, string[]> = {};
    // What expires is made when it is needed: a server, or a connection, may take long on a busy machine.
    const users = {
      staying: () => staying,
      inBrief: () => inBrief,
      expiring: () => account.user({ expiresIn: 3000 }),
    };
    for (const [name, made] of Object.entries(users)) {
      const user = made();
      const nc = cleanup.use(
        await connect({
          servers: server.url,
          authenticator: jwtAuthenticator(user.jwt, user.seed),
          ...EAGER,
        }),
      );
      const texts: string[] = [];
      told[name] = texts;
      nc.on("disconnect", (_error, { cause }) =>
        texts.push(`${cause.kind} ${cause.code} ${cause.evidence[0]}`),
      );
    }
    brief.renew(1000);
    await server.reload({ config: operator.config });
    await until(() => told.expiring.length > 0 && told.inBrief.length > 0, "the expiries");
    expect(told.expiring[0]).toMatch(
      /^authentication AUTHENTICATION_EXPIRED .*'User Authentication Expired'$/,
    );
    expect(told.inBrief[0]).toMatch(
      /^authentication AUTHENTICATION_EXPIRED .*'Account Authentication Expired'$/,
    );
    account.revoke(staying);
    await server.reload({ config: operator.config });
    await until(() => told.staying.length > 0, "the revocation");
    expect(told.staying[0]).toMatch(
      /^authentication AUTHENTICATION_REVOKED .*'User Authentication Revoked'$/,
    );
  });
});
