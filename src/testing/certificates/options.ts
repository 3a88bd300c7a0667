import { isIP } from "node:net";
import { type Check, flag, readOptions } from "../../client/option-checks.js";
import { filled, refuse } from "../launcher/checks.js";

/** How long a certificate is valid. */
export interface Validity {
  /** From when. Default: an hour ago; an hour before `notAfter` where that lies further back. */
  notBefore?: Date;
  /** Until when; in the past for one that has expired. Default: ten years after `notBefore`. */
  notAfter?: Date;
}

/** What a `CertificateAuthority` is made with. All optional; an unknown name is refused (`INVALID_OPTION`). */
export interface CertificateAuthorityOptions extends Validity {
  /** The authority's name (CN). Default `Holdfast test authority`. */
  commonName?: string;
}

/** What a certificate is issued with. All optional; an unknown name is refused (`INVALID_OPTION`). */
export interface IssueOptions extends Validity {
  /**
   * The names and IP addresses that it is for (subject alternative names). Default: `localhost`, `127.0.0.1` and `::1`; none
   * for a client.
   */
  hosts?: string[];
  /** The subject's name (CN). Default: the first host; `client` for a client without hosts. */
  commonName?: string;
  /** Is it for a client to show, instead of a server? Default: false. */
  client?: boolean;
  /** Encrypts the private key with this passphrase; nats-server cannot read such a key, Node.js can. Default: not encrypted. */
  passphrase?: string;
}

const HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS;

const date: Check = (value) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : "must be a valid Date";
const VALIDITY = { notBefore: date, notAfter: date };

/** Names of hosts, or IP addresses; a wildcard only as the first label. */
export const hosts: Check = (value) =>
  Array.isArray(value) && value.every(isHost)
    ? undefined
    : "must be an array of host names and IP addresses, without scheme, brackets and port";

function isHost(host: unknown): boolean {
  return typeof host === "string" && (isIP(host) !== 0 || /^(\*\.)?[\w-]+(\.[\w-]+)*$/.test(host));
}

/**
 * Checks what an authority is made with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION` with the name of the option
 */
export function checkAuthorityOptions(given: unknown): Required<CertificateAuthorityOptions> {
  const checks = { commonName: filled, ...VALIDITY };
  const options: CertificateAuthorityOptions = readOptions(given, { checks, refuse });
  return { commonName: "Holdfast test authority", ...options, ...validity(options) };
}

/** What a certificate is issued with, all chosen but the passphrase. */
export type IssueOrder = Required<Omit<IssueOptions, "passphrase">> & { passphrase?: string };

/**
 * Checks what a certificate is issued with, and fills in the defaults.
 *
 * @throws NatsServerError `INVALID_OPTION` with the name of the option
 */
export function checkIssueOptions(given: unknown): IssueOrder {
  const checks = { hosts, commonName: filled, client: flag, passphrase: filled, ...VALIDITY };
  const options: IssueOptions = readOptions(given, { checks, refuse });
  const { client = false } = options;
  const names = options.hosts ?? (client ? [] : ["localhost", "127.0.0.1", "::1"]);
  const commonName = options.commonName ?? names[0] ?? "client";
  return { ...options, client, hosts: names, commonName, ...validity(options) };
}

function validity({ notBefore, notAfter }: Validity): Required<Validity> {
  const anHourAgo = Date.now() - HOUR_MS;
  const from =
    notBefore ?? new Date(notAfter ? Math.min(anHourAgo, notAfter.getTime() - HOUR_MS) : anHourAgo);
  const until = notAfter ?? new Date(from.getTime() + TEN_YEARS_MS);
  if (until <= from) throw refuse("notAfter", 'must be later than option "notBefore"');
  return { notBefore: from, notAfter: until };
}
