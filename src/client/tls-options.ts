import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type ConnectionOptions as NodeTlsOptions, type SecureVersion } from "node:tls";
import type { TlsPolicy } from "../core/tls-policy.js";
import { CodedError, describeCause } from "../errors.js";
import { dismissPromise } from "./handled.js";
import { type Check, callable, flag, readOptions, text } from "./option-checks.js";
import { optionError } from "./option-error.js";
import { isContents } from "./path-text.js";
import { readSmallFile } from "./small-file.js";

/** PEM text, or its bytes. */
export type Pem = string | Uint8Array;

/**
 * How links are encrypted, as in nats.js. Files are read anew at every attempt, so that certificates can be replaced while the
 * connection stands; they are checked in `connect()`.
 */
export interface TlsOptions {
  /** TLS comes before the server's INFO: for servers with `handshake_first`. Default false. */
  handshakeFirst?: boolean;
  /** Certificates of the authorities that are trusted, instead of those that Node knows. */
  ca?: Pem | Pem[];
  /** File with these. */
  caFile?: string;
  /** Certificate of this client, with its chain. Needs `key` or `keyFile`. */
  cert?: Pem;
  /** Path of a PEM file with the certificate of this client and its chain. Needs `key` or `keyFile`. */
  certFile?: string;
  /** Private key of this client. */
  key?: Pem;
  /** Path of a PEM file with the private key of this client. */
  keyFile?: string;
  /** Opens an encrypted private key. */
  passphrase?: string;
  /** Refuse servers whose certificate does not verify. Default true. */
  rejectUnauthorized?: boolean;
  /** Name that the server's certificate must have, instead of the one in its URL. */
  servername?: string;
  /**
   * Judges a certificate that verifies, as in `tls.connect()` of Node. It sees each: with it no TLS session is resumed, since the
   * server shows no certificate then.
   */
  checkServerIdentity?: NodeTlsOptions["checkServerIdentity"];
  /** Lowest TLS version, such as `TLSv1.3`. Default: Node's. */
  minVersion?: SecureVersion;
  /** Highest TLS version. Default: Node's. */
  maxVersion?: SecureVersion;
  /** Ciphers, in OpenSSL's words. Default: Node's. */
  ciphers?: string;
}

const pem: Check = (value) =>
  (typeof value === "string" || value instanceof Uint8Array) && value.length > 0
    ? undefined
    : "must be PEM text or its bytes";
const file: Check = (value) => {
  if (typeof value !== "string" || value.length === 0) return "must be the path of a file";
  return isContents(value) ? "must be the path of a file, and this is what stands in one" : undefined;
};
const version: Check = (value) =>
  ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"].includes(value as string)
    ? undefined
    : 'must be "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3"';

const CHECKS: Record<keyof TlsOptions, Check> = {
  handshakeFirst: flag,
  ca: (value) => {
    const list = Array.isArray(value) ? value : [value];
    return list.length > 0 && list.every((entry) => pem(entry) === undefined)
      ? undefined
      : "must be PEM text or its bytes, or an array of these";
  },
  caFile: file,
  cert: pem,
  certFile: file,
  key: pem,
  keyFile: file,
  passphrase: text,
  rejectUnauthorized: flag,
  servername: text,
  checkServerIdentity: callable,
  minVersion: version,
  maxVersion: version,
  ciphers: text,
};

/** Option `tls`, checked. */
export interface TlsSettings {
  readonly policy: TlsPolicy;
  /**
   * What `tls.connect()` of Node needs; reads the files.
   *
   * @throws CodedError `INVALID_OPTION` with the option and the file, never with what is in it
   */
  read(): NodeTlsOptions;
}

const OFFERED: TlsSettings = { policy: { wish: "offered", first: false }, read: () => ({}) };
const REFUSED: TlsSettings = { policy: { wish: "refused", first: false }, read: () => ({}) };

/**
 * Checks option `tls` and what it refers to.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option, and of the file
 */
export function toTls(given: unknown): TlsSettings {
  if (given === undefined) return OFFERED;
  if (given === null) return REFUSED;
  const options: TlsOptions = readOptions(given, { checks: CHECKS, refuse: optionError, prefix: "tls." });
  checkContradictions(options);
  const read = () => material(options);
  checkContext(read());
  return { policy: { wish: "required", first: options.handshakeFirst ?? false }, read };
}

