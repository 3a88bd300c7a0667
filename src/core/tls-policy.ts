import { CodedError } from "../errors.js";
import { type Address, isWebSocket } from "./address.js";
import type { Link } from "./link.js";

/** When links are encrypted. */
export interface TlsPolicy {
  /** `"offered"`: when the server wants or offers it; `"required"`: or there is no link; `"refused"`: never. */
  wish: "offered" | "required" | "refused";
  /** TLS comes before INFO: the server has `handshake_first`. */
  first: boolean;
}

/**
 * Refuses servers whose scheme says the opposite of option `tls`.
 *
 * @throws CodedError `INVALID_OPTION`
 */
export function checkTlsSchemes(addresses: readonly Address[], { wish }: TlsPolicy): void {
  for (const { scheme, listen } of addresses) {
    const without = scheme === "ws" && wish === "required";
    if (!without && !((scheme === "wss" || scheme === "tls") && wish === "refused")) continue;
    const why = without ? "is set, and there is no TLS in it: use wss://" : "is null, and it is TLS";
    throw new CodedError("INVALID_OPTION", `server "${scheme}://${listen}": option "tls" ${why}`, {
      option: "tls",
    });
  }
}

/** Whether a link to this server begins with TLS, before INFO. A websocket has its TLS underneath. */
export function tlsComesFirst({ server }: Link, policy: TlsPolicy): boolean {
  return policy.first && !isWebSocket(server.address.scheme);
}

/**
 * Whether TLS follows the INFO of a link. As in nats.js, TLS that is offered is taken; a server that has none is never spoken
 * to in plain text when the options or the scheme `tls` want it.
 *
 * @throws CodedError `TLS_REQUIRED`, `TLS_UNAVAILABLE`
 */
export function wantsTls(link: Link, { wish }: TlsPolicy): boolean {
  const { scheme, listen } = link.server.address;
  if (link.secure || scheme === "wss" || (scheme === "ws" && wish !== "required")) return false;
  const { tls_required: required = false, tls_available: available = false } = link.info!;
  if (wish === "refused") {
    // Gossip may bring `tls://` in, too.
    if (!required && scheme !== "tls") return false;
    throw new CodedError("TLS_REQUIRED", `${listen} wants TLS, and option "tls" is null`, { option: "tls" });
  }
  if ((required || available) && scheme !== "ws") return true;
  if (wish !== "required" && scheme !== "tls") return false;
  const why = scheme === "tls" ? "its URL says tls://" : 'option "tls" is set';
  throw new CodedError("TLS_UNAVAILABLE", `${listen} has no TLS, and ${why}`, { option: "tls" });
}
