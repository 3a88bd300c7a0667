import type { Auth, Authenticator } from "@nats-io/nats-core";
import { CodedError } from "../errors.js";

/** The credentials' part of CONNECT. */
export interface ConnectCredentials {
  user?: string;
  pass?: string;
  auth_token?: string;
  jwt?: string;
  nkey?: string;
  sig?: string;
}

const FIELDS = ["user", "pass", "auth_token", "jwt", "nkey", "sig"] as const;

/**
 * Asks all authenticators in turn and joins what they say; later ones win. Only the known fields are
 * taken over.
 *
 * @throws CodedError `AUTHENTICATOR_FAILED`; its text does not contain what the authenticator returned
 */
export async function askAuthenticators(
  authenticators: readonly Authenticator[],
  nonce: string | undefined,
): Promise<ConnectCredentials> {
  const credentials: ConnectCredentials = {};
  for (const authenticator of authenticators) {
    let auth: Auth;
    try {
      auth = await authenticator(nonce);
    } catch (cause) {
      throw new CodedError("AUTHENTICATOR_FAILED", "the authenticator has thrown: see the cause", { cause });
    }
    if (typeof auth !== "object" || auth === null) continue;
    const found = auth as unknown as Record<string, unknown>;
    for (const field of FIELDS) if (typeof found[field] === "string") credentials[field] = found[field];
  }
  return credentials;
}
