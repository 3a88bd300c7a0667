import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Seconds that a browser stays logged in. */
const STAYS = 12 * 3600;

/**
 * Who may see what: whoever sends the token, or the cookie that a browser has got for it. Without a token: everybody.
 *
 * The cookie holds a secret of this server, made by chance when it starts, and not the token: what a browser keeps is worth nothing elsewhere, and
 * nothing after the process has ended.
 */
export class Access {
  readonly #key = randomBytes(32);
  readonly #token: Buffer | undefined;
  /** Cookies are shared by all ports of a host: each process has a name of its own for its one. */
  readonly #name = `holdfast-${randomBytes(4).toString("hex")}`;
  readonly #value = randomBytes(32).toString("base64url");
  readonly #session = this.#digest(this.#value);

  constructor(token: string | undefined) {
    this.#token = token === undefined ? undefined : this.#digest(token);
  }

  /** Whether a request may see everything. */
  trusts({ headers }: IncomingMessage): boolean {
    if (this.#token === undefined) return true;
    const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.isToken(bearer);
    const cookie = cookieOf(headers.cookie ?? "", this.#name);
    return cookie !== undefined && timingSafeEqual(this.#digest(cookie), this.#session);
  }

  /** Whether this is the token, in constant time. */
  isToken(given: string): boolean {
    return this.#token !== undefined && timingSafeEqual(this.#digest(given), this.#token);
  }

  /** What makes a browser trusted: a `Set-Cookie` header. */
  get cookie(): string {
    return `${this.#name}=${this.#value}; Max-Age=${STAYS}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Of one length whatever is given, and not to be guessed. */
  #digest(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

function cookieOf(header: string, name: string): string | undefined {
  const before = `${name}=`;
  return header
    .split(";")
    .map((part) => part.trim())
    .find((part) => part.startsWith(before))
    ?.slice(before.length);
}
