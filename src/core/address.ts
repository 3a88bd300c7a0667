import { CodedError } from "../errors.js";

/** Where a server is, taken from what a user or a gossiping server wrote. */
export interface Address {
  /** Host name or IP address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets: the name of the server in events and in `getServer()`. */
  readonly listen: string;
  readonly scheme: "nats" | "tls";
  /** Credentials from the URL; they win over the options, as in nats.go. */
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** The port that NATS servers listen on if nothing else is said. */
export const DEFAULT_PORT = 4222;

const URL_PARTS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^@/]*)@)?(\[[^\]]*\]|[^:/@[\]]+)?(?::(\d*))?\/?$/i;

/** Letters (also those of international names), digits, and what names are put together with. */
const NAME = /^[\p{L}\p{M}\p{N}._-]+$/u;

/** The zone of an IPv6 address: the name of an interface. */
const ZONE = /^[a-z0-9._-]+$/i;

/**
 * Parses `host`, `host:port`, `[ipv6]:port`, a bare IPv6 address, or a URL with scheme `nats` or `tls` and
 * optional credentials (`user:pass@` or `token@`).
 *
 * @throws CodedError `INVALID_OPTION`; the text of the error never shows credentials
 */
export function parseAddress(text: string, defaultPort = DEFAULT_PORT): Address {
  const trimmed = text.trim();
  if (isIpv6(trimmed)) return address("nats", trimmed, defaultPort, undefined);
  const parts = URL_PARTS.exec(trimmed);
  if (parts === null || parts[3] === undefined) throw invalid(trimmed, "not a server address");
  const scheme = (parts[1] ?? "nats").toLowerCase();
  if (scheme === "ws" || scheme === "wss") throw invalid(trimmed, "websocket servers are not supported yet");
  if (scheme !== "nats" && scheme !== "tls") throw invalid(trimmed, `unknown scheme "${scheme}"`);
  const hostname = parts[3].startsWith("[") ? parts[3].slice(1, -1) : parts[3];
  if (parts[3].startsWith("[") && !isIpv6(hostname))
    throw invalid(trimmed, "what is in brackets is no IPv6 address");
  else if (!parts[3].startsWith("[") && !NAME.test(hostname)) throw invalid(trimmed, "that is no host name");
  const port = parts[4] === undefined || parts[4] === "" ? defaultPort : Number(parts[4]);
  if (port < 1 || port > 65_535) throw invalid(trimmed, "the port must be 1 to 65535");
  return address(scheme, hostname, port, parts[2]);
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

function address(
  scheme: "nats" | "tls",
  hostname: string,
  port: number,
  credentials: string | undefined,
): Address {
  const listen = `${hostname.includes(":") ? `[${hostname}]` : hostname.toLowerCase()}:${port}`;
  const base = { scheme, hostname, port, listen };
  if (credentials === undefined || credentials === "") return base;
  const colon = credentials.indexOf(":");
  if (colon === -1) return { ...base, token: decode(credentials) };
  return { ...base, user: decode(credentials.slice(0, colon)), pass: decode(credentials.slice(colon + 1)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The text of a server's address without its credentials. */
export function redact(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
}

function invalid(text: string, why: string): CodedError {
  return new CodedError("INVALID_OPTION", `option "servers": ${JSON.stringify(harmless(text))}: ${why}`, {
    option: "servers",
  });
}

/** What can be shown of a text that is no address: behind a colon there may be a password without its `@`. */
function harmless(text: string): string {
  const redacted = redact(text);
  return /:\d*\/?$/.test(redacted)
    ? redacted
    : redacted.replace(/^((?:[a-z][a-z0-9+.-]*:\/\/)?[^:]*:).*$/is, "$1***");
}
