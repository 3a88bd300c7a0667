import { type Account as AccountClaims, decode, parseCreds, type User as UserClaims } from "@nats-io/jwt";
import { describe, expect, it } from "vitest";
import { Operator } from "./operator.js";

const operator = new Operator("O");
const account = operator.account("A", { jetstream: true });

/** What is left of a JWT, s; the signature and the form are judged by NATS's own package. */
const left = (jwt: string): number => decode(jwt).exp! - Date.now() / 1000;

describe("an operator", () => {
  it("vouches for its accounts, and these for their users, as NATS's own package reads it", () => {
    const user = account.user({ name: "U", permissions: { publish: { deny: ["secret"] } } });
    const [own, theirs] = [decode(operator.jwt), decode<AccountClaims>(account.jwt)];
    const claims = decode<UserClaims>(user.jwt);
    expect([own.name, theirs.name, claims.name]).toEqual(["O", "A", "U"]);
    expect([theirs.iss, claims.iss]).toEqual([own.sub, account.publicKey]);
    expect(theirs.nats.limits).toMatchObject({ conn: -1, disk_storage: -1 });
    expect(claims.nats).toMatchObject({ pub: { deny: ["secret"] }, type: "user" });
    expect(claims.exp).toBeUndefined();
  });

  it("writes creds files that NATS's own package reads", async () => {
    const user = account.user();
    const creds = await parseCreds(Buffer.from(user.creds));
    expect(creds.jwt).toBe(user.jwt);
    expect(creds.key).toBe(Buffer.from(user.seed).toString());
  });

  it("lets JWTs expire, after whole seconds and not before the time asked for", () => {
    const user = account.user({ expiresIn: 5000 });
    expect(left(user.jwt)).toBeGreaterThan(4);
    expect(left(user.jwt)).toBeLessThanOrEqual(6);
    user.renew(-5000);
    expect(left(user.jwt)).toBeLessThan(0);
    const other = operator.account("B", { expiresIn: 5000 });
    expect(left(other.jwt)).toBeGreaterThan(4);
    other.renew();
    expect(decode(other.jwt).exp).toBeUndefined();
  });

  it("revokes what a user has had so far, and not what it is given afterwards, also in the same second", () => {
    const user = account.user();
    const before = account.jwt;
    const revoked = decode(user.jwt).iat;
    account.revoke(user);
    expect(account.jwt).not.toBe(before);
    expect(decode<{ revocations: object }>(account.jwt).nats.revocations).toEqual({
      [user.publicKey]: revoked,
    });
    user.renew();
    expect(decode(user.jwt).iat).toBeGreaterThan(revoked);
  });

  it("stays the same in its configuration, as a server that reloads it wants", () => {
    const { config } = operator;
    expect(operator.config).toBe(config);
    operator.account("C");
    expect(operator.config.split("\n")[0]).toBe(config.split("\n")[0]);
  });
});
