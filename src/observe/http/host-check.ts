import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { isLoopback, LOCALHOST } from "./loopback.js";

/** A name or an IPv4 address, or an IPv6 address in brackets, and perhaps a port. */
const HOST = /^(?:([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)|\[([0-9a-f:.]+)\])(?::\d{1,5})?$/;

/** A name of a host, as in option `allowedHosts`. */
export function isHostName(text: string): boolean {
  return HOST.exec(text.toLowerCase())?.[1]?.length === text.length;
}

/** The host of a Host header, without brackets and port; undefined when it is none. */
export function hostOf(header: string): string | undefined {
  const found = HOST.exec(header.toLowerCase());
  if (found === null) return undefined;
  const [, name, address] = found;
  if (name !== undefined) return name;
  return isIP(address) === 6 ? address : undefined;
}

/**
 * Decides whether a request was meant for us. A page of somebody else can make its own name point to this machine, and read what we answer
 * under that name (DNS rebinding); it cannot do so with an address, or with a name that is ours.
 */
export class HostCheck {
  private readonly names: ReadonlySet<string>;
  private readonly local: boolean;

  /**
   * @param host what the server listens on
   * @param allowed more names
   */
  constructor(host: string, allowed: readonly string[]) {
    this.local = isLoopback(host);
    this.names = new Set([host, LOCALHOST, ...allowed].map((name) => name.toLowerCase()));
  }

  /** Why the request is refused; undefined when it is not. */
  refusal(req: IncomingMessage): string | undefined {
    const { host } = req.headers;
    if (host === undefined || !this.knows(host) || countOf(req, "host") > 1)
      return "the Host header names another host: see option allowedHosts";
    return isOwnOrigin(req.headers, host) ? undefined : "the Origin header names another host";
  }

  private knows(header: string): boolean {
    const host = hostOf(header);
    if (host === undefined) return false;
    if (this.names.has(host)) return true;
    return isIP(host) !== 0 && (!this.local || isLoopback(host));
  }
}

function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

/** A page that asks from script names its origin: only our own may. */
function isOwnOrigin({ origin }: IncomingHttpHeaders, host: string): boolean {
  if (origin === undefined) return true;
  const found = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin);
  return found?.[1].toLowerCase() === host.toLowerCase();
}
