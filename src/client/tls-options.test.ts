import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { CertificateAuthority, type IssuedCertificate } from "../testing/certificates/authority.js";
import { toTls } from "./tls-options.js";

let authority: CertificateAuthority;
let pair: IssuedCertificate;
let other: IssuedCertificate;
let locked: IssuedCertificate;
let folder: string;

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  pair = await authority.issue({ client: true });
  other = await authority.issue({ client: true });
  locked = await authority.issue({ client: true, passphrase: "open sesame" });
  folder = mkdtempSync(join(tmpdir(), "holdfast-tls-options-"));
});
afterAll(() => {
  authority.close();
  rmSync(folder, { recursive: true });
});

function refusal(given: unknown): CodedError {
  try {
    toTls(given);
  } catch (error) {
    return error as CodedError;
  }
  throw new Error("it was accepted");
}

describe("option tls", () => {
  it("that is absent takes what is offered, that is null refuses, that is an object requires", () => {
    expect(toTls(undefined).policy).toEqual({ wish: "offered", first: false });
    expect(toTls(null).policy).toEqual({ wish: "refused", first: false });
    expect(toTls({}).policy).toEqual({ wish: "required", first: false });
    expect(toTls({ handshakeFirst: true }).policy).toEqual({ wish: "required", first: true });
    expect(toTls(undefined).read()).toEqual({});
    expect(toTls({}).read()).toEqual({});
  });

  it("gives Node what it needs, from texts, bytes and files", () => {
    const { cert, key, certFile, keyFile } = pair;
    const expected = { ca: [Buffer.from(authority.cert)], cert: Buffer.from(cert), key: Buffer.from(key) };
    const { certFile: caFile } = authority;
    expect(toTls({ ca: authority.cert, cert, key }).read()).toEqual(expected);
    expect(toTls({ ca: [Buffer.from(authority.cert)], cert: Buffer.from(cert), key }).read()).toEqual(
      expected,
    );
    expect(toTls({ caFile, certFile, keyFile, handshakeFirst: true }).read()).toEqual(expected);
    const more = { rejectUnauthorized: false, servername: "a", minVersion: "TLSv1.3", ciphers: "HIGH" };
    expect(toTls(more).read()).toEqual(more);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("ha");
      },
      /has failed: ha/,
    ],
    ["rejects", () => Promise.reject(new Error("ha")), /returned a promise/],
    ["returns a text", () => "no", /must return an Error/],
  ])("has a judge of certificates that %s: TLS fails by it, and nothing else", (_what, judge, why) => {
    const read = toTls({ checkServerIdentity: judge }).read();
    expect(read.checkServerIdentity?.("h", {} as never)).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringMatching(why),
      detail: { option: "tls.checkServerIdentity" },
    });
  });

  it("has a judge of certificates whose verdict counts", () => {
    const refusal = new Error("not him");
    const judged = (verdict: unknown) =>
      toTls({ checkServerIdentity: () => verdict })
        .read()
        .checkServerIdentity?.("h", {} as never);
    expect(judged(undefined)).toBeUndefined();
    expect(judged(refusal)).toBe(refusal);
  });

  it("reads its files anew each time", () => {
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, authority.cert);
    const tls = toTls({ caFile });
    writeFileSync(caFile, pair.cert);
    expect(tls.read().ca).toEqual([Buffer.from(pair.cert)]);
    rmSync(caFile);
    expect(() => tls.read()).toThrow(caFile);
  });

  it.each([
    ["tls.handshakFirst", { handshakFirst: true }, /did you mean "tls.handshakeFirst"/],
    ["tls.ca", { ca: 5 }, /PEM/],
    ["tls.ca", { ca: [] }, /PEM/],
    ["tls.ca", { ca: "" }, /PEM/],
    ["tls.ca", { ca: "SECRET" }, /no certificate/],
    ["tls.caFile", { caFile: "" }, /path/],
    ["tls.caFile", { caFile: "/nowhere/ca.pem" }, /\/nowhere\/ca\.pem/],
    ["tls.caFile", { caFile: "/" }, /\/ \(EISDIR\)/],
    ["tls.keyFile", { keyFile: "-----BEGIN PRIVATE KEY-----\nSECRET" }, /what stands in one/],
    ["tls.minVersion", { minVersion: "TLSv2" }, /TLSv1\.3/],
    ["tls.minVersion", { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, /tls\.maxVersion/],
    ["tls.ciphers", { ciphers: "nonsense" }, /no cipher match/],
    ["tls.rejectUnauthorized", { rejectUnauthorized: "no" }, /true or false/],
    ["tls.checkServerIdentity", { checkServerIdentity: true }, /function/],
    ["tls", true, /object/],
    ["tls", "yes", /object/],
    ["tls", [], /object/],
  ])("is refused with the name %s: %o [parity 149]", (option, given, why) => {
    const error = refusal(given);
    expect(error).toMatchObject({ code: "INVALID_OPTION", detail: { option } });
    expect(error.message).toContain(`"${option}"`);
    expect(error.message).toMatch(why);
    expect(error.message).not.toContain("SECRET");
  });

  it("that contradicts itself is refused", () => {
    const { cert, key, certFile, keyFile } = pair;
    for (const [option, given] of [
      ["tls.ca", { ca: authority.cert, caFile: authority.certFile }],
      ["tls.cert", { cert, certFile, key }],
      ["tls.key", { cert, key, keyFile }],
      ["tls.cert", { cert }],
      ["tls.certFile", { certFile }],
      ["tls.key", { key }],
      ["tls.keyFile", { keyFile }],
      ["tls.passphrase", { passphrase: "x" }],
    ] as const) {
      expect(refusal(given)).toMatchObject({ code: "INVALID_OPTION", detail: { option } });
    }
  });

  it("with a certificate and a key that do not belong together, or cannot be read, is refused", () => {
    const { cert, key } = pair;
    expect(refusal({ cert, key: other.key }).message).toMatch(/"tls.key" is not the key .* "tls.cert"/);
    expect(refusal({ cert: key, key }).message).toMatch(/"tls.cert" has no certificate/);
    expect(refusal({ cert, key: cert }).message).toMatch(/"tls.key" has no private key/);
    expect(refusal({ cert: locked.cert, key: locked.key }).message).toMatch(/encrypted .*"tls.passphrase"/);
    const wrong = refusal({ certFile: locked.certFile, keyFile: locked.keyFile, passphrase: "SECRET" });
    expect(wrong.message).toContain(locked.keyFile);
    expect(wrong.message).not.toContain("SECRET");
    expect(toTls({ cert: locked.cert, key: locked.key, passphrase: "open sesame" }).policy.wish).toBe(
      "required",
    );
  });
});
