import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { connect, nkeys, optionsFromEnv } from "../src/index.js";
import { Operator } from "../src/testing/auth/operator.js";
import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";
import { rejection } from "./support/until.js";

const folder = mkdtempSync(join(tmpdir(), "holdfast-env-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the server, and takes a message there and back with what the environment says. */
async function roundTrip(server: NatsServer, env: Record<string, string>): Promise<void> {
  await using nc = await connect(optionsFromEnv({ NATS_SERVERS: server.url, ...env }));
  nc.subscribe("ask", { callback: (_, msg) => msg.respond("answer") });
  expect((await nc.request("ask")).string()).toBe("answer");
}

describe("connect(optionsFromEnv()) [R8]", () => {
  it("reaches the first server that is there, with a name that monitoring shows", async () => {
    await using server = await NatsServer.start({ monitor: true });
    const env = { NATS_SERVERS: `127.0.0.1:1, ${server.url}`, NATS_NAME: "orders" };
    await using nc = await connect({ ...optionsFromEnv(env), noRandomize: true });
    expect(nc.getServer()).toBe(server.hostport);
    const connz = await fetch(`http://127.0.0.1:${server.monitorPort}/connz`);
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const ours = expect.objectContaining({ name: "orders" });
    expect(await connz.json()).toMatchObject({ connections: expect.arrayContaining([ours]) });
  });

  it("presents a token, a user with a password, an NKey, a creds file", async () => {
    await using withToken = await NatsServer.start({ token: "t0ken" });
    await roundTrip(withToken, { NATS_TOKEN: "t0ken" });
    expect((await rejection(roundTrip(withToken, {}))).code).toBe("AUTHORIZATION_VIOLATION");

    await using withUser = await NatsServer.start({ user: "me", pass: "secret" });
    await roundTrip(withUser, { NATS_USER: "me", NATS_PASS: "secret" });

    const user = nkeys.createUser();
    const seed = Buffer.from(user.getSeed()).toString();
    const nkeyFile = join(folder, "user.nk");
    writeFileSync(nkeyFile, seed);
    const config = `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`;
    await using withNkey = await NatsServer.start({ config });
    await roundTrip(withNkey, { NATS_NKEY: seed });
    await roundTrip(withNkey, { NATS_NKEY: nkeyFile });

    const operator = new Operator();
    const { creds } = operator.account("A").user();
    const credsFile = join(folder, "user.creds");
    writeFileSync(credsFile, creds);
    await using withJwt = await NatsServer.start({ config: operator.config });
    await roundTrip(withJwt, { NATS_CREDS: credsFile });
  });

  it("trusts NATS_CA alone, and shows NATS_CERT", async () => {
    using authority = await CertificateAuthority.create();
    using stranger = await CertificateAuthority.create();
    const mine = await authority.issue({ hosts: ["me"], client: true });
    await using server = await NatsServer.start({ tls: { authority, verify: true } });
    const certificate = { NATS_CERT: mine.certFile, NATS_KEY: mine.keyFile };
    await roundTrip(server, { NATS_CA: authority.certFile, ...certificate });
    const error = await rejection(roundTrip(server, { NATS_CA: stranger.certFile, ...certificate }));
    expect(error.code).toBe("TLS_FAILED");
  });
});

describe("secrets from files [R8]", () => {
  it("that were replaced hold from the next attempt on: a server that has a new token", async () => {
    const path = join(folder, "token");
    writeFileSync(path, "first\n");
    await using server = await NatsServer.start({ token: "first" });
    const env = { NATS_SERVERS: server.url, NATS_TOKEN_FILE: path, NATS_RECONNECT_TIME_WAIT: "5ms" };
    await using nc = await connect(optionsFromEnv(env));
    const reconnected = new Promise((resolve) => nc.once("reconnect", resolve));
    writeFileSync(path, "second\n");
    await server.reload({ token: "second" });
    await reconnected;
    expect(nc.state).toBe("connected");
  });

  it("user and password, and what is wrong with them later is told by each attempt", async () => {
    const [user, pass] = ["user", "pass"].map((name) => join(folder, name));
    writeFileSync(user, "me");
    writeFileSync(pass, "secret");
    await using server = await NatsServer.start({ user: "me", pass: "secret" });
    const env = { NATS_USER_FILE: user, NATS_PASS_FILE: pass, NATS_RECONNECT_TIME_WAIT: "5ms" };
    await roundTrip(server, env);
    await using nc = await connect(optionsFromEnv({ NATS_SERVERS: server.url, ...env }));
    const failed = new Promise<Error>((resolve) =>
      nc.on("attemptFailed", (error) => {
        if (error.message.includes("NATS_PASS_FILE")) resolve(error);
      }),
    );
    const reconnected = new Promise((resolve) => nc.once("reconnect", resolve));
    writeFileSync(pass, "");
    await server.kill();
    await server.restart();
    const error = await failed;
    expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED" });
    expect(error.message).toContain(`environment variable NATS_PASS_FILE: file ${pass} is empty`);
    writeFileSync(pass, "secret");
    await reconnected;
  });
});
