import { nkeys } from "../../interop/nats-core.js";
import type { Permissions } from "../broker/permissions.js";
import { signedJwt, type Validity, validity } from "./jwt.js";

/** What a {@link User} is made with. All optional. */
export interface UserOptions {
  /** Its name, as the server's monitoring shows it. Default `user`. */
  name?: string;
  /** ms until its JWT expires, rounded up to whole seconds; negative: it has expired already. Default: never. */
  expiresIn?: number;
  /** What it may publish and subscribe to. Default: everything. */
  permissions?: Permissions;
}

/** A user of an account: its nkey, and the JWT with which the account vouches for it. Made by `Account.user()`. */
export class User {
  /** The public nkey: `U…`. */
  readonly publicKey: string;
  /** The nkey's seed, which signs: `SU…`. A secret. */
  readonly seed: Uint8Array;
  private readonly signer: nkeys.KeyPair;
  private readonly options: UserOptions;
  private issued = "";
  /** When the JWT was issued, whole seconds since the epoch. @internal */
  issuedAt = 0;

  /** Use `Account.user()`. @internal */
  constructor(signer: nkeys.KeyPair, options: UserOptions) {
    const key = nkeys.createUser();
    this.publicKey = key.getPublicKey();
    this.seed = key.getSeed();
    this.signer = signer;
    this.options = options;
    this.renew(options.expiresIn);
  }

  /** The JWT, as last issued. */
  get jwt(): string {
    return this.issued;
  }

  /** The text of a creds file: JWT and seed, as `nsc` writes it. */
  get creds(): string {
    return credsText(this.jwt, this.seed);
  }

  /** Has a new JWT issued for the same nkey. @param expiresIn ms, as in {@link UserOptions} */
  renew(expiresIn?: number): void {
    const { iat, exp } = validity(expiresIn);
    // A revocation goes by the second, and takes those issued in the same one back as well.
    this.issuedAt = Math.max(iat, this.issuedAt + 1);
    this.issued = this.issue(exp === undefined ? { iat: this.issuedAt } : { iat: this.issuedAt, exp });
  }

  private issue(valid: Validity): string {
    const { name = "user", permissions } = this.options;
    const { publish: pub = {}, subscribe: sub = {} } = permissions ?? {};
    const limits = { subs: -1, data: -1, payload: -1 };
    const nats = { pub, sub, ...limits, type: "user", version: 2 };
    return signedJwt(this.signer, { ...valid, sub: this.publicKey, name, nats });
  }
}

function credsText(jwt: string, seed: Uint8Array): string {
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
${Buffer.from(seed).toString()}
------END USER NKEY SEED------

*************************************************************
`;
}
