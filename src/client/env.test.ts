import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nkeys } from "../interop/nats-core.js";
import { CertificateAuthority } from "../testing/certificates/authority.js";
import { checkOptions } from "./check-options.js";
import { optionsFromEnv } from "./env.js";

const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
let folder: string;
let authority: CertificateAuthority;
let certFile: string;
let keyFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-env-"));
  authority = await CertificateAuthority.create();
  ({ certFile, keyFile } = await authority.issue({ hosts: ["localhost"], client: true }));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await authority.close();
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function refusal(env: Record<string, string>): Error & { option?: string } {
  try {
    optionsFromEnv(env);
  } catch (error) {
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    return error as Error;
  }
  throw new Error("was taken");
}

describe("options from the environment [R8]", () => {
  it("are what connect() takes", () => {
    const env = {
      NATS_SERVERS: "nats://a, b:4333",
      NATS_NAME: "orders",
      NATS_USER: "me",
      NATS_PASS: "secret",
      NATS_CA: authority.certFile,
      NATS_CERT: certFile,
      NATS_KEY: keyFile,
    };
    const options = optionsFromEnv(env);
    expect(options).toEqual({
      servers: "nats://a, b:4333",
      name: "orders",
      user: "me",
      pass: "secret",
      tls: { caFile: authority.certFile, certFile, keyFile },
    });
    expect(() => checkOptions(options)).not.toThrow();
    expect(optionsFromEnv({ NATS_TOKEN: "t", NATS_NAME: "n" })).toEqual({ token: "t", name: "n" });
  });

  it("takes NATS_URL, the variable of the command nats, where NATS_SERVERS says nothing", () => {
    expect(optionsFromEnv({ NATS_URL: "a:1" }).servers).toBe("a:1");
    expect(optionsFromEnv({ NATS_URL: "a:1", NATS_SERVERS: "b:2" }).servers).toBe("b:2");
  });

  it("are none without variables, or with empty ones, but a name: that of the service and of the host", () => {
    const { name, ...others } = optionsFromEnv({ NATS_TOKEN: "", NATS_SERVERS: "", NATS_CA: "" });
    expect(others).toEqual({});
    expect(name).toMatch(/^[^\s-]+-/);
    expect(name?.endsWith(`-${hostname()}`)).toBe(true);
    expect(optionsFromEnv({ npm_package_name: "shop" }).name).toBe(`shop-${hostname()}`);
    expect(optionsFromEnv({ OTEL_SERVICE_NAME: "orders", npm_package_name: "shop" }).name).toBe(
      `orders-${hostname()}`,
    );
  });

  it("come from process.env if nothing else is said", () => {
    process.env.NATS_NAME = "from the process";
    try {
      expect(optionsFromEnv().name).toBe("from the process");
    } finally {
      delete process.env.NATS_NAME;
    }
  });

  it("take the files of TLS one by one over those of the defaults, in whichever form these have them", () => {
    const [ca, cert, key] = [authority.certFile, certFile, keyFile].map((path) => readFileSync(path));
    const defaults = { tls: { ca, cert, key, servername: "nats" } };
    expect(optionsFromEnv({ NATS_CA: authority.certFile, NATS_KEY: keyFile }, defaults).tls).toEqual({
      caFile: authority.certFile,
      cert,
      keyFile,
      servername: "nats",
    });
    expect(optionsFromEnv({ NATS_CERT: certFile }, { tls: { certFile: "/old", keyFile } }).tls).toEqual({
      certFile,
      keyFile,
    });
  });

  it.each([
    ["the seed itself", () => seed],
    ["a file with it", () => file("user.nk", `# of the orders service\n${seed}\n`)],
  ])("sign with NATS_NKEY: %s", async (_, value) => {
    const { authenticator } = optionsFromEnv({ NATS_NKEY: value() });
    const auth = await (authenticator as (nonce: string) => { nkey: string; sig: string })("nonce");
    expect(auth.nkey).toMatch(/^U/);
    const key = nkeys.fromPublic(auth.nkey);
    expect(key.verify(Buffer.from("nonce"), Buffer.from(auth.sig, "base64url"))).toBe(true);
  });

  it("read the file of NATS_NKEY anew at every attempt", () => {
    const path = file("changing.nk", seed);
    const ask = optionsFromEnv({ NATS_NKEY: path }).authenticator as (nonce: string) => { nkey: string };
    const before = ask("n").nkey;
    const other = nkeys.createUser();
    file("changing.nk", new TextDecoder().decode(other.getSeed()));
    expect(ask("n").nkey).toBe(other.getPublicKey());
    expect(ask("n").nkey).not.toBe(before);
  });
});

