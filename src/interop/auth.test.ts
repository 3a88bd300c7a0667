import { tokenAuthenticator, usernamePasswordAuthenticator } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/until.js";
import { CodedError } from "../errors.js";
import { type AnyAuthenticator, askAuthenticators } from "./auth.js";

const ask = (list: unknown[], nonce?: string) =>
  askAuthenticators(
    list.map((each, index) => ({ option: `authenticator[${index}]`, ask: each as AnyAuthenticator })),
    nonce,
  );
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
