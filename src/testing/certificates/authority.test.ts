import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/until.js";
import type { NatsServerError } from "../launcher/error.js";
import { CertificateAuthority } from "./authority.js";
import { missingPackage } from "./load.js";

const HOUR = 3_600_000;

let authority: CertificateAuthority;
let root: X509Certificate;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
  root = new X509Certificate(authority.cert);
});
afterAll(() => authority?.close());

describe("an authority", () => {
  it("is trusted by nobody but who is given its certificate", () => {
    expect(root.ca).toBe(true);
    expect(root.subject).toBe("CN=Holdfast test authority");
    expect(root.verify(root.publicKey)).toBe(true);
    expect(readFileSync(authority.certFile, "utf8")).toBe(authority.cert);
  });

  it("has the name and the time that it is given", async () => {
    const notAfter = new Date("2001-01-01");
    using other = await CertificateAuthority.create({ commonName: 'with "quotes", =, \\ and ü', notAfter });
    const { subject, validTo } = new X509Certificate(other.cert);
    expect(subject).toContain("quotes");
    expect(new Date(validTo)).toEqual(notAfter);
  });

  it("takes its files with it", async () => {
    const other = await CertificateAuthority.create();
    const { keyFile } = await other.issue();
    other.close();
    other.close();
    expect([other.certFile, keyFile, dirname(keyFile)].filter(existsSync)).toEqual([]);
    expect(await rejection(other.issue())).toMatchObject({ code: "NOT_RUNNING" });
  });
});

describe("a certificate", () => {
  it("is for a server here, by default", async () => {
    const { cert, key, certFile, keyFile } = await authority.issue();
    const certificate = new X509Certificate(cert);
    expect(certificate.checkIssued(root) && certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.subject).toBe("CN=localhost");
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkHost("elsewhere.example")).toBeUndefined();
    for (const ip of ["127.0.0.1", "::1"]) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    const now = Date.now();
    expect(new Date(certificate.validFrom).getTime()).toBeLessThan(now);
    expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(now + 24 * HOUR);
    expect([readFileSync(certFile, "utf8"), readFileSync(keyFile, "utf8")]).toEqual([cert, key]);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  it("is for the names and addresses that are given", async () => {
    const hosts = ["*.nats.example", "10.1.2.3", "fe80::1"];
    const certificate = new X509Certificate((await authority.issue({ hosts })).cert);
    expect(certificate.checkHost("a.nats.example")).toBe("*.nats.example");
    for (const ip of ["10.1.2.3", "fe80::1"]) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.checkHost("localhost")).toBeUndefined();
  });

  it("is for a client", async () => {
    const { subject, subjectAltName, keyUsage } = new X509Certificate(
      (await authority.issue({ client: true, commonName: "alice" })).cert,
    );
    expect([subject, subjectAltName, keyUsage]).toEqual(["CN=alice", undefined, ["1.3.6.1.5.5.7.3.2"]]);
  });

  it("has expired, or is not valid yet", async () => {
    const [past, future] = [new Date("2001-01-01"), new Date("2201-01-01")];
    const expired = new X509Certificate((await authority.issue({ notAfter: past })).cert);
    expect(new Date(expired.validTo)).toEqual(past);
    expect(new Date(expired.validFrom).getTime()).toBe(past.getTime() - HOUR);
    const early = new X509Certificate((await authority.issue({ notBefore: future })).cert);
    expect(new Date(early.validFrom)).toEqual(future);
    expect(new Date(early.validTo).getTime()).toBeGreaterThan(future.getTime());
  });

  it("has a key that only its passphrase opens", async () => {
    const { key, keyFile } = await authority.issue({ client: true, passphrase: "open sesame" });
    expect(key).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    expect(readFileSync(keyFile, "utf8")).toBe(key);
    expect(() => createPrivateKey({ key, passphrase: "wrong" })).toThrow();
    expect(createPrivateKey({ key, passphrase: "open sesame" }).asymmetricKeyType).toBe("ec");
  });

  it("does not overwrite another one", async () => {
    const pairs = await Promise.all([authority.issue(), authority.issue()]);
    expect(pairs[0].certFile).not.toBe(pairs[1].certFile);
    expect(new Set(pairs.map(({ cert }) => new X509Certificate(cert).serialNumber)).size).toBe(2);
  });
});

describe("what is wrong is refused by name", () => {
  const refused = (given: unknown) => rejection<NatsServerError>(authority.issue(given as object));

  it.each([
    [{ host: ["a"] }, "host", 'did you mean "hosts"?'],
    [{ hosts: "localhost" }, "hosts", "must be an array of host names and IP addresses"],
    [{ hosts: ["nats://a"] }, "hosts", "without scheme"],
    [{ hosts: ["a:4222"] }, "hosts", "and port"],
    [{ hosts: ["a.*.example"] }, "hosts", "must be an array"],
    [{ commonName: "" }, "commonName", "not empty"],
    [{ client: 1 }, "client", "must be true or false"],
    [{ passphrase: "" }, "passphrase", "not empty"],
    [{ notAfter: "2001-01-01" }, "notAfter", "must be a valid Date"],
    [{ notBefore: new Date("never") }, "notBefore", "must be a valid Date"],
    [{ notBefore: new Date(2), notAfter: new Date(1) }, "notAfter", 'later than option "notBefore"'],
    [null, "", "the options must be an object"],
  ])("%j", async (given, option, why) => {
    const error = await refused(given);
    expect(error).toMatchObject({ name: "NatsServerError", code: "INVALID_OPTION", option });
    expect(error.message).toContain(why);
  });

  it("of an authority as well", async () => {
    const error = await rejection<NatsServerError>(CertificateAuthority.create({ name: "a" } as object));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "name" });
  });
});

it("says what to install where a package is missing", () => {
  for (const code of ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]) {
    const error = missingPackage(Object.assign(new Error("Cannot find package"), { code }));
    expect(error).toMatchObject({ code: "MISSING_PACKAGE" });
    expect(String(error)).toContain("npm install --save-dev @peculiar/x509@2 reflect-metadata");
  }
  const other = new Error("something else");
  expect(missingPackage(other)).toBe(other);
});
