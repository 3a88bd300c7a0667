import { createPrivateKey, webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { NatsServerError } from "../launcher/error.js";
import { makeDir, removeDir } from "../launcher/reaper.js";
import { loadX509, type X509 } from "./load.js";
import {
  type CertificateAuthorityOptions,
  checkAuthorityOptions,
  checkIssueOptions,
  type IssueOptions,
} from "./options.js";

export type { CertificateAuthorityOptions, IssueOptions, Validity } from "./options.js";

/** A certificate and its private key: as PEM texts, and as files. */
export interface IssuedCertificate {
  /** The certificate, PEM. */
  readonly cert: string;
  /** The private key, PEM (PKCS #8). */
  readonly key: string;
  /** Where the certificate lies, until the authority is closed. */
  readonly certFile: string;
  /** Where the key lies, readable by this user alone, until the authority is closed. */
  readonly keyFile: string;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };

/**
 * An authority of its own for the certificates of test servers and clients. Its files are in a temporary folder, which goes
 * with it, at the latest with this process. Nothing is installed into the system: who is to trust it must be given
 * {@link certFile}.
 *
 * Needs the packages `@peculiar/x509` 2 and `reflect-metadata`.
 *
 * ```ts
 * using authority = await CertificateAuthority.create();
 * await using server = await NatsServer.start({ tls: { authority } });
 * const expired = await authority.issue({ notAfter: new Date("2001-01-01") });
 * ```
 */
export class CertificateAuthority implements Disposable {
  /** The authority's own certificate, PEM. */
  readonly cert: string;
  /** Where that certificate lies: what clients take as `caFile`. */
  readonly certFile: string;
  readonly #x509: X509;
  readonly #key: webcrypto.CryptoKey;
  readonly #root: InstanceType<X509["X509Certificate"]>;
  readonly #dir: string;
  #issued = 0;
  #closed = false;

  private constructor(
    x509: X509,
    key: webcrypto.CryptoKey,
    root: InstanceType<X509["X509Certificate"]>,
    dir: string,
  ) {
    this.#x509 = x509;
    this.#key = key;
    this.#root = root;
    this.#dir = dir;
    this.cert = pem(root);
    this.certFile = join(dir, "ca.pem");
    writeFileSync(this.certFile, this.cert);
  }

  /**
   * Makes an authority with a new key (ECDSA P-256). Rejects with a `NatsServerError`: `INVALID_OPTION`, or
   * `MISSING_PACKAGE` where a package that it needs is not installed.
   */
  static async create(given: CertificateAuthorityOptions = {}): Promise<CertificateAuthority> {
    const { commonName, notBefore, notAfter } = checkAuthorityOptions(given);
    const x509 = await loadX509();
    const keys = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [commonName] }],
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(x509, keys.privateKey, root, makeDir("certificates"));
  }

  /**
   * Issues a certificate with a new key: for a server, unless `client` is set. Rejects with a `NatsServerError`:
   * `INVALID_OPTION`, or `NOT_RUNNING` when it was closed.
   */
  async issue(given: IssueOptions = {}): Promise<IssuedCertificate> {
    const { hosts, commonName, client, passphrase, notBefore, notAfter } = checkIssueOptions(given);
    const x509 = this.#x509;
    const { privateKey, publicKey } = await webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
    const usage = client ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
    const extensions: InstanceType<X509["Extension"]>[] = [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(this.#root),
    ];
    const names = hosts.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }));
    if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
    const certificate = await x509.X509CertificateGenerator.create({
      subject: [{ CN: [commonName] }],
      issuer: this.#root.subjectName,
      notBefore,
      notAfter,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: SIGNATURE,
      extensions,
    });
    return this.#write(pem(certificate), await keyText(privateKey, passphrase));
  }

  /** Removes its files; from then on it issues nothing. Idempotent. What it has issued stays valid, as texts. */
  close(): void {
    this.#closed = true;
    removeDir(this.#dir);
  }

  /** {@link close}, for `using` and `await using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #write(cert: string, key: string): IssuedCertificate {
    if (this.#closed) throw new NatsServerError("NOT_RUNNING", "the certificate authority was closed");
    const name = join(this.#dir, String(++this.#issued));
    const [certFile, keyFile] = [`${name}-cert.pem`, `${name}-key.pem`];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    return { cert, key, certFile, keyFile };
  }
}

const pem = (certificate: InstanceType<X509["X509Certificate"]>): string =>
  `${certificate.toString("pem").trimEnd()}\n`;

async function keyText(key: webcrypto.CryptoKey, passphrase: string | undefined): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const readable = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return readable.export({ type: "pkcs8", format: "pem", ...encryption }) as string;
}
