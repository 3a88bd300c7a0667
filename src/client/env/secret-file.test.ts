import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { optionsFromEnv } from "../env.js";

const folder = mkdtempSync(join(tmpdir(), "holdfast-secret-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Asks the authenticator of these options, as every attempt does. */
function ask(env: Record<string, string>): () => unknown {
  const { authenticator, token, user, pass } = optionsFromEnv(env);
  expect([token, user, pass]).toEqual([undefined, undefined, undefined]);
  return () => (authenticator as () => unknown)();
}

function refusal(env: Record<string, string>): Error & { option?: string; code?: string } {
  try {
    optionsFromEnv(env);
  } catch (error) {
    return error as Error;
  }
  throw new Error("was taken");
}

describe("a secret in a file [R8]", () => {
  it.each([
    ["t0ken", "t0ken"],
    ["t0ken\n", "t0ken"],
    ["t0ken\r\n", "t0ken"],
    ["t0ken\n\n", "t0ken\n"],
    [" t0ken ", " t0ken "],
    ["\uFEFFt0ken", "t0ken"],
  ])("%j is %j", (content, token) => {
    expect(ask({ NATS_TOKEN_FILE: file("token", content) })()).toEqual({ auth_token: token });
  });

  it("may be user, password, or both", () => {
    const [user, pass] = [file("user", "me\n"), file("pass", "S3CRET\n")];
    const both = { user: "me", pass: "S3CRET" };
    expect(ask({ NATS_USER_FILE: user, NATS_PASS_FILE: pass })()).toEqual(both);
    expect(ask({ NATS_USER: "me", NATS_PASS_FILE: pass })()).toEqual(both);
    expect(ask({ NATS_USER_FILE: user, NATS_PASS: "S3CRET" })()).toEqual(both);
    expect(ask({ NATS_USER_FILE: user, NATS_PASSWORD_FILE: pass })()).toEqual(both);
    expect(ask({ NATS_USER_FILE: user })()).toEqual({ user: "me", pass: undefined });
  });

  it("is read anew at every attempt, also where Kubernetes turns a link round", () => {
    for (const version of ["1", "2"]) {
      mkdirSync(join(folder, version));
      file(join(version, "token"), `token ${version}`);
    }
    const path = join(folder, "mounted");
    symlinkSync(join(folder, "1"), path);
    const token = ask({ NATS_TOKEN_FILE: join(path, "token") });
    expect(token()).toEqual({ auth_token: "token 1" });
    rmSync(path);
    symlinkSync(join(folder, "2"), path);
    expect(token()).toEqual({ auth_token: "token 2" });
    rmSync(path);
    expect(token).toThrow(
      expect.objectContaining({
        code: "AUTHENTICATOR_FAILED",
        message: expect.stringMatching(
          /^environment variable NATS_TOKEN_FILE: file .* cannot be read \(ENOENT\)$/,
        ),
      }),
    );
  });

  it("may be the passphrase of a key, and headers of a gateway", () => {
    const options = optionsFromEnv({ NATS_WEBSOCKET_HEADERS_FILE: file("headers", "X-Key=S3CRET\n") });
    expect(options.websocket).toEqual({ headers: { "X-Key": "S3CRET" } });
    expect(refusal({ NATS_TLS_PASSPHRASE_FILE: file("phrase", "S3CRET") }).message).toMatch(
      /NATS_TLS_PASSPHRASE_FILE/,
    );
  });

  it("may have a longer name where the variable is a path anyway", () => {
    const error = refusal({ NATS_CREDS_FILE: "/nowhere/user.creds" });
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "NATS_CREDS_FILE" });
    expect(error.message).toContain("/nowhere/user.creds");
    expect(refusal({ NATS_CA_FILE: "/nowhere/ca.pem" })).toMatchObject({ option: "NATS_CA_FILE" });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["NATS_TOKEN", { NATS_TOKEN: "S3CRET", NATS_TOKEN_FILE: "/x" }, /NATS_TOKEN_FILE exclude each other/],
    ["NATS_USER", { NATS_USER: "S3CRET", NATS_USER_FILE: "/x" }, /NATS_USER_FILE exclude each other/],
    ["NATS_PASS", { NATS_USER: "u", NATS_PASS: "S3CRET", NATS_PASS_FILE: "/x" }, /NATS_PASS_FILE exclude/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: "/x", NATS_NKEY_FILE: "/x" }, /NATS_NKEY_FILE exclude each other/],
    ["NATS_CREDS", { NATS_CREDS: "/x", NATS_CREDS_FILE: "/x" }, /NATS_CREDS_FILE exclude each other/],
    ["NATS_PASS_FILE", { NATS_PASS_FILE: "/x" }, /needs NATS_USER/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: "S3CRET" }, /: the file cannot be read \(ENOENT\)/],
    ["NATS_NKEY_FILE", { NATS_NKEY_FILE: "S3CRET" }, /the file cannot be read/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: "/nowhere/token" }, /\/nowhere\/token cannot be read \(ENOENT\)/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: tmpdir() }, /is no regular file/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: "/dev/zero" }, /is no regular file/],
    ["NATS_NKEY_FILE", { NATS_NKEY_FILE: "/nowhere/user.nk" }, /\/nowhere\/user.nk cannot be read/],
    ["NATS_TOKEN_FILE", { NATS_TOKEN_FILE: `eyJ${"S3CRET".repeat(9)}` }, /must be the path of a file/],
    ["NATS_NKEY_FILE", { NATS_NKEY_FILE: `SU${"S3CRET23".repeat(7)}` }, /must be the path of a file/],
  ])("%s of %o is refused", (variable, env, text) => {
    const error = refusal(env);
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: variable });
    expect(error.message).toContain(variable);
    expect(error.message).toMatch(text);
    expect(error.message).not.toContain("S3CRET");
  });

  it("that is none is refused, and not shown: empty, huge, no text", () => {
    const huge = Buffer.alloc(64 * 1024 + 1, "S3CRET");
    for (const [content, text] of [
      ["", /is empty/],
      ["\n", /is empty/],
      [huge, /more than 64 KiB/],
      [Buffer.concat([Buffer.from("S3CRET"), Buffer.from([0xff, 0xfe])]), /no text in UTF-8/],
    ] as const) {
      const error = refusal({ NATS_TOKEN_FILE: file("wrong", content) });
      expect(error).toMatchObject({ code: "INVALID_OPTION", option: "NATS_TOKEN_FILE" });
      expect(error.message).toMatch(text);
      expect(error.message).not.toContain("S3CRET");
    }
    expect(ask({ NATS_TOKEN_FILE: file("large", huge.subarray(1)) })()).toBeDefined();
  });

  it("behind a pipe is refused at once: nobody waits for a writer", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(refusal({ NATS_TOKEN_FILE: pipe }).message).toMatch(/is no regular file/);
  });
});
