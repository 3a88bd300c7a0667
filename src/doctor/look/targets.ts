import { isIP } from "node:net";
import { invalidArgument } from "../../checks/invalid.js";
import type { ConnectionOptions, ProbeReport } from "../../index.js";

/** Most servers that may be given. */
const MOST = 100;

/** Where connect() goes when it is told nothing. */
const NOWHERE_ELSE = "127.0.0.1:4222";

/**
 * The servers to look at: those that are given, or those of the options, or the one that `connect()` would take; each once.
 *
 * @throws an error with code `INVALID_ARGUMENT`; what was given is not in its text, it may have credentials
 */
export function toTargets(given: unknown, connection: ConnectionOptions | undefined): string[] {
  const { servers, port } = connection ?? {};
  const asked = given === undefined || (Array.isArray(given) && given.length === 0) ? servers : given;
  const from = asked ?? (port === undefined ? NOWHERE_ELSE : `127.0.0.1:${port}`);
  const texts: unknown[] = Array.isArray(from) ? [...from] : [from];
  if (texts.some((text) => typeof text !== "string")) {
    throw invalidArgument("doctor(): servers must be URLs of servers, as nats://host:4222");
  }
  const urls = (texts as string[]).flatMap((text) => text.split(",")).map((text) => text.trim());
  if (urls.includes("")) throw invalidArgument("doctor(): servers must be URLs of servers, and one is empty");
  if (urls.some((url) => /^https?:\/\//i.test(url))) {
    throw invalidArgument(
      'doctor(): servers must be URLs of servers, as nats://host:4222; is the one with http:// for --monitor (option "monitor")?',
    );
  }
  if (urls.length > MOST) throw invalidArgument(`doctor(): servers must be at most ${MOST}`);
  return [...new Set(urls)];
}

/** A server that others of its cluster have told of. */
export interface Gossiped {
  readonly url: string;
  readonly hostport: string;
  /** Who told of it. */
  readonly from: string;
  /** Whose certificate it may show. */
  readonly tlsName: string | undefined;
}

/**
 * What a server says of its cluster. As in a connection, its servers are spoken to with the credentials of the one that told of them, and
 * with TLS where that one was.
 *
 * @param url the one that told of them
 */
export function gossipedBy(url: string, report: ProbeReport): Gossiped[] {
  const { info, scheme, tls, server } = report;
  const [, userinfo = ""] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*@)?/is.exec(url) ?? [];
  const own = scheme === "nats" && tls?.ok === true ? "tls" : scheme;
  const path = scheme === "ws" || scheme === "wss" ? server.replace(/^[^/]*/, "") : "";
  const hostname = report.dns?.hostname ?? "";
  const urls = Array.isArray(info?.connect_urls) ? info.connect_urls : [];
  return urls
    .filter((entry): entry is string => typeof entry === "string" && /^[^\s/@?#,]{1,300}$/.test(entry))
    .map((hostport) => ({
      url: `${own}://${userinfo}${hostport}${path}`,
      hostport,
      from: server,
      tlsName: hostname === "" || isIP(hostname) !== 0 ? undefined : hostname,
    }));
}
