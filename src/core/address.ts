import { CodedError } from "../errors.js";
import { inOnePiece } from "./texts.js";

/** How a server is spoken to: over TCP, with TLS for certain or not, or over a websocket, with TLS or without. */
export type Scheme = "nats" | "tls" | "ws" | "wss";

/** Where a server is, taken from what a user or a gossiping server wrote. */
export interface Address {
  /** Host name or IP address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /**
   * `host:port`, IPv6 in brackets, and the path of a websocket: the name of the server in events and in `getServer()`.
   */
  readonly listen: string;
  readonly scheme: Scheme;
  /** What a websocket is asked for at its server, begins with `/`; undefined for `/` and for what is no websocket. */
  readonly path?: string;
  /** What stands behind the path, begins with `?`: secret, and no part of the server's name. */
  readonly query?: string;
  /** Credentials from the URL; they win over the options, as in nats.go. */
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** The ports that servers listen on if nothing else is said; those of websockets are the web's. */
const DEFAULT_PORTS: Record<Scheme, number> = { nats: 4222, tls: 4222, ws: 80, wss: 443 };

const URL_PARTS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^@/]*)@)?(\[[^\]]*\]|[^:/@[\]]+)?(?::(\d*))?(\/.*)?$/i;

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** RFC 3986: a path, and a query behind it. */
const PATH =
  /^((?:\/(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)+)(\?(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?$/i;

/** Letters (also those of international names), digits, and what names are put together with. */
const NAME = /^[\p{L}\p{M}\p{N}._-]+$/u;

const ENCODED_AT = 'write the "@" between credentials and host as it is, not as %40';

/** The zone of an IPv6 address: the name of an interface. */
const ZONE = /^[a-z0-9._-]+$/i;

/** Whether servers with this scheme are spoken to over a websocket. */
export function isWebSocket(scheme: Scheme): scheme is "ws" | "wss" {
  return scheme === "ws" || scheme === "wss";
}

/**
 * Parses `host`, `host:port`, `[ipv6]:port`, a bare IPv6 address, or a URL with scheme `nats`, `tls`, `ws` or `wss` and
 * optional credentials (`user:pass@` or `token@`). Only a websocket has a path, and a query.
 *
 * @param standard the scheme of what has none
 * @throws CodedError `INVALID_OPTION`; the text of the error never shows credentials
 */
export function parseAddress(text: string, standard: Scheme = "nats"): Address {
  const trimmed = text.trim();
  if (isIpv6(trimmed)) return address(standard, trimmed, DEFAULT_PORTS[standard], undefined);
  const parts = URL_PARTS.exec(trimmed);
  // Without its scheme what is behind it may still look like a path.
  const torn = parts?.[1] === undefined && HAS_SCHEME.test(trimmed);
  if (parts?.[3] === undefined || torn) throw invalid(trimmed, whatIsWrong(trimmed));
  const scheme = (parts[1] ?? standard).toLowerCase();
  if (!isScheme(scheme))
    throw invalid(trimmed, `unknown scheme "${scheme}"; there are nats, tls, ws and wss`);
  const hostname = parts[3].startsWith("[") ? parts[3].slice(1, -1) : parts[3];
  if (parts[3].startsWith("[") && !isIpv6(hostname))
    throw invalid(trimmed, "what is in brackets is no IPv6 address");
  else if (!parts[3].startsWith("[") && !NAME.test(hostname))
    throw invalid(trimmed, hostname.includes("%40") ? ENCODED_AT : "that is no host name");
  const port = parts[4] === undefined || parts[4] === "" ? DEFAULT_PORTS[scheme] : Number(parts[4]);
  if (port < 1 || port > 65_535) throw invalid(trimmed, "the port must be 1 to 65535");
  if (parts[2] !== undefined && !isDecodable(parts[2]))
    throw invalid(trimmed, 'some of the credentials is percent-encoded and some is not: write "%" as %25');
  const server = address(scheme, hostname, port, parts[2]);
  if (parts[5] === undefined || parts[5] === "/") return server;
  if (!isWebSocket(scheme)) throw invalid(trimmed, "only a websocket (ws://, wss://) has a path");
  const [, path, query] = PATH.exec(parts[5]) ?? [];
  if (path === undefined) throw invalid(trimmed, "that is no path of a URL");
  return withPath(server, { path, query });
}

/** The address with a path, which is part of its name, since behind one gateway there may be several servers. */
export function withPath(address: Address, { path, query }: Pick<Address, "path" | "query">): Address {
  const { path: _, query: __, ...bare } = { ...address, listen: hostport(address) };
  const named =
    path === undefined || path === "/" ? bare : { ...bare, path, listen: `${bare.listen}${path}` };
  return query === undefined ? named : { ...named, query };
}

/** Of a text that is no address: which part, without showing it. */
function whatIsWrong(text: string): string {
  const bare = text.replace(HAS_SCHEME, "");
  const rest = bare.slice(bare.lastIndexOf("@") + 1);
  if (/@.*@/s.test(bare)) return 'write an "@" in credentials as %40';
  if (rest === bare && /%40/.test(bare)) return ENCODED_AT;
  if (rest.startsWith("[") && !rest.includes("]")) return "the bracket of an IPv6 address is not closed";
  const port = /^(?:\[[^\]]*\]|[^:/@[\]]+):([^/]*)/.exec(rest)?.[1];
  if (port !== undefined && /[^\d]/.test(port)) return "the port must be a number, 1 to 65535";
  return "not a server address: host:port, or a URL such as nats://user:pass@host:port";
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(DEFAULT_PORTS, text);
}

/** `host:port` as it stands in a URL. */
export function hostport({ hostname, port }: Pick<Address, "hostname" | "port">): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname.toLowerCase();
  return inOnePiece(host, ":", String(port));
}

/**
 * Refuses a list in which websockets are mixed with other servers: what one kind of server says of its cluster is of no use
 * for the other.
 *
 * @throws CodedError `INVALID_OPTION`
 */
export function checkUnmixed(addresses: readonly Address[]): void {
  const [first] = addresses;
  const other = addresses.find(({ scheme }) => isWebSocket(scheme) !== isWebSocket(first.scheme));
  if (other === undefined) return;
  const names = [first, other].map(({ scheme, listen }) => `${scheme}://${listen}`);
  throw new CodedError(
    "INVALID_OPTION",
    `option "servers": ${names[0]} and ${names[1]} cannot be mixed: either all servers are websockets (ws://, wss://) or none`,
    { option: "servers" },
  );
}

/** RFC 4291: eight groups of up to four digits, one run of zero groups as `::`, the last two as IPv4; with a zone or not. */
function isIpv6(text: string): boolean {
  const [host, ...zone] = text.split("%");
  if (zone.length > 1 || !host.includes(":") || (zone.length === 1 && !ZONE.test(zone[0]))) return false;
  const halves = host.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1);
  if (last?.includes(".") === true) {
    const octets = last.split(".");
    if (octets.length !== 4 || !octets.every(isOctet)) return false;
    groups.splice(-1, 1, "0", "0");
  }
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

function isOctet(text: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) < 256;
}

