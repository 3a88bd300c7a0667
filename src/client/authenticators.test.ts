import { describe, expect, it } from "vitest";
import { thrown } from "../../test/support/until.js";
import type { CodedError } from "../errors.js";
import { toAuthenticators } from "./authenticators.js";
import { credsFileAuthenticator } from "./creds-file.js";

const own = () => ({ user: "me" });
const names = (options: Parameters<typeof toAuthenticators>[0]) =>
  toAuthenticators(options).map(({ option }) => option);

describe("who is asked for credentials", () => {
  it("nobody by default", () => expect(toAuthenticators({})).toEqual([]));

  it("what the options say, then their authenticators, which are told apart by their place", () => {
    expect(names({ authenticator: own })).toEqual(["authenticator"]);
    expect(names({ user: "me", pass: "p", authenticator: [own, own] })).toEqual([
      "user",
      "authenticator[0]",
      "authenticator[1]",
    ]);
    expect(names({ token: "t", authenticator: [own] })).toEqual(["token", "authenticator[0]"]);
    expect(toAuthenticators({ authenticator: own })[0].ask).toBe(own);
  });

  it("a creds file that cannot be read is refused, with the option and the file", () => {
    const missing = credsFileAuthenticator("/nowhere/user.creds");
    const error = thrown<CodedError>(() => toAuthenticators({ authenticator: [own, missing] }));
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.detail.option).toBe("authenticator[1]");
    expect(error.message).toBe(
      'option "authenticator[1]": creds file /nowhere/user.creds cannot be read (ENOENT)',
    );
    expect(error.detail.cause).toMatchObject({ code: "ENOENT" });
  });
});
