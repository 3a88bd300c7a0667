import { nkeys } from "../../interop/nats-core.js";
import { signedJwt, type Validity, validity } from "./jwt.js";
import { User, type UserOptions } from "./user.js";

/** What an {@link Account} is made with. All optional. */
export interface AccountOptions {
  /** ms until its JWT expires, rounded up to whole seconds; negative: it has expired already. Default: never. */
  expiresIn?: number;
  /** Its users may use JetStream, without limits. Default: false. */
  jetstream?: boolean;
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** An account of an operator, which makes users and revokes them. Made by {@link Operator.account}. */
export class Account {
  /** What its JWT calls it. */
  readonly name: string;
  /** The public nkey: `A…`. */
  readonly publicKey: string;
  private readonly key = nkeys.createAccount();
  private readonly operator: nkeys.KeyPair;
  private readonly options: AccountOptions;
  private readonly revocations: Record<string, number> = {};
  private valid: Validity;
  private issued: string | undefined;

  /** Use {@link Operator.account}. @internal */
  constructor(operator: nkeys.KeyPair, name: string, options: AccountOptions) {
    this.operator = operator;
    this.name = name;
    this.options = options;
    this.publicKey = this.key.getPublicKey();
    this.valid = validity(options.expiresIn);
  }

  /** Makes a user, with a nkey of its own. */
  user(options: UserOptions = {}): User {
    return new User(this.key, options);
  }

  /**
   * Takes back the JWTs that the user has had so far; a new one (`user.renew()`) is good again. A server knows it when it is
   * given the new {@link Operator.config}.
   */
  revoke(user: User): void {
    this.revocations[user.publicKey] = user.issuedAt;
    this.issued = undefined;
  }

  /** Has a new JWT issued for the account. @param expiresIn ms, as in {@link AccountOptions} */
  renew(expiresIn?: number): void {
    this.valid = validity(expiresIn);
    this.issued = undefined;
  }

  /** The account's JWT as it is now; another one after {@link revoke} and {@link renew}. */
  get jwt(): string {
    this.issued ??= this.issue();
    return this.issued;
  }

  private issue(): string {
    const { revocations } = this;
    const limits = { ...UNLIMITED, ...(this.options.jetstream === true ? JETSTREAM : {}), wildcards: true };
    const nats = {
      limits,
      revocations,
      default_permissions: { pub: {}, sub: {} },
      type: "account",
      version: 2,
    };
    return signedJwt(this.operator, { ...this.valid, sub: this.publicKey, name: this.name, nats });
  }
}

/**
 * An operator with accounts and users, made on the spot: what `nsc` does, as far as tests need it. The keys live in this process
 * only.
 *
 * ```ts
 * const operator = new Operator();
 * const account = operator.account("orders");
 * const user = account.user();
 * await using server = await NatsServer.start({ config: operator.config });
 * const nc = await connect({ servers: server.url, authenticator: credsAuthenticator(Buffer.from(user.creds)) });
 * account.revoke(user);
 * await server.reload({ config: operator.config });
 * ```
 */
export class Operator {
  /** What its JWT calls it. */
  readonly name: string;
  /** The operator's own JWT. */
  readonly jwt: string;
  private readonly key = nkeys.createOperator();
  private readonly accounts: Account[] = [];
  /** The system account, as a server with JetStream wants one. */
  private readonly system = this.account("SYS");

  constructor(name = "operator") {
    this.name = name;
    const nats = { type: "operator", version: 2 };
    this.jwt = signedJwt(this.key, { ...validity(undefined), sub: this.key.getPublicKey(), name, nats });
  }

  /** Makes an account. */
  account(name: string, options: AccountOptions = {}): Account {
    const account = new Account(this.key, name, options);
    this.accounts.push(account);
    return account;
  }

  /** Configuration of a server that trusts the operator and knows its accounts as they are now (`NatsServerOptions.config`). */
  get config(): string {
    const preload = this.accounts.map(({ publicKey, jwt }) => `  ${publicKey}: ${jwt}`);
    return `operator: ${this.jwt}
system_account: ${this.system.publicKey}
resolver: MEMORY
resolver_preload: {
${preload.join("\n")}
}`;
  }
}