function address(scheme: Scheme, hostname: string, port: number, credentials: string | undefined): Address {
  const base = { scheme, hostname, port, listen: hostport({ hostname, port }) };
  if (credentials === undefined || credentials === "") return base;
  const colon = credentials.indexOf(":");
  if (colon === -1) return { ...base, token: decode(credentials) };
  return { ...base, user: decode(credentials.slice(0, colon)), pass: decode(credentials.slice(colon + 1)) };
}

/** Whether its parts are encoded, or none of them is: `100%` is a password, but of `100%%40` nobody knows. */
function isDecodable(credentials: string): boolean {
  if (!/%[0-9a-f]{2}/i.test(credentials)) return true;
  try {
    decodeURIComponent(credentials);
    return true;
  } catch {
    return false;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The text of a server's address without its credentials, and without a query, which may be one. */
export function redact(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@").replace(/[?#].*$/s, "?***");
}

function invalid(text: string, why: string): CodedError {
  return new CodedError("INVALID_OPTION", `option "servers": ${JSON.stringify(harmless(text))}: ${why}`, {
    option: "servers",
  });
}

/** What can be shown of a text that is no address: behind a colon there may be a password without its `@`. */
function harmless(text: string): string {
  // Also of credentials whose "@" was encoded with the rest.
  const redacted = redact(text.replace(/%40/g, "@"));
  return /:\d*\/?$/.test(redacted)
    ? redacted
    : redacted.replace(/^((?:[a-z][a-z0-9+.-]*:\/\/)?[^:]*:).*$/is, "$1***");
}
