import { invalidOption } from "../../checks/invalid.js";

/** Most monitoring ports. */
const MOST = 32;

/** Where a monitoring port is. */
export interface MonitorAddress {
  /** With its credentials, if it has some; ends without a slash. */
  readonly base: URL;
  /** `Basic …`; undefined: none. */
  readonly authorization: string | undefined;
  /** Without them, and without a query, which may be one. */
  readonly shown: string;
}

/** Names that may stand at the end of an address that was copied from a browser. */
const ENDPOINT = /\/(?:varz|connz|healthz|jsz|routez|subsz|accountz|gatewayz|leafz)?\/*$/;

/**
 * Reads option `monitor`.
 *
 * @throws an error with code `INVALID_OPTION`; what was given is not in its text, it may have credentials
 */
export function toMonitors(given: unknown): MonitorAddress[] {
  if (given === undefined) return [];
  const texts: unknown[] = Array.isArray(given) ? [...given] : [given];
  if (texts.length > MOST) throw invalidOption("monitor", `must be at most ${MOST} URLs`);
  return texts.map(toMonitor);
}

function toMonitor(text: unknown): MonitorAddress {
  const wrong = () => invalidOption("monitor", "must be the URL of a monitoring port, as http://host:8222");
  if (typeof text !== "string") throw wrong();
  const trimmed = text.trim();
  const url = parsed(withScheme(trimmed));
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) throw wrong();
  // What was meant as user and password, behind a slash too few or too many, would be asked for and shown as a path.
  if (/@|%40/i.test(url.pathname)) throw wrong();
  let authorization: string | undefined;
  if (url.username !== "" || url.password !== "") {
    const pair = `${decoded(url.username)}:${decoded(url.password)}`;
    authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  url.hash = "";
  url.pathname = url.pathname.replace(ENDPOINT, "");
  const path = url.pathname === "/" ? "" : url.pathname;
  return { base: url, authorization, shown: `${url.protocol}//${url.host}${path}` };
}

function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The URL of an endpoint, as `connz?state=closed`; what the base has as a query stays. */
export function endpointUrl({ base }: MonitorAddress, endpoint: string): URL {
  const url = new URL(base);
  const [path, query = ""] = endpoint.split("?");
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  return url;
}
