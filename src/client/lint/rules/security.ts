import type { Address } from "../../../core/address.js";
import { listText } from "../../diagnosis/words.js";
import { isLoopback } from "../hosts.js";
import type { Found, LintContext, Rule } from "../rule.js";

/** Servers on other hosts to which a link may be in plain text. */
function plain({ options, addresses }: LintContext): readonly Address[] {
  const { tls } = options;
  if (tls !== undefined && tls !== null) return [];
  return addresses.filter(
    ({ scheme, hostname }) => (scheme === "nats" || scheme === "ws") && !isLoopback(hostname),
  );
}

const TLS_ADVICE = ["tls: {}, or tls:// (wss://) in the servers: then there is TLS or no link"];

function hasPassword({ options, addresses }: LintContext): boolean {
  const { user, pass, token } = options;
  return (
    [user, pass, token].some((given) => given !== undefined) ||
    addresses.some((address) => address.user !== undefined || address.token !== undefined)
  );
}

function names(servers: readonly Address[]): string {
  return listText(servers.map(({ listen }) => listen));
}

function plainText(context: LintContext): Found | undefined {
  const servers = plain(context);
  if (servers.length === 0 || hasPassword(context)) return undefined;
  const { options, running } = context;
  const isSecure = running?.secure === true;
  const never = options.tls === null;
  return {
    level: isSecure ? "hint" : "warning",
    option: "tls",
    message: isSecure
      ? `the link is encrypted because the server wants it, and not because the options do: ${names(servers)}`
      : never
        ? `messages go to other hosts in plain text: ${names(servers)}; tls is null`
        : `messages go to other hosts in plain text unless the server offers TLS: ${names(servers)}`,
    why: isSecure
      ? "a server that is configured otherwise, or somebody on the way, gets plain text"
      : "whoever is on the way can read and change them",
    advice: TLS_ADVICE,
  };
}

function plainPassword(context: LintContext): Found | undefined {
  const servers = plain(context);
  if (servers.length === 0 || !hasPassword(context)) return undefined;
  const isSecure = context.running?.secure === true;
  return {
    level: isSecure ? "warning" : "error",
    option: "tls",
    message: isSecure
      ? `a password or token is sent over TLS only as long as the server wants it: ${names(servers)}`
      : `a password or token is sent to other hosts in plain text unless the server offers TLS: ${names(servers)}`,
    why: "somebody on the way who leaves TLS out of the server's greeting gets the credentials",
    advice: [...TLS_ADVICE, "authenticator: an NKey or a creds file; they sign, and no secret is sent"],
  };
}

function unverified({ options, addresses }: LintContext): Found | undefined {
  if (options.tls?.rejectUnauthorized !== false) return undefined;
  const isHere = addresses.every(({ hostname }) => isLoopback(hostname));
  return {
    level: isHere ? "hint" : "error",
    option: "tls.rejectUnauthorized",
    message: "the server's certificate is not verified: tls.rejectUnauthorized is false",
    why: "anybody on the way can pretend to be the server, and gets messages and credentials",
    advice: [
      "tls.caFile: the authority of the servers, in place of it",
      "tls.servername, if the certificate has another name",
    ],
  };
}

function oldTls({ options }: LintContext): Found | undefined {
  const { tls } = options;
  const old = (["minVersion", "maxVersion"] as const).find(
    (name) => tls?.[name] === "TLSv1" || tls?.[name] === "TLSv1.1",
  );
  if (old === undefined) return undefined;
  return {
    level: "warning",
    option: `tls.${old}`,
    message: `a TLS version that is not safe any more is allowed: tls.${old} is ${tls?.[old]}`,
    why: "TLS 1.0 and 1.1 are withdrawn (RFC 8996); nats-server speaks 1.2 and 1.3",
    advice: [`tls.${old}: "TLSv1.3", or none`],
  };
}

function inUrl({ addresses }: LintContext): Found | undefined {
  const found = addresses.filter((address) => address.user !== undefined || address.token !== undefined);
  if (found.length === 0) return undefined;
  return {
    level: "hint",
    option: "servers",
    message: `credentials stand in the URL of ${names(found)}`,
    why: "URLs end up in logs, process lists and tickets, of other programs too; they hold for this server only, and not for those that gossip tells of",
    advice: [
      "user and pass, token, or authenticator",
      "NATS_PASS_FILE, NATS_CREDS: credentials from a mounted secret",
    ],
  };
}

function two({ options, addresses }: LintContext): Found | undefined {
  const { user, token, authenticator } = options;
  const inUrls = addresses.some((address) => address.user !== undefined || address.token !== undefined);
  const kinds = [
    inUrls ? "the servers' URLs" : undefined,
    user === undefined ? undefined : "user",
    token === undefined ? undefined : "token",
    authenticator === undefined ? undefined : "authenticator",
  ].filter((kind) => kind !== undefined);
  if (kinds.length < 2) return undefined;
  return {
    level: "warning",
    option: inUrls ? "servers" : "authenticator",
    message: `credentials come from several places: ${kinds.join(", ")}`,
    why: inUrls
      ? "those in a URL win, and only at that server: a connection may be somebody else after a reconnect"
      : "what they say is sent together, and of two for the same field the later one wins",
    advice: ["one of them"],
  };
}

/** What others could read, or pretend. */
export const SECURITY: readonly Rule[] = [
  { name: "plain-text", check: plainText },
  { name: "plain-text-credentials", check: plainPassword },
  { name: "unverified-tls", check: unverified },
  { name: "old-tls", check: oldTls },
  { name: "credentials-in-url", check: inUrl },
  { name: "two-credentials", check: two },
];
