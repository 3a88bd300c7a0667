import { type Check, flag, number, readOptions, record } from "../../client/option-checks.js";
import { CertificateAuthority } from "../certificates/authority.js";
import { hosts } from "../certificates/options.js";
import { filled, port, refuse } from "./checks.js";
import type { NatsServerTls, NatsServerWebsocket } from "./options.js";

const MAX_TIMEOUT_MS = 3_600_000;

/** A feature that is switched on with its defaults, or described. */
export const onOrRecord: Check = (value) =>
  typeof value === "boolean" || record(value) === undefined
    ? undefined
    : "must be true, false, or an object with its options";

const flagOr =
  (word: string): Check =>
  (value) =>
    typeof value === "boolean" || value === word ? undefined : `must be true, false or "${word}"`;

const authority: Check = (value) =>
  value instanceof CertificateAuthority ? undefined : "must be a CertificateAuthority (await it)";

const TLS: Record<keyof NatsServerTls, Check> = {
  authority,
  hosts,
  certFile: filled,
  keyFile: filled,
  caFile: filled,
  verify: flagOr("map"),
  handshakeFirst: flagOr("auto"),
  required: flag,
  timeout: number(1, MAX_TIMEOUT_MS, "ms"),
};

const WEBSOCKET: Record<keyof NatsServerWebsocket, Check> = {
  port,
  tls: flag,
  authority,
  compression: flag,
};

/**
 * Checks and copies option `tls`.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkTls(given: true | object): NatsServerTls {
  if (given === true) return {};
  const tls: NatsServerTls = readOptions(given, { checks: TLS, refuse, prefix: "tls." });
  const { certFile, keyFile, caFile } = tls;
  if (certFile !== undefined && keyFile === undefined)
    throw refuse("tls.certFile", 'needs option "tls.keyFile"');
  if (keyFile !== undefined && certFile === undefined)
    throw refuse("tls.keyFile", 'needs option "tls.certFile"');
  if (certFile !== undefined && tls.hosts !== undefined)
    throw refuse("tls.hosts", 'and option "tls.certFile" exclude each other: nothing is issued');
  if (tls.verify && certFile !== undefined && caFile === undefined && tls.authority === undefined)
    throw refuse("tls.verify", 'needs option "tls.caFile" or "tls.authority" beside "tls.certFile"');
  return tls;
}

/**
 * Checks and copies option `websocket`.
 *
 * @param tls whether option `tls` is set
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkWebsocket(given: true | object, tls: boolean): NatsServerWebsocket {
  if (given === true) return { tls };
  return { tls, ...readOptions(given, { checks: WEBSOCKET, refuse, prefix: "websocket." }) };
}
