import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CodedError } from "../../errors.js";
import type { ProbeCertificate, ProbeTls, ProbeTlsFailure } from "./report.js";
import { harmless } from "./texts.js";

const DAY = 86_400_000;
/** Most certificates of a chain, and most names of one, that are told. */
const MAX_CHAIN = 10;
const MAX_NAMES = 100;

/** What a handshake has shown, whether it is accepted or not. */
export type ShownTls = Pick<ProbeTls, "protocol" | "cipher" | "chain" | "daysToExpiry">;

/**
 * What is known of a handshake that is over.
 *
 * @param now ms since the epoch
 */
export function shownTls(socket: TLSSocket, now: number): ShownTls {
  const chain = chainOf(socket, now);
  const days = chain.map((certificate) => certificate.days);
  return {
    protocol: socket.getProtocol() ?? undefined,
    cipher: socket.getCipher()?.name,
    chain,
    ...(days.length === 0 ? {} : { daysToExpiry: Math.min(...days) }),
  };
}

function chainOf(socket: TLSSocket, now: number): ProbeCertificate[] {
  const chain: ProbeCertificate[] = [];
  const seen = new Set<string>();
  let shown: Shown | undefined = socket.getPeerCertificate(true) as Shown | undefined;
  // The issuer of what was issued by itself is itself.
  while (shown?.raw !== undefined && chain.length < MAX_CHAIN && !seen.has(shown.fingerprint256)) {
    seen.add(shown.fingerprint256);
    const certificate = described(shown.raw, now);
    if (certificate !== undefined) chain.push(certificate);
    shown = shown.issuerCertificate;
  }
  return chain;
}

interface Shown {
  readonly raw?: Buffer;
  readonly fingerprint256: string;
  readonly issuerCertificate?: Shown;
}

function described(raw: Buffer, now: number): ProbeCertificate | undefined {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(raw);
  } catch {
    return undefined;
  }
  const validTo = Date.parse(x509.validTo);
  return {
    subject: inOneLine(x509.subject),
    issuer: inOneLine(x509.issuer),
    names: namesOf(x509.subjectAltName),
    validFrom: Date.parse(x509.validFrom),
    validTo,
    days: Math.floor((validTo - now) / DAY),
    selfSigned: x509.subject === x509.issuer && x509.verify(x509.publicKey),
    fingerprint: x509.fingerprint256,
  };
}

/** Node gives a line for each part of a name. */
function inOneLine(name: string | undefined): string {
  return harmless((name ?? "").split("\n").join(", "));
}

/** `DNS:a.example, IP Address:127.0.0.1` as a list. */
function namesOf(text: string | undefined): string[] {
  if (text === undefined) return [];
  return text
    .split(", ")
    .slice(0, MAX_NAMES)
    .map((entry) => harmless(entry.replace(/^(?:DNS|IP Address):/, ""), 256));
}

/** What Node and OpenSSL call it, and what it is. */
const FAILURES: readonly (readonly [RegExp, ProbeTlsFailure])[] = [
  [/^CERT_HAS_EXPIRED$/, "expired"],
  [/^CERT_NOT_YET_VALID$/, "not-yet-valid"],
  [/^(?:ERR_TLS_CERT_ALTNAME_INVALID|ERR_TLS_CERT_ALTNAME_FORMAT|HOSTNAME_MISMATCH)$/, "wrong-name"],
  [/^DEPTH_ZERO_SELF_SIGNED_CERT$/, "self-signed"],
  [/^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_UNTRUSTED|INVALID_CA)$/, "unknown-authority"],
  [/^(?:CERT_REVOKED|CRL_.*)$/, "revoked"],
  // The alerts with which a server refuses what we have shown it, or that it was nothing.
  [/CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE|ALERT_UNKNOWN_CA/, "client-certificate"],
  [/WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, "no-tls"],
];

/** Why TLS does not stand, in the words of the report. */
export function tlsFailure(error: CodedError): { why: ProbeTlsFailure; code?: string } {
  if (error.code === "TIMEOUT") return { why: "timeout" };
  if (error.code === "TLS_UNAVAILABLE") return { why: "no-tls" };
  const { code, message = "" } = (error.detail.cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof code !== "string") return { why: "other" };
  // Where a write has met it, what TLS says is in the text alone.
  const said = code === "EPROTO" ? String(message).toUpperCase().replace(/\s+/g, "_") : code;
  return { why: whyOf(said), code };
}

/** Why a certificate does not verify. */
export function whyOf(code: string): ProbeTlsFailure {
  return FAILURES.find(([pattern]) => pattern.test(code))?.[1] ?? "other";
}
