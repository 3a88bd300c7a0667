import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import { type TlsSessions, tlsIdentity } from "./tls-sessions.js";

/**
 * Whom a certificate must be for. A server that gossip has named by its IP address is held to the host name under which its
 * cluster was first reached, as in nats.go; names of servers are verified as they stand.
 */
export function certificateName({ address, tlsName }: PoolServer): { host: string; servername?: string } {
  const { hostname } = address;
  const host = isIP(hostname) !== 0 && tlsName !== "" ? tlsName : hostname;
  // An IP address is verified, but has no place in the client's hello (RFC 6066 §3).
  return isIP(host) === 0 ? { host, servername: host } : { host };
}

/**
 * Sets up TLS on a socket; the event `secureConnect` tells when it stands.
 *
 * @param sessions those of the connection: one of them may be resumed
 */
export function secure(
  socket: Socket,
  server: PoolServer,
  options: ConnectionOptions,
  sessions: TlsSessions,
): TLSSocket {
  const name = certificateName(server);
  const open = (session: Buffer | undefined) =>
    connect({ ...name, ...options, socket, ...(session === undefined ? {} : { session }) });
  const identity = tlsIdentity(options);
  if (identity === undefined) return open(undefined);
  // Several servers may stand behind one name; each knows its own sessions alone.
  const key = [server.address.listen, socket.remoteAddress, name.host, identity].join(" ");
  return sessions.resume(key, open);
}

/** What can be done about the errors that are seen most. */
const ADVICE: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: "is the clock here right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: give it as option "tls.ca" or "tls.caFile"',
  SELF_SIGNED_CERT_IN_CHAIN: 'give the certificate of its authority as option "tls.ca" or "tls.caFile"',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'give the certificate of its authority as option "tls.ca" or "tls.caFile"',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give the certificate of its authority as option "tls.ca" or "tls.caFile"',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it wants a client certificate: options "tls.cert" and "tls.key"',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not begin with TLS; is option "tls.handshakeFirst" right for it?',
};

/** Codes that OpenSSL and Node's verification give to what went wrong with TLS. */
const OF_TLS =
  /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Whether an error of a socket is one of TLS. */
export function isTlsError(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && OF_TLS.test(code);
}

function isOpenSsl(error: Error): boolean {
  return /:error:[0-9A-F]+:/i.test(error.message);
}

/**
 * Node calls it a reset when the other side ends the connection in order before TLS stands, but does not say in which call of the
 * system: there was none.
 */
function isOrderlyEnd(error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === "ECONNRESET" && syscall === undefined;
}

/** The other side has ended the connection before TLS stood, or before it said anything through it. */
export function tlsEnded(): CodedError {
  const text = "TLS failed: the other side closed the connection behind the handshake";
  return new CodedError("TLS_FAILED", text, { closedByPeer: true });
}

/** TLS with a server has failed. */
export function tlsError(error: Error): CodedError {
  const advice = ADVICE[(error as NodeJS.ErrnoException).code ?? ""];
  // OpenSSL's message is a line of numbers and file names; what it has to say is the reason in it.
  const { reason } = error as { reason?: unknown };
  const text = typeof reason === "string" && isOpenSsl(error) ? reason : error.message.trim();
  return new CodedError("TLS_FAILED", `TLS failed: ${text}${advice === undefined ? "" : `; ${advice}`}`, {
    cause: error,
    ...(isOrderlyEnd(error) ? { closedByPeer: true } : {}),
  });
}
