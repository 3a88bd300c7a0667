import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbeOptions } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { detail, look, way } from "./support/look.js";

const DAY = 86_400_000;
const cleanup = new Cleanup();
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let server: NatsServer;
let verifying: NatsServer;
let first: NatsServer;
let plain: NatsServer;

const start = async (options: NatsServerOptions) => cleanup.use(await NatsServer.start(options));

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  stranger = await CertificateAuthority.create();
  [server, verifying, first, plain] = await Promise.all([
    start({ tls: { authority } }),
    start({ tls: { authority, verify: true }, websocket: { tls: true } }),
    start({ tls: { authority, handshakeFirst: true } }),
    start({}),
  ]);
});
afterAll(async () => {
  await cleanup[Symbol.asyncDispose]();
  authority.close();
  stranger.close();
});

const trusting = (tls: NonNullable<ProbeOptions["tls"]> = {}): ProbeOptions => ({
  tls: { ca: authority.cert, ...tls },
  jetstream: false,
});

/** A server whose certificate was issued so. */
async function withCertificate(order: {
  hosts?: string[];
  notBefore?: Date;
  notAfter?: Date;
}): Promise<NatsServer> {
  const { certFile, keyFile } = await authority.issue(order);
  return start({ tls: { certFile, keyFile } });
}

describe("TLS that stands [X2]", () => {
  it("is told with its certificates, that of the authority too", async () => {
    const report = await look(server.url, trusting());
    expect(way(report)).toBe("dns tcp info tls auth rtt");
    expect(report.tls).toMatchObject({
      first: false,
      ok: true,
      authorized: true,
      name: "127.0.0.1",
      protocol: "TLSv1.3",
      clientCertificate: false,
      chain: [
        { subject: "CN=localhost", issuer: "CN=Holdfast test authority", selfSigned: false },
        { subject: "CN=Holdfast test authority", selfSigned: true, names: [] },
      ],
    });
    expect(report.tls?.chain[0].names).toEqual(expect.arrayContaining(["localhost", "127.0.0.1"]));
    expect(report.tls?.daysToExpiry).toBeGreaterThan(3600);
    expect(report.tls?.cipher).toMatch(/AES|CHACHA/);
  });

  it("says how many days a certificate has left", async () => {
    const notAfter = new Date(Date.now() + 7.5 * DAY);
    const { url } = await withCertificate({ notAfter });
    const report = await look(url, trusting());
    expect(report.tls).toMatchObject({ ok: true, daysToExpiry: 7, chain: [{ days: 7 }, {}] });
    expect(Math.abs(report.tls!.chain[0].validTo - notAfter.getTime())).toBeLessThan(1000);
    expect(detail(report, "tls")).toContain("7 days left");
  });

  it("comes before INFO where that is so, and with wss://", async () => {
    const report = await look(first.url, trusting({ handshakeFirst: true }));
    expect(way(report)).toBe("dns tcp tls info auth rtt");
    expect(report.tls).toMatchObject({ first: true, ok: true, clientCertificate: false });
    const client = await authority.issue({ client: true });
    const wss = await look(verifying.wsUrl!, trusting({ cert: client.cert, key: client.key }));
    expect(way(wss)).toBe("dns tcp tls info auth rtt");
    expect(wss).toMatchObject({ ok: true, scheme: "wss", tls: { first: true, ok: true, authorized: true } });
  });

  it("goes by the name that the cluster is known under", async () => {
    const { url } = await withCertificate({ hosts: ["nats.example"] });
    const report = await look(url, { ...trusting(), tlsName: "nats.example" });
    expect(report).toMatchObject({ ok: true, tls: { name: "nats.example", authorized: true } });
  });
});

describe("a certificate that is not accepted is told all the same [X2]", () => {
  it.each<[string, string, () => Promise<[NatsServer, ProbeOptions]>]>([
    [
      "expired",
      "CERT_HAS_EXPIRED",
      async () => [await withCertificate({ notAfter: new Date("2001-01-01") }), trusting()],
    ],
    [
      "not-yet-valid",
      "CERT_NOT_YET_VALID",
      async () => [await withCertificate({ notBefore: new Date(Date.now() + DAY) }), trusting()],
    ],
    [
      "wrong-name",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      async () => [await withCertificate({ hosts: ["other.example"] }), trusting()],
    ],
    [
      "unknown-authority",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      async () => [server, { tls: { ca: stranger.cert } }],
    ],
    ["unknown-authority", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", async () => [server, {}]],
  ])("%s (%s)", async (why, code, given) => {
    const [{ url }, options] = await given();
    const report = await look(url, { ...options, user: "me", pass: "s3cret" }, ["s3cret"]);
    expect(way(report)).toBe("dns tcp info -tls");
    expect(report).toMatchObject({
      failed: "tls",
      tls: { ok: false, authorized: false, why, code, protocol: "TLSv1.3" },
      cause: { kind: "tls", code: "TLS_FAILED" },
    });
    expect(report.tls?.chain[0].issuer).toBe("CN=Holdfast test authority");
  });

  it("and is accepted where the options say so, and said not to verify", async () => {
    const { url } = await withCertificate({ notAfter: new Date("2001-01-01") });
    const report = await look(url, trusting({ rejectUnauthorized: false }));
    expect(report).toMatchObject({
      ok: true,
      tls: { ok: true, authorized: false, why: "expired", code: "CERT_HAS_EXPIRED" },
    });
    expect(detail(report, "tls")).toMatch(/expired \d+ days ago; it does not verify \(CERT_HAS_EXPIRED\)/);
  });
});

describe("TLS that does not come about [X2]", () => {
  it("because the server wants a certificate of ours", async () => {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const report = await look(verifying.url, trusting({ maxVersion }));
      expect(report).toMatchObject({
        ok: false,
        tls: { ok: false, why: "client-certificate", clientCertificate: true },
        cause: { kind: "tls", code: "TLS_FAILED" },
      });
    }
    const other = await stranger.issue({ client: true });
    const report = await look(verifying.url, trusting({ cert: other.cert, key: other.key }));
    expect(report).toMatchObject({ ok: false, tls: { ok: false, why: "client-certificate" } });
  });

  it("because there is none where the options want it", async () => {
    const wanted = await look(plain.url, { tls: {} });
    expect(way(wanted)).toBe("dns tcp info -tls");
    expect(wanted).toMatchObject({
      tls: { ok: false, why: "no-tls", chain: [] },
      cause: { code: "TLS_UNAVAILABLE" },
    });
    const scheme = await look(plain.url.replace("nats:", "tls:"));
    expect(scheme).toMatchObject({ failed: "tls", cause: { code: "TLS_UNAVAILABLE" } });
    const before = await look(plain.url, trusting({ handshakeFirst: true }));
    expect(way(before)).toBe("dns tcp -tls");
    expect(before).toMatchObject({
      tls: { first: true, why: "no-tls", code: "ERR_SSL_WRONG_VERSION_NUMBER" },
    });
  });

  it("because the options do without, and the server does not", async () => {
    const report = await look(server.url, { tls: null });
    expect(way(report)).toBe("dns tcp info -tls");
    expect(report).toMatchObject({ failed: "tls", cause: { kind: "tls", code: "TLS_REQUIRED" } });
  });

  it("because it has to come first: named, with the option", async () => {
    const report = await look(first.url, { timeout: 500 });
    expect(way(report)).toBe("dns tcp -info");
    expect(report.cause).toMatchObject({ kind: "tls", code: "TLS_REQUIRED" });
    expect(report.cause!.advice[0]).toContain("handshakeFirst: true");
  });
});
