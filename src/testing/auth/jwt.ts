import { randomUUID } from "node:crypto";
import type { nkeys } from "../../interop/nats-core.js";

const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString("base64url");

/** When a JWT was issued and when it ends: whole seconds since the epoch, as JWTs have it. */
export interface Validity {
  readonly iat: number;
  readonly exp?: number;
}

/**
 * From now on.
 *
 * @param expiresIn ms until it ends, rounded up to whole seconds; negative: it has ended; undefined: it never does
 */
export function validity(expiresIn: number | undefined): Validity {
  const now = Date.now();
  const iat = Math.floor(now / 1000);
  return expiresIn === undefined ? { iat } : { iat, exp: Math.ceil((now + expiresIn) / 1000) };
}

/** A JWT as NATS reads it: claims signed with an nkey (version 2 of the format). */
export function signedJwt(
  signer: nkeys.KeyPair,
  claims: Validity & { readonly sub: string; readonly name: string; readonly nats: object },
): string {
  const header = base64(JSON.stringify({ typ: "JWT", alg: "ed25519-nkey" }));
  const body = { jti: randomUUID(), iss: signer.getPublicKey(), ...claims };
  const text = `${header}.${base64(JSON.stringify(body))}`;
  return `${text}.${base64(signer.sign(Buffer.from(text)))}`;
}
