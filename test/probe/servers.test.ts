import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jwtAuthenticator, nkeyAuthenticator, nkeys, type ProbeStep, probe } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, FakeServer, speaksNats } from "../support/fake-server.js";
import { detail, look, way } from "./support/look.js";

const cleanup = new Cleanup();
const operator = new Operator();
const user = operator.account("A").user();
const key = nkeys.createUser();
const SEED = Buffer.from(key.getSeed()).toString();

let plain: NatsServer;
let streams: NatsServer;
let secret: NatsServer;
beforeAll(async () => {
  const config =
    'authorization { users: [{user: me, password: "s3cr/t"}, {user: poor, password: p, permissions: {publish: "a", subscribe: "b"}}] }';
  [plain, streams, secret] = await Promise.all([
    NatsServer.start({ maxPayload: 200_000 }),
    NatsServer.start({ jetstream: true, config: 'jetstream { domain: hub, store_dir: "." }' }),
    NatsServer.start({ config }),
  ]);
  for (const server of [plain, streams, secret]) cleanup.use(server);
});
afterAll(() => cleanup[Symbol.asyncDispose]());

describe("a server that is well [X2]", () => {
  it("is told with all that it says of itself", async () => {
    const report = await look(plain.url, { pings: 20 });
    expect(report).toMatchObject({
      server: plain.hostport,
      scheme: "nats",
      ok: true,
      dns: { hostname: "127.0.0.1", literal: true, addresses: [{ address: "127.0.0.1", family: 4 }] },
      tcp: { addresses: [{ address: "127.0.0.1", ok: true }], used: "127.0.0.1" },
      info: { server_name: plain.name, max_payload: 200_000, headers: true, client_ip: "127.0.0.1" },
      auth: { required: false, given: [], accepted: true },
      rtt: { sent: 20, received: 20, lost: 0 },
    });
    expect(way(report)).toBe("dns tcp info auth rtt jetstream");
    const { best, median, p99, worst, jitter } = report.rtt!;
    expect([best, median, p99, worst]).toEqual([best, median, p99, worst].sort((a, b) => a! - b!));
    expect(best).toBeGreaterThan(0);
    expect(jitter).toBeLessThanOrEqual(worst! - best!);
    expect(report.info?.server_id).toMatch(/^N[A-Z2-7]{55}$/);
    expect(report.tls).toBeUndefined();
  });

  it("is the same under a name", async () => {
    const report = await look(`localhost:${plain.port}`, { jetstream: false });
    expect(report).toMatchObject({ ok: true, server: `localhost:${plain.port}`, dns: { literal: false } });
    expect(report.dns?.addresses).toContainEqual({ address: "127.0.0.1", family: 4 });
    expect(way(report)).toBe("dns tcp info auth rtt");
  });

  it("tells of the others of its cluster", async () => {
    const cluster = cleanup.use(await NatsCluster.start({ size: 2 }));
    const report = await look(cluster.urls[0], { pings: 0, jetstream: false });
    expect(report.info?.cluster).toBe("holdfast");
    expect(report.info?.connect_urls?.toSorted()).toEqual(
      cluster.servers.map(({ hostport }) => hostport).toSorted(),
    );
    expect(detail(report, "info")).toContain("cluster holdfast");
    expect(way(report)).toBe("dns tcp info auth");
  });

  it("says when it shuts down", async () => {
    const config = 'lame_duck_grace_period: "20s", lame_duck_duration: "30s"';
    const server = cleanup.use(await NatsServer.start({ config }));
    // New connections are refused then: the probe is there when it happens, and stays for as long as it takes to hear of it.
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    proxy.addToxic({ type: "latency", stream: "both", latency: 300 });
    const onStep = ({ name }: ProbeStep) => {
      if (name === "auth") server.lameDuck();
    };
    const report = await probe(proxy.url, { timeout: 5000, onStep });
    expect(report).toMatchObject({ ok: true, info: { ldm: true } });
    const fake = cleanup.use(await FakeServer.start(speaksNats({ ldm: true })));
    expect(detail(await look(fake.url, { jetstream: false }), "info")).toContain("lame duck");
  });
});

describe("a message of a given size [X2]", () => {
  it("fits, or not", async () => {
    expect(await look(plain.url, { payload: 200_000 })).toMatchObject({
      ok: true,
      payload: { size: 200_000, maxPayload: 200_000, fits: true, published: false },
    });
    const report = await look(plain.url, { payload: 200_001, publish: true });
    expect(report).toMatchObject({
      ok: false,
      failed: "payload",
      payload: { fits: false, published: false },
      cause: { kind: "payload", code: "MAX_PAYLOAD_EXCEEDED" },
    });
    expect(way(report)).toBe("dns tcp info auth rtt -payload jetstream");
  });

  it("is really sent there and back", async () => {
    for (const payload of [0, 200_000]) {
      const report = await look(plain.url, { payload, publish: true });
      expect(report).toMatchObject({ ok: true, payload: { fits: true, published: true } });
      expect(report.payload!.ms).toBeGreaterThan(0);
    }
  });

  it("is not sent by who may not, and the rest is looked at all the same", async () => {
    const options = { user: "poor", pass: "p", payload: 10, publish: true };
    const report = await look(secret.url, options);
    expect(report).toMatchObject({
      failed: "payload",
      payload: { fits: true, published: false },
      cause: { kind: "authentication", code: "PERMISSIONS_VIOLATION" },
      jetstream: { ok: false, why: "no-permission" },
    });
    expect(way(report)).toBe("dns tcp info auth rtt -payload jetstream");
  });
});

