import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionOptions, connect, type TlsOptions } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, until } from "../support/until.js";

const cleanup = new Cleanup();
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let plain: NatsServer;
let upgrading: NatsServer;
let optional: NatsServer;
let first: NatsServer;
let verifying: NatsServer;
let expired: NatsServer;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  stranger = await CertificateAuthority.create();
  const old = await authority.issue({ notBefore: new Date("2000-01-01"), notAfter: new Date("2001-01-01") });
  const { certFile, keyFile } = old;
  const start = async (options: object) => cleanup.use(await NatsServer.start(options));
  [plain, upgrading, optional, first, verifying, expired] = await Promise.all([
    start({}),
    start({ tls: { authority } }),
    start({ tls: { authority, required: false } }),
    start({ tls: { authority, handshakeFirst: true } }),
    start({ tls: { authority, verify: true } }),
    start({ tls: { certFile, keyFile } }),
  ]);
});
afterAll(async () => {
  await cleanup[Symbol.asyncDispose]();
  authority.close();
  stranger.close();
});

/** Connects, sends a message round, and tells whether the link is encrypted as the server sees it. */
async function works(options: ConnectionOptions): Promise<boolean> {
  await using nc = await connect({ timeout: 10_000, ...options });
  const answer = new Promise<string>((resolve) => {
    nc.subscribe("echo", { callback: (_error, msg) => resolve(msg.string()) });
  });
  nc.publish("echo", "x".repeat(100_000));
  expect(await answer).toHaveLength(100_000);
  return nc.info?.tls_required === true || nc.info?.tls_available === true;
}

const refused = (options: ConnectionOptions) =>
  rejection<Error & { code: string; option?: string }>(connect({ timeout: 10_000, ...options }));

describe("TLS", () => {
  it("follows the server's wish, and verifies its certificate for a host name [parity 148, 158]", async () => {
    const caFile = authority.certFile;
    expect(await works({ servers: upgrading.url, tls: { caFile } })).toBe(true);
    expect(await works({ servers: `localhost:${upgrading.port}`, tls: { caFile } })).toBe(true);
    expect(await works({ servers: `tls://localhost:${upgrading.port}`, tls: { caFile } })).toBe(true);
  });

  it.each([
    ["text", () => readFileSync(authority.certFile, "utf8")],
    ["bytes", () => readFileSync(authority.certFile)],
    ["a list", () => [stranger.cert, authority.cert]],
    ["one file with several", () => `${stranger.cert}\n${authority.cert}`],
  ])("takes authorities as %s [parity 158]", async (_form, ca) => {
    expect(await works({ servers: upgrading.url, tls: { ca: ca() } })).toBe(true);
  });

  it("is verified whatever the scheme is, unless it is switched off [parity 150]", async () => {
    expect(await refused({ servers: upgrading.url })).toMatchObject({ code: "TLS_FAILED" });
    expect(await refused({ servers: upgrading.url, tls: {} })).toMatchObject({ code: "TLS_FAILED" });
    expect(await works({ servers: upgrading.url, tls: { rejectUnauthorized: false } })).toBe(true);
  });

  it("that is offered and not required is taken, unless `tls` is null", async () => {
    const tls = { caFile: authority.certFile };
    expect(await works({ servers: optional.url, tls })).toBe(true);
    expect(await refused({ servers: optional.url })).toMatchObject({ code: "TLS_FAILED" });
    await works({ servers: optional.url, tls: null });
  });

  it("that is required is refused when `tls` is null, before anything is said", async () => {
    const error = await refused({ servers: `me:secret@127.0.0.1:${upgrading.port}`, tls: null });
    expect(error).toMatchObject({ code: "TLS_REQUIRED", option: "tls" });
    expect(error.message).not.toContain("secret");
  });

  it.each([
    ["option `tls`", () => ({ servers: plain.url, tls: {} })],
    ["the scheme tls://", () => ({ servers: `tls://127.0.0.1:${plain.port}` })],
  ])("that %s wants is not left out where the server has none [parity 148, 149]", async (_who, options) => {
    expect(await refused(options())).toMatchObject({ code: "TLS_UNAVAILABLE" });
  });

  it("comes before INFO where the server has handshake_first [parity 153]", async () => {
    const tls = { caFile: authority.certFile, handshakeFirst: true };
    expect(await works({ servers: first.url, tls })).toBe(true);
    const classic = await refused({ servers: upgrading.url, tls });
    expect(classic).toMatchObject({ code: "TLS_FAILED" });
    expect(classic.message).toContain("handshakeFirst");
    // The other way round the server waits for TLS, and gives up.
    const waited = await refused({ servers: first.url, tls: { caFile: authority.certFile }, timeout: 400 });
    expect(waited).toMatchObject({ code: "TIMEOUT" });
  });

  it("with a client certificate, from files and from memory [parity 151, 158]", async () => {
    const ca = authority.cert;
    const { cert, key, certFile, keyFile } = await authority.issue({ client: true });
    const locked = await authority.issue({ client: true, passphrase: "open sesame" });
    for (const tls of [
      { ca, cert, key },
      { ca, certFile, keyFile },
      { ca, certFile: locked.certFile, keyFile: locked.keyFile, passphrase: "open sesame" },
    ] satisfies TlsOptions[]) {
      expect(await works({ servers: verifying.url, tls })).toBe(true);
    }
  });

  it("without the client certificate that is wanted, or with one of a stranger, is told as TLS's failure [parity 151, 154]", async () => {
    const ca = authority.cert;
    const { cert, key } = await stranger.issue({ client: true });
    for (const tls of [{ ca }, { ca, cert, key }] satisfies TlsOptions[]) {
      const error = await refused({ servers: verifying.url, tls });
      expect(error).toMatchObject({ code: "TLS_FAILED" });
      expect(error.message).not.toContain("PRIVATE");
    }
  });

  it.each([
    ["of another authority", () => ({ servers: upgrading.url, tls: { ca: stranger.cert } }), /authority/],
    ["that has expired", () => ({ servers: expired.url, tls: { ca: authority.cert } }), /expired/],
    [
      "for another name",
      () => ({ servers: upgrading.url, tls: { ca: authority.cert, servername: "other.example" } }),
      /altnames.*other\.example/,
    ],
  ])("of a server with a certificate %s fails, and says so [parity 158]", async (_what, options, text) => {
    const error = await refused(options());
    expect(error).toMatchObject({ code: "TLS_FAILED" });
    expect(error.message).toMatch(text);
  });

  it("leaves no socket behind when it fails", async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => /TCP|TLS/.test(kind)).length;
    const before = sockets();
    for (let i = 0; i < 5; i++) await refused({ servers: upgrading.url });
    await until(() => sockets() <= before, "the end of all sockets");
  });
});

describe("a server without room", () => {
  it("says so in plain text before TLS, and is believed", async () => {
    await using server = await NatsServer.start({ tls: { authority }, config: "max_connections: 1" });
    const tls = { ca: authority.cert };
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const patient = { waitOnFirstConnect: true, reconnectTimeWait: 5, reconnectJitterTLS: 0 };
    await using _nc = await connect({ servers: server.url, tls, ...patient });
    const error = await refused({ servers: server.url, tls });
    // Its word comes behind INFO; read apart from it, it is taken for a TLS record that makes no sense.
    expect(["MAX_CONNECTIONS_EXCEEDED", "TLS_FAILED"]).toContain(error.code);
  });
});
