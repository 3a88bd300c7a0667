import { tokenAuthenticator, usernamePasswordAuthenticator } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { askAuthenticators } from "./auth.js";

type Authenticators = Parameters<typeof askAuthenticators>[0];
const ask = (list: unknown[], nonce?: string) => askAuthenticators(list as Authenticators, nonce);

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
    [
      "throw",
      () => {
        throw new Error("secret S3CRET inside");
      },
    ],
    ["reject", () => Promise.reject(new Error("secret S3CRET inside"))],
    [
      "throw something odd",
      () => {
        throw Object.create(null);
      },
    ],
  ])(
    "that %s end the attempt with AUTHENTICATOR_FAILED, whose text shows nothing of it",
    async (_what, authenticator) => {
      const error = (await ask([authenticator]).catch((failure) => failure)) as CodedError;
      expect(error.code).toBe("AUTHENTICATOR_FAILED");
      expect(error.message).not.toContain("S3CRET");
      expect(error.detail.cause).toBeDefined();
    },
  );
});
