import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AnyAuthenticator,
  type Connection,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  credsFileAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  nkeys,
} from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsServer } from "../../src/testing/server.js";
import { cutLinks } from "../support/inside.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };
const SEED = Buffer.from(nkeys.createUser().getSeed()).toString();

const dir = mkdtempSync(join(tmpdir(), "holdfast-nkeys-"));
const operator = new Operator();
const account = operator.account("A");
const user = account.user();
const key = nkeys.createUser();

let nkeyServer: NatsServer;
let jwtServer: NatsServer;
beforeAll(async () => {
  const config = `authorization { users: [{ nkey: ${key.getPublicKey()} }] }`;
  [nkeyServer, jwtServer] = await Promise.all([
    NatsServer.start({ config }),
    NatsServer.start({ config: operator.config }),
  ]);
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await Promise.all([nkeyServer.close(), jwtServer.close()]);
});

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};

/** Connects, sends a message to itself, and does it again after a reconnect, and after a move. */
async function works(server: NatsServer, authenticator: AnyAuthenticator): Promise<void> {
  await using nc = await connect({ servers: server.url, authenticator, moveSettle: 1, ...EAGER });
  const recorder = new Recorder(nc);
  const got: string[] = [];
  nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
  await nc.publishConfirmed("a", "1");
  cutLinks(nc);
  await until(() => recorder.count("reconnect") === 1, "the reconnect");
  await nc.publishConfirmed("a", "2");
  await nc.reconnect();
  await until(() => recorder.count("move") === 1, "the move");
  await nc.publishConfirmed("a", "3");
  await until(() => got.length === 3, "all messages");
}

const refused = (server: NatsServer, authenticator: ConnectionOptions["authenticator"]) =>
  rejection<Error & { code: string; option?: string }>(connect({ servers: server.url, authenticator }));

