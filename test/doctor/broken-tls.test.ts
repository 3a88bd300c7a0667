import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { examine } from "./support/examine.js";

const DAY = 86_400_000;
const cleanup = new Cleanup();
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let server: NatsServer;
const start = async (options: NatsServerOptions) => cleanup.use(await NatsServer.start(options));
const issued = async (order: { hosts?: string[]; notBefore?: Date; notAfter?: Date }) => {
  const { certFile, keyFile } = await authority.issue(order);
  return start({ tls: { certFile, keyFile } });
};
beforeAll(async () => {
  [authority, stranger] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create()]);
  server = await start({ tls: { authority } });
});
afterAll(async () => {
  await cleanup[Symbol.asyncDispose]();
  authority.close();
  stranger.close();
});
const trusting = () => ({ connection: { tls: { ca: authority.cert } } });

describe("the first line says what is wrong: TLS [X2]", () => {
  it("the certificate has expired, or will soon", async () => {
    const old = await issued({
      notBefore: new Date(Date.now() - 20 * DAY),
      notAfter: new Date(Date.now() - 3 * DAY),
    });
    const expired = await examine(old.url, trusting());
    expect(expired.summary).toBe(`broken: ${old.hostport}: its certificate has expired 3 days ago`);
    const soon = await issued({ notAfter: new Date(Date.now() + 5.5 * DAY) });
    const ending = await examine(soon.url, trusting());
    expect(ending.summary).toBe(`warnings: the certificate of ${soon.hostport} expires in 5 days`);
    const later = await issued({ notAfter: new Date(Date.now() + 25.5 * DAY) });
    expect((await examine(later.url, trusting())).findings).toContainEqual(
      expect.objectContaining({ rule: "certificate-expires", level: "hint" }),
    );
  });

  it("the authority ends before its certificate does", async () => {
    using ending = await CertificateAuthority.create({ notAfter: new Date(Date.now() + 5.5 * DAY) });
    const { certFile, keyFile } = await ending.issue({ notAfter: new Date(Date.now() + 300 * DAY) });
    const soon = await start({ tls: { certFile, keyFile } });
    const report = await examine(soon.url, { connection: { tls: { ca: ending.cert } } });
    expect(report.summary).toBe(
      `warnings: CN=Holdfast test authority, the authority of the certificate of ${soon.hostport}, expires in 5 days`,
    );
    expect(report.findings[0].advice[0]).toMatch(/^give clients the new authority before that day/);
  });

  it("the certificate is for another name", async () => {
    const other = await issued({ hosts: ["other.example"] });
    const report = await examine(other.url, trusting());
    expect(report.summary).toBe(
      `broken: ${other.hostport}: its certificate is for other.example, not for 127.0.0.1`,
    );
  });

  it("the authority is not known", async () => {
    const report = await examine(server.url, { connection: { tls: { ca: stranger.cert } } });
    expect(report.summary).toBe(
      `broken: ${server.hostport}: its certificate is of an authority that is not trusted here (CN=Holdfast test authority)`,
    );
  });

  it("plain text to a server that wants TLS", async () => {
    const report = await examine(server.url, { connection: { tls: null } });
    expect(report.summary).toBe(`broken: ${server.hostport}: it wants TLS, and option "tls" is null`);
    const first = await start({ tls: { authority, handshakeFirst: true } });
    const waiting = await examine(first.url, { timeout: 800 });
    expect(waiting.summary).toMatch(/: it begins with TLS, before any INFO/);
  });

  it("TLS to a server that has none", async () => {
    const plain = await start({});
    const report = await examine(`tls://${plain.hostport}`);
    expect(report.summary).toBe(`broken: ${plain.hostport}: it does not offer TLS, which is asked for`);
  });

  it("a certificate of this client is missing", async () => {
    const verifying = await start({ tls: { authority, verify: true } });
    const report = await examine(verifying.url, trusting());
    expect(report.summary).toBe(
      `broken: ${verifying.hostport}: it wants a certificate of this client that it can verify`,
    );
  });
});
