import {
  credsAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/until.js";
import { CodedError } from "../errors.js";
import { type AnyAuthenticator, askAuthenticators } from "./auth.js";

const ask = (list: unknown[], nonce?: string) =>
  askAuthenticators(
    list.map((each, index) => ({ option: `authenticator[${index}]`, ask: each as AnyAuthenticator })),
    nonce,
  );
const bytes = (text: string) => new TextEncoder().encode(text);
const failure = (list: unknown[]) => rejection<CodedError>(ask(list));
const failing = (error: unknown) => () => {
  throw error;
};

describe("authenticators", () => {
  it("of nats-core are understood", async () => {
    expect(await ask([usernamePasswordAuthenticator("me", "secret")])).toEqual({
      user: "me",
      pass: "secret",
    });
    expect(await ask([tokenAuthenticator("t0ken")])).toEqual({ auth_token: "t0ken" });
  });

  it("are not needed", async () => {
    expect(await ask([])).toEqual({});
  });

  it("are all asked in turn with the nonce, also those that take their time; later ones win", async () => {
    const asked: unknown[] = [];
    const slow = async (nonce: string) => {
      await Promise.resolve();
      asked.push(["slow", nonce]);
      return { user: "first", pass: "p" };
    };
    const quick = (nonce: string) => {
      asked.push(["quick", nonce]);
      return { user: "second" };
    };
    expect(await ask([slow, quick], "n0nce")).toEqual({ user: "second", pass: "p" });
    expect(asked).toEqual([
      ["slow", "n0nce"],
      ["quick", "n0nce"],
    ]);
  });

  it("cannot put anything else into CONNECT", async () => {
    const found = await ask([() => ({ user: "me", verbose: true, headers: false, pass: 5, nkey: {} })]);
    expect(found).toEqual({ user: "me" });
  });

  it("that say nothing are passed over", async () => {
    expect(await ask([() => undefined, () => null, () => "x", () => ({ user: "me" })])).toEqual({
      user: "me",
    });
  });

  it.each([
    ["throw", failing(new Error("secret S3CRET inside"))],
    ["reject", () => Promise.reject(new Error("secret S3CRET inside"))],
    ["throw something odd", failing(Object.create(null))],
  ])(
    "that %s end the attempt with AUTHENTICATOR_FAILED, whose text shows nothing of it",
    async (_what, authenticator) => {
      const error = await failure([() => ({ user: "me", pass: "S3CRET" }), authenticator]);
      expect(error.code).toBe("AUTHENTICATOR_FAILED");
      expect(error.message).toBe('option "authenticator[1]" has failed: see the cause');
      expect(error.detail.option).toBe("authenticator[1]");
      expect(error.detail.cause).toBeDefined();
    },
  );

  it.each([
    [nkeyAuthenticator(bytes("SUNOSEEDS3CRET")), "its nkey is no seed that can be used (nkeys: invalid "],
    [nkeyAuthenticator(bytes("no seed, but S3CRET")), "its nkey is no seed that can be used (nkeys: "],
    [nkeyAuthenticator(bytes("S3CRET é")), "its nkey is no seed that can be used (nkeys: "],
    [jwtAuthenticator("S3CRET", bytes("SUS3CRET")), "its nkey is no seed that can be used (nkeys: "],
    [credsAuthenticator(bytes("S3CRET")), "its credentials are no JWT with a seed, as nsc writes them"],
  ])("of nats-core that cannot use what they were given are told in words of ours %#", async (one, text) => {
    const { message } = await failure([one]);
    expect(message).toContain(`option "authenticator[0]" has failed: ${text}`);
    expect(message).not.toContain("S3CRET");
  });

  it.each([
    "SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBQ",
    "eyJ0eXAiOiJKV1QifQ.e30.c2ln",
    "-----BEGIN NATS USER JWT-----",
    "a\nb",
  ])("that took a secret for the path of a file do not have it told: %j", async (path) => {
    const missing = Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT", path });
    const error = await failure([failing(missing)]);
    expect(error.message).toBe('option "authenticator[0]" has failed: a file cannot be read (ENOENT)');
  });

  it("that cannot read their file are told with it", async () => {
    const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", path: "/a/b.creds" });
    const error = await failure([failing(missing)]);
    expect(error.message).toBe('option "authenticator[0]" has failed: /a/b.creds cannot be read (ENOENT)');
    expect(error.detail.cause).toBe(missing);
  });

  it("that fail with an error of ours are told with its text, and what is underneath", async () => {
    const cause = new Error("underneath");
    const error = await failure([
      failing(new CodedError("AUTHENTICATOR_FAILED", "the seed is none", { cause })),
    ]);
    expect(error.message).toBe('option "authenticator[0]" has failed: the seed is none');
    expect(error.detail.cause).toBe(cause);
  });

  it("that fail are all told, also when there is more than one", async () => {
    const [first, last] = [new Error("first"), new Error("last")];
    const error = await failure([failing(first), () => ({ user: "me" }), failing(last)]);
    expect(error.message).toBe(
      'option "authenticator[0]" has failed: see the cause; option "authenticator[2]" has failed: see the cause',
    );
    expect(error.detail.cause).toBeInstanceOf(AggregateError);
    expect((error.detail.cause as AggregateError).errors).toEqual([first, last]);
  });
});