function checkContradictions(options: TlsOptions): void {
  for (const name of ["ca", "cert", "key"] as const) {
    if (options[name] !== undefined && options[`${name}File`] !== undefined) {
      throw optionError(`tls.${name}`, `and option "tls.${name}File" exclude each other`);
    }
  }
  const cert = options.cert ?? options.certFile;
  const key = options.key ?? options.keyFile;
  const name = (kind: "cert" | "key") => `tls.${options[kind] === undefined ? `${kind}File` : kind}`;
  if (cert !== undefined && key === undefined)
    throw optionError(name("cert"), 'needs option "tls.key" or "tls.keyFile"');
  if (key !== undefined && cert === undefined)
    throw optionError(name("key"), 'needs option "tls.cert" or "tls.certFile"');
  if (options.passphrase !== undefined && key === undefined) {
    throw optionError("tls.passphrase", 'needs option "tls.key" or "tls.keyFile"');
  }
}

/** What Node itself refuses, such as ciphers that it does not know. */
function checkContext(options: NodeTlsOptions): void {
  const { minVersion, maxVersion } = options;
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    throw optionError("tls.minVersion", 'must not be above option "tls.maxVersion"');
  }
  try {
    createSecureContext(options);
  } catch (cause) {
    const { reason } = cause as { reason?: string };
    throw optionError(
      options.ciphers === undefined ? "tls" : "tls.ciphers",
      `is refused: ${reason ?? describeCause(cause)}`,
      cause,
    );
  }
}

/** A piece of PEM and where it is from, for errors. */
interface Source {
  readonly option: string;
  readonly where: string;
  readonly pem: Pem;
}

function material(options: TlsOptions): NodeTlsOptions {
  const { handshakeFirst, caFile, certFile, keyFile, ca, cert, key, checkServerIdentity, ...rest } = options;
  const certificate = source("cert", cert, certFile);
  const privateKey = source("key", key, keyFile);
  const authorities = (Array.isArray(ca) ? ca : [ca])
    .map((entry) => source("ca", entry, caFile))
    .filter((entry) => entry !== undefined);
  for (const authority of authorities) checkCertificate(authority);
  if (certificate !== undefined && privateKey !== undefined)
    checkPair(certificate, privateKey, options.passphrase);
  return {
    ...rest,
    ...(checkServerIdentity === undefined ? {} : { checkServerIdentity: guarded(checkServerIdentity) }),
    ...(authorities.length === 0 ? {} : { ca: authorities.map((authority) => bytes(authority.pem)) }),
    ...(certificate === undefined ? {} : { cert: bytes(certificate.pem) }),
    ...(privateKey === undefined ? {} : { key: bytes(privateKey.pem) }),
  };
}

type Judge = NonNullable<TlsOptions["checkServerIdentity"]>;

/** Node calls it in the middle of a handshake, where an exception would end the process, and a promise would be taken for a refusal. */
function guarded(judge: Judge): Judge {
  const option = "tls.checkServerIdentity";
  const failed = (why: string, cause?: unknown) =>
    new CodedError("TLS_FAILED", `option "${option}" ${why}`, { option, cause });
  return (host, certificate) => {
    let verdict: unknown;
    try {
      verdict = judge(host, certificate);
    } catch (cause) {
      return failed(`has failed: ${describeCause(cause)}`, cause);
    }
    if (verdict === undefined || verdict instanceof Error) return verdict;
    if (dismissPromise(verdict)) return failed("returned a promise: it must judge at once");
    return failed("must return an Error, or nothing");
  };
}

function source(
  kind: "ca" | "cert" | "key",
  pem: Pem | undefined,
  path: string | undefined,
): Source | undefined {
  if (pem !== undefined) return { option: `tls.${kind}`, where: "", pem };
  if (path === undefined) return undefined;
  const option = `tls.${kind}File`;
  try {
    return { option, where: ` (${path})`, pem: readSmallFile(path) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === "EFBIG"
        ? `names a file that is larger than 1 MiB: ${path}`
        : `names a file that cannot be read: ${path} (${code ?? describeCause(cause)})`;
    throw optionError(option, why, cause);
  }
}

function bytes(pem: Pem): Buffer {
  return Buffer.from(pem as Uint8Array);
}

function checkCertificate({ option, where, pem }: Source): X509Certificate {
  try {
    return new X509Certificate(bytes(pem));
  } catch (cause) {
    throw optionError(option, `has no certificate in PEM that can be read${where}`, cause);
  }
}

function checkPair(
  certificate: Source,
  { option, where, pem }: Source,
  passphrase: string | undefined,
): void {
  const checked = checkCertificate(certificate);
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey({ key: bytes(pem), passphrase });
  } catch (cause) {
    // Whether PEM is encrypted is said in it, in plain text (RFC 1421, RFC 5958).
    const why =
      passphrase === undefined && bytes(pem).includes("ENCRYPTED")
        ? `is an encrypted key${where}: it needs option "tls.passphrase"`
        : `has no private key in PEM that can be read${where}; is "tls.passphrase" right, if it is encrypted?`;
    throw optionError(option, why, cause);
  }
  if (!checked.checkPrivateKey(key)) {
    throw optionError(option, `is not the key of the certificate in option "${certificate.option}"${where}`);
  }
}