describe("an nkey", () => {
  it("signs the server's nonce, at the first connect and at each reconnect [parity 145, 147]", async () => {
    await works(nkeyServer, nkeyAuthenticator(key.getSeed()));
    await works(nkeyServer, async (nonce) => nkeyAuthenticator(key.getSeed())(nonce));
  });

  it("that the server does not know is refused [parity 145]", async () => {
    const stranger = nkeyAuthenticator(nkeys.createUser().getSeed());
    expect(await refused(nkeyServer, stranger)).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it.each<[string, AnyAuthenticator]>([
    [
      "a wrong signature",
      () => ({ nkey: key.getPublicKey(), sig: nkeys.encode(key.sign(Buffer.from("x"))) }),
    ],
    ["a signature that is none", () => ({ nkey: key.getPublicKey(), sig: "!!" })],
    ["no signature", () => ({ nkey: key.getPublicKey(), sig: "" })],
  ])("with %s is refused [parity 145]", async (_, authenticator) => {
    expect(await refused(nkeyServer, authenticator)).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it.each([
    ["no seed", "no seed at all"],
    ["cut off", SEED.slice(0, 30)],
    ["mistyped", SEED.slice(0, 20) + (SEED[20] === "A" ? "B" : "A") + SEED.slice(21)],
    ["an account's", nkeys.createAccount().getPublicKey()],
  ])("whose seed is %s: connect() rejects, and names the option alone [parity 146]", async (_, seed) => {
    const error = await refused(nkeyServer, nkeyAuthenticator(Buffer.from(seed)));
    expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED", option: "authenticator" });
    expect(`${error.message} ${error.stack} ${error.cause}`).not.toContain(seed);
  });

  it("in a file is read at every attempt; a bad one is told, and tried again until it is right [parity 146]", async () => {
    const path = file("user.nk", key.getSeed());
    const authenticator = nkeyAuthenticator(() => readFileSync(path));
    await using nc = await connect({ servers: nkeyServer.url, authenticator, ...EAGER });
    const recorder = new Recorder(nc);
    file("user.nk", "garbage");
    await nc.reconnect();
    await until(() => recorder.count("error") > 2, "failures");
    for (const [error] of recorder.of("error")) expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED" });
    file("user.nk", nkeys.createUser().getSeed());
    await until(() => lastError(nc) === "AUTHORIZATION_VIOLATION", "a refusal");
    file("user.nk", key.getSeed());
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
  });
});

const lastError = (nc: Connection) => (nc.lastError as { code?: string } | undefined)?.code;

describe("a user's JWT", () => {
  it.each<[string, () => AnyAuthenticator]>([
    ["JWT and seed", () => jwtAuthenticator(user.jwt, user.seed)],
    [
      "functions that find them",
      () =>
        jwtAuthenticator(
          () => user.jwt,
          () => user.seed,
        ),
    ],
    ["the bytes of a creds file", () => credsAuthenticator(Buffer.from(user.creds))],
    ["a function that finds them", () => credsAuthenticator(() => Buffer.from(user.creds))],
    ["the path of a creds file", () => credsFileAuthenticator(file("user.creds", user.creds))],
    [
      "a creds file from Windows",
      () => credsFileAuthenticator(file("crlf.creds", user.creds.replaceAll("\n", "\r\n"))),
    ],
    ["a promise", () => (nonce) => Promise.resolve(jwtAuthenticator(user.jwt, user.seed)(nonce))],
    [
      "an own authenticator",
      () => (nonce) => ({
        jwt: user.jwt,
        sig: nkeys.encode(nkeys.fromSeed(user.seed).sign(Buffer.from(nonce!))),
      }),
    ],
  ])("given as %s works, also after a reconnect [parity 142, 143, 147]", async (_, authenticator) => {
    await works(jwtServer, authenticator());
  });

  it.each<[string, AnyAuthenticator]>([
    ["without a signature", jwtAuthenticator(user.jwt)],
    ["signed by someone else", jwtAuthenticator(user.jwt, account.user().seed)],
    ["cut off", jwtAuthenticator(user.jwt.slice(0, -8), user.seed)],
    [
      "of an operator that is not trusted",
      credsAuthenticator(Buffer.from(new Operator().account("A").user().creds)),
    ],
    ["that has expired", credsAuthenticator(Buffer.from(account.user({ expiresIn: -5000 }).creds))],
  ])("%s is refused [parity 142]", async (_, authenticator) => {
    const error = await refused(jwtServer, authenticator);
    expect(error).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it("has its permissions", async () => {
    const limited = account.user({ permissions: { publish: { deny: ["secret"] } } });
    const authenticator = jwtAuthenticator(limited.jwt, limited.seed);
    await using nc = await connect({ servers: jwtServer.url, authenticator });
    await nc.publishConfirmed("open");
    expect((await rejection(nc.publishConfirmed("secret"))).code).toBe("PERMISSIONS_VIOLATION");
  });

  it("has JetStream when its account has it", async () => {
    const other = new Operator();
    const streams = other.account("streams", { jetstream: true });
    const plain = other.account("plain");
    await using server = await NatsServer.start({ jetstream: true, config: other.config });
    const asked = async (creds: string) => {
      const authenticator = credsAuthenticator(Buffer.from(creds));
      await using nc = await connect({ servers: server.url, authenticator });
      return (await nc.request("$JS.API.INFO")).json<{ error?: { description: string } }>();
    };
    expect(await asked(streams.user().creds)).toMatchObject({ limits: { max_streams: -1 } });
    expect((await asked(plain.user().creds)).error?.description).toContain("not enabled for account");
  });

  it.each(["", "no creds", user.jwt])(
    "in creds that do not parse: connect() rejects, and names the option alone [parity 143]",
    async (creds) => {
      const error = await refused(jwtServer, [credsAuthenticator(Buffer.from(creds))]);
      expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED", option: "authenticator[0]" });
      if (creds !== "") expect(`${error.message} ${error.stack} ${error.cause}`).not.toContain(creds);
    },
  );
});

describe("several authenticators", () => {
  it("are all asked: each server takes what it needs [parity 147]", async () => {
    await using tokenServer = await NatsServer.start({ token: "t0ken" });
    await using userServer = await NatsServer.start({ user: "me", pass: "secret" });
    const authenticator: AnyAuthenticator[] = [
      () => ({ user: "me", pass: "secret" }),
      async () => ({ auth_token: "t0ken" }),
      credsFileAuthenticator(file("several.creds", user.creds)),
    ];
    for (const server of [tokenServer, userServer, jwtServer]) {
      await using nc = await connect({ servers: server.url, authenticator });
      await nc.publishConfirmed("a");
    }
    // Both would sign: the later one does.
    const both = [...authenticator, nkeyAuthenticator(key.getSeed())];
    await using nc = await connect({ servers: nkeyServer.url, authenticator: both });
    expect(nc.state).toBe("connected");
  });

  it("of which more than one fails: all are named", async () => {
    const missing = join(dir, "missing.nk");
    const authenticator = [
      nkeyAuthenticator(() => readFileSync(missing)),
      () => ({ user: "me", pass: "secret" }),
      credsAuthenticator(() => Buffer.from("no creds")),
    ];
    const error = await refused(jwtServer, authenticator);
    expect(error.message).toBe(
      `option "authenticator[0]" has failed: ${missing} cannot be read (ENOENT); option "authenticator[2]" has failed: its credentials are no JWT with a seed, as nsc writes them`,
    );
    expect(error.cause).toBeInstanceOf(AggregateError);
  });
});