describe("what is wrong names its variable", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["NATS_SERVERS", { NATS_SERVERS: "http://h" }, /unknown scheme/],
    ["NATS_SERVERS", { NATS_SERVERS: "h:99999" }, /port/],
    ["NATS_SERVERS", { NATS_SERVERS: "," }, /at least one/],
    ["NATS_URL", { NATS_URL: "http://h" }, /unknown scheme/],
    ["NATS_TOKEN", { NATS_TOKEN: "t", NATS_USER: "u" }, /NATS_USER exclude each other/],
    ["NATS_USER", { NATS_USER: "u", NATS_NKEY: seed }, /NATS_NKEY exclude each other/],
    ["NATS_CREDS", { NATS_CREDS: "x", NATS_NKEY: seed }, /NATS_NKEY exclude each other/],
    ["NATS_PASS", { NATS_PASS: "p" }, /needs NATS_USER/],
    ["NATS_PASS", { NATS_PASS: "p", NATS_TOKEN: "t" }, /needs NATS_USER/],
    ["NATS_CREDS", { NATS_CREDS: "/nowhere/user.creds" }, /\/nowhere\/user\.creds/],
    ["NATS_NKEY", { NATS_NKEY: "/nowhere/user.nk" }, /\/nowhere\/user\.nk cannot be read \(ENOENT\)/],
    ["NATS_CA", { NATS_CA: "/nowhere/ca.pem" }, /\/nowhere\/ca\.pem/],
    ["NATS_CERT", { NATS_CERT: "/nowhere/cert.pem" }, /needs NATS_KEY/],
    ["NATS_KEY", { NATS_KEY: "/nowhere/key.pem" }, /needs NATS_CERT/],
  ])("%s of %o", (variable, env, text) => {
    const error = refusal(env);
    expect(error.option).toBe(variable);
    expect(error.message).toContain(variable);
    expect(error.message).toMatch(text);
  });

  it("also of a file that has something else in it", () => {
    const other = file("other.txt", "S3CRET nothing of use");
    for (const [variable, env] of [
      ["NATS_CREDS", { NATS_CREDS: other }],
      ["NATS_NKEY", { NATS_NKEY: other }],
      ["NATS_CA", { NATS_CA: other }],
      ["NATS_CERT", { NATS_CERT: other, NATS_KEY: keyFile }],
      ["NATS_KEY", { NATS_CERT: certFile, NATS_KEY: other }],
    ] as const) {
      const error = refusal(env);
      expect(error.option).toBe(variable);
      expect(error.message).toContain(other);
      expect(error.message).not.toContain("S3CRET");
    }
  });

  it("and never shows a secret, also not one with a mistake in it", () => {
    const cut = seed.slice(0, -3);
    for (const env of [
      { NATS_NKEY: cut },
      { NATS_NKEY: `"${seed}"` },
      { NATS_NKEY: `seed=${seed}` },
      { NATS_NKEY: `${seed.slice(0, 30)}${seed[30] === "A" ? "B" : "A"}${seed.slice(31)}` },
      { NATS_NKEY: file("wrong.nk", `SU${"A".repeat(56)}`) },
      { NATS_SERVERS: "nats://me:S3CRET@h:0" },
      { NATS_TOKEN: "S3CRET", NATS_USER: "S3CRET" },
      { NATS_PASS: "S3CRET" },
    ] as Record<string, string>[]) {
      const { message } = refusal(env);
      expect(message).not.toContain("S3CRET");
      expect(message).not.toContain(seed.slice(2, 30));
    }
  });

  it("an environment that is none is refused", () => {
    for (const env of [null, 5, "NATS_NAME=x"]) {
      expect(() => optionsFromEnv(env as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    expect(() => optionsFromEnv({ NATS_NAME: 5 } as never)).toThrow(/NATS_NAME must be a string/);
  });
});
