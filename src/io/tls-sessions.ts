import { createHash } from "node:crypto";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { LazyMap } from "../core/lazy-map.js";

/** Sessions that one connection remembers: servers times addresses. Each is a few KB. */
const MAX_SESSIONS = 64;
/** ms after which a server shows its certificate again: it may have been revoked. */
const MAX_AGE = 24 * 60 * 60_000;

/** A session that may be resumed. */
interface Session {
  readonly bytes: Buffer;
  /** ms since the epoch until which it may: the certificate that was verified in the full handshake must not have expired. */
  readonly until: number;
}

/**
 * The TLS sessions of one connection, so that coming back to a server costs it no signature, no certificates on the wire, and with
 * TLS 1.2 one round trip less. Each is used once; the server hands out the next.
 *
 * Only sessions of servers that were verified are kept: in a resumed one no certificate is shown. They are found again for
 * the same server, at the same address, by the same name and with the same {@link tlsIdentity}; for no longer than a day, nor
 * than the server's certificate is valid. A server that does not know one any more makes a full handshake of it by itself;
 * where an attempt fails, the next one does without.
 */
export class TlsSessions {
  /** By key; the latest last. Private to the language: sessions are secrets, and `inspect()` must not find them. */
  readonly #sessions = new LazyMap<string, Session>();
  /** ms since the epoch. */
  readonly #now: () => number;

  /** @param now ms since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Opens TLS with the session that is remembered for `key`, if there is one, and remembers the one that comes of it.
   *
   * @param open begins the handshake, with this session
   */
  resume(key: string, open: (session: Buffer | undefined) => TLSSocket): TLSSocket {
    const used = this.#take(key);
    const socket = open(used?.bytes);
    let stands = false;
    let until = 0;
    let newest: Buffer | undefined;
    const keep = () => {
      if (newest !== undefined && stands) this.#keep(key, { bytes: newest, until });
    };
    socket.on("session", (bytes) => {
      newest = bytes;
      keep();
    });
    socket.once("secureConnect", () => {
      const resumed = socket.isSessionReused();
      stands = socket.authorized;
      until = resumed && used !== undefined ? used.until : this.#end(socket);
      // With TLS 1.2 a session may be resumed again and again, and a server need not hand out another.
      if (resumed && socket.getProtocol() !== "TLSv1.3") newest ??= used?.bytes;
      keep();
    });
    return socket;
  }

  #end(socket: TLSSocket): number {
    const { valid_to } = socket.getPeerCertificate();
    const expiry = Date.parse(valid_to);
    return Math.min(this.#now() + MAX_AGE, Number.isNaN(expiry) ? 0 : expiry);
  }

  #take(key: string): Session | undefined {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    return session !== undefined && this.#now() < session.until ? session : undefined;
  }

  #keep(key: string, session: Session): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}

/**
 * Names what a TLS session depends on, all that `tls` can say: a session must not outlive a change of certificates, which are
 * read anew at each attempt. `undefined`: nothing may be resumed, since an application that judges certificates by itself
 * wants to see each.
 */
export function tlsIdentity(options: ConnectionOptions): string | undefined {
  if (options.checkServerIdentity !== undefined) return undefined;
  const hash = createHash("sha256");
  for (const name of Object.keys(options).sort()) {
    const value: unknown = options[name as keyof ConnectionOptions];
    for (const part of Array.isArray(value) ? value : [value]) {
      const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
      hash.update(`${name} ${typeof part} ${bytes.length} `).update(bytes);
    }
  }
  return hash.digest("base64");
}
