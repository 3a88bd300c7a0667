import { randomUUID } from "node:crypto";
import { nkeys } from "@nats-io/nats-core";

const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString("base64url");

function signed(by: nkeys.KeyPair, claims: Record<string, unknown>): string {
  const header = base64(JSON.stringify({ typ: "JWT", alg: "ed25519-nkey" }));
  const body = { jti: randomUUID(), iat: Math.floor(Date.now() / 1000), iss: by.getPublicKey(), ...claims };
  const text = `${header}.${base64(JSON.stringify(body))}`;
  return `${text}.${base64(by.sign(Buffer.from(text)))}`;
}

/** An operator with one account, which gives users their credentials: what `nsc` does, as far as tests need it. */
export class Operator {
  /** Configuration of a server that trusts it. */
  readonly config: string;
  private readonly account = nkeys.createAccount();

  constructor() {
    const operator = nkeys.createOperator();
    const account = this.account.getPublicKey();
    const own = signed(operator, {
      sub: operator.getPublicKey(),
      name: "O",
      nats: { type: "operator", version: 2 },
    });
    const none = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 };
    const limits = { ...none, wildcards: true };
    const preload = signed(operator, {
      sub: account,
      name: "A",
      nats: { limits, default_permissions: { pub: {}, sub: {} }, type: "account", version: 2 },
    });
    this.config = `operator: ${own}\nresolver: MEMORY\nresolver_preload: { ${account}: ${preload} }`;
  }

  /** A new user's credentials, which expire in so many seconds. */
  user(seconds: number): { jwt: string; seed: Uint8Array } {
    const user = nkeys.createUser();
    const jwt = signed(this.account, {
      sub: user.getPublicKey(),
      name: "U",
      exp: Math.floor(Date.now() / 1000) + seconds,
      nats: { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: "user", version: 2 },
    });
    return { jwt, seed: user.getSeed() };
  }
}
