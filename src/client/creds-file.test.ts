import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { thrown } from "../../test/support/until.js";
import type { CodedError } from "../errors.js";
import { nkeys } from "../interop/nats-core.js";
import { Operator } from "../testing/auth/operator.js";
import { checkCredsFile, credsFileAuthenticator } from "./creds-file.js";

const dir = mkdtempSync(join(tmpdir(), "holdfast-creds-"));
afterAll(() => rmSync(dir, { recursive: true }));

const file = join(dir, "user.creds");
const account = new Operator().account("A");
const user = account.user();
const other = account.user();
const seed = Buffer.from(user.seed).toString();

/** Asks an authenticator whose file has this text. */
function ask(text: string, nonce = "n0nce"): Record<string, unknown> {
  writeFileSync(file, text);
  return credsFileAuthenticator(file)(nonce) as never;
}

describe("an authenticator with a creds file", () => {
  it("presents its JWT, and signs the nonce with its seed", () => {
    const { jwt, nkey, sig } = ask(user.creds);
    expect([jwt, nkey]).toEqual([user.jwt, user.publicKey]);
    const verifier = nkeys.fromPublic(user.publicKey);
    expect(verifier.verify(Buffer.from("n0nce"), Buffer.from(String(sig), "base64"))).toBe(true);
  });

  it.each([
    ["lines that end with CR LF", user.creds.replaceAll("\n", "\r\n")],
    ["space around", user.creds.replaceAll(/^(?=.)/gm, "  ")],
    ["nothing after the seed", user.creds.slice(0, user.creds.indexOf("------END USER"))],
  ])("bears %s", (_, text) => {
    expect(ask(text)).toMatchObject({ jwt: user.jwt, nkey: user.publicKey });
  });

  it("reads the file anew each time, and once: JWT and seed are of the same moment", () => {
    writeFileSync(file, user.creds);
    const authenticator = credsFileAuthenticator(file);
    expect(authenticator("n")).toMatchObject({ jwt: user.jwt, nkey: user.publicKey });
    writeFileSync(file, other.creds);
    expect(authenticator("n")).toMatchObject({ jwt: other.jwt, nkey: other.publicKey });
  });

  it.each([
    ["is empty", "", "is no creds file"],
    ["holds something else", "just some text", "is no creds file"],
    ["has no seed", user.creds.slice(0, user.creds.indexOf("*****")), "is no creds file"],
    ["has a seed that is cut off", user.creds.replace(seed, seed.slice(0, 20)), "the seed in creds file"],
    [
      "has a seed that was mistyped",
      user.creds.replace(seed, seed.replace(/.$/, "!")),
      "the seed in creds file",
    ],
    ["has the seed of someone else", user.creds.replace(user.jwt, other.jwt), "do not belong together"],
    ["has a JWT that is none", user.creds.replace(user.jwt, "not.a.jwt"), "do not belong together"],
  ])("whose file %s fails, and names the file, and shows nothing of it", (_, text, why) => {
    const error = thrown<CodedError>(() => ask(text));
    expect(error.code).toBe("AUTHENTICATOR_FAILED");
    expect(error.message).toContain(why);
    expect(error.message).toContain(file);
    const told = `${error.message} ${error.stack} ${error.detail.cause}`;
    for (const secret of [user.jwt, other.jwt, seed, seed.slice(0, 20)]) expect(told).not.toContain(secret);
  });

  it("whose file is missing fails, and names it", () => {
    const missing = join(dir, "missing.creds");
    const error = thrown<CodedError>(() => credsFileAuthenticator(missing)("n"));
    expect(error.message).toBe(`creds file ${missing} cannot be read (ENOENT)`);
  });

  it("can be checked before it is asked; others have nothing to be checked", () => {
    const authenticator = credsFileAuthenticator(join(dir, "missing.creds"));
    expect(thrown(() => checkCredsFile(authenticator)).code).toBe("AUTHENTICATOR_FAILED");
    writeFileSync(file, user.creds);
    checkCredsFile(credsFileAuthenticator(file));
    checkCredsFile(() => ({ user: "me" }));
  });

  it.each([[""], [undefined], [Buffer.from("x")]])("refuses %j for a path", (path) => {
    expect(thrown(() => credsFileAuthenticator(path as string)).code).toBe("INVALID_ARGUMENT");
  });
});