describe("JetStream [X2]", () => {
  it("tells what the account uses and may", async () => {
    const report = await look(streams.url, { jetstream: true });
    expect(report).toMatchObject({
      ok: true,
      jetstream: {
        ok: true,
        subject: "$JS.API.INFO",
        domain: "hub",
        used: { streams: 0 },
        limits: { streams: -1 },
      },
    });
    expect(detail(report, "jetstream")).toBe("0 streams and 0 consumers in this account");
  });

  it("is found in its domain, and in no other", async () => {
    const found = await look(streams.url, { jetstream: { domain: "hub" } });
    expect(found).toMatchObject({ ok: true, jetstream: { subject: "$JS.hub.API.INFO" } });
    const none = await look(streams.url, { jetstream: { domain: "elsewhere" } });
    expect(none).toMatchObject({
      ok: false,
      failed: "jetstream",
      jetstream: { ok: false, why: "no-responders" },
      cause: {
        code: "NO_RESPONDERS",
        advice: expect.arrayContaining([expect.stringContaining("jetstream.domain")]),
      },
    });
  });

  it("may be absent, unless it is asked for", async () => {
    expect(await look(plain.url)).toMatchObject({ ok: true, jetstream: { ok: false, why: "no-responders" } });
    const report = await look(plain.url, { jetstream: true });
    expect(report).toMatchObject({ ok: false, failed: "jetstream", jetstream: { why: "no-responders" } });
  });

  it("is not enabled for every account", async () => {
    const config =
      'jetstream { store_dir: "." }, accounts { A { jetstream: enabled, users: [{user: a, password: p}] }, B { users: [{user: b, password: p}] } }';
    const server = cleanup.use(await NatsServer.start({ jetstream: true, config }));
    expect(await look(server.url, { user: "a", pass: "p", jetstream: true })).toMatchObject({ ok: true });
    const report = await look(server.url, { user: "b", pass: "p", jetstream: true });
    expect(report).toMatchObject({
      ok: false,
      jetstream: { ok: false, why: "not-enabled", error: { code: 503 } },
    });
  });
});

describe("credentials [X2]", () => {
  it("that are missing", async () => {
    const report = await look(secret.url);
    expect(report).toMatchObject({
      failed: "auth",
      auth: { required: true, given: [], accepted: false, refusal: "Authorization Violation" },
      cause: { kind: "authentication", code: "AUTHORIZATION_VIOLATION" },
    });
    expect(way(report)).toBe("dns tcp info -auth");
    expect(detail(report, "auth")).toMatch(/wants credentials, and none were given/);
  });

  it("of a URL, and of the options", async () => {
    const inUrl = secret.url.replace("//", "//me:s3cr%2Ft@");
    for (const [url, options] of [
      [inUrl, {}],
      [inUrl, { user: "me", pass: "other" }],
      [secret.url, { user: "me", pass: "s3cr/t" }],
    ] as const) {
      const report = await look(url, options, ["s3cr"]);
      expect(report).toMatchObject({
        ok: true,
        server: secret.hostport,
        auth: { given: ["user", "pass"], accepted: true },
      });
    }
    const wrong = await look(secret.url.replace("//", "//me:s3cr3t@"), {}, ["s3cr"]);
    expect(wrong).toMatchObject({
      failed: "auth",
      auth: { given: ["user", "pass"], refusal: "Authorization Violation" },
    });
    expect(detail(wrong, "auth")).toMatch(/has refused the credentials/);
  });

  it("as token, nkey and JWT", async () => {
    const [token, nkey, jwt] = await Promise.all([
      NatsServer.start({ token: "t0ken" }),
      NatsServer.start({ config: `authorization { users: [{ nkey: ${key.getPublicKey()} }] }` }),
      NatsServer.start({ config: operator.config }),
    ]);
    for (const server of [token, nkey, jwt]) cleanup.use(server);
    expect(await look(token.url, { token: "t0ken" }, ["t0ken"])).toMatchObject({
      ok: true,
      auth: { given: ["token"] },
    });
    const byNkey = { authenticator: nkeyAuthenticator(Buffer.from(SEED)) };
    expect(await look(nkey.url, byNkey, [SEED])).toMatchObject({ ok: true, auth: { given: ["nkey"] } });
    const byJwt = { authenticator: jwtAuthenticator(user.jwt, user.seed) };
    expect(await look(jwt.url, byJwt, [user.jwt])).toMatchObject({
      ok: true,
      auth: { given: expect.arrayContaining(["jwt"]) },
    });
    expect(await look(jwt.url)).toMatchObject({ failed: "auth", auth: { required: true, accepted: false } });
  });

  it("that an authenticator does not find, or not in time", async () => {
    const failing = {
      authenticator: () => {
        throw new Error("s3cret");
      },
    };
    expect(await look(secret.url, failing, ["s3cret"])).toMatchObject({
      failed: "auth",
      cause: { kind: "authentication", code: "AUTHENTICATOR_FAILED" },
    });
    const never = { authenticator: () => new Promise<never>(() => {}), timeout: 100 };
    const report = await look(secret.url, never);
    expect(report).toMatchObject({ failed: "auth", cause: { kind: "authentication", code: "TIMEOUT" } });
    expect(detail(report, "auth")).toMatch(/authenticator/);
  });
});

it("nobody listens: said so, with the address", async () => {
  const url = await deadUrl();
  const report = await look(url);
  expect(way(report)).toBe("dns -tcp");
  expect(report).toMatchObject({
    failed: "tcp",
    tcp: { addresses: [{ address: "127.0.0.1", ok: false, why: "refused", code: "ECONNREFUSED" }] },
    cause: { kind: "refused" },
  });
});
