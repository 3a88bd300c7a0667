import { describe, expect, it } from "vitest";
import { parseAddress } from "../address.js";
import { Link, type LinkOwner } from "../link.js";
import { ServerPool } from "../pool.js";
import { withoutSecrets } from "./own-secrets.js";

const sent = {
  user: "me",
  pass: 'pa"ss\\w0rd',
  auth_token: "t0ken-t0ken-t0ken",
  jwt: "eyJ.eyJ.x",
  sig: "c2ln",
};

describe("what a server sends back of our credentials", () => {
  it("is hidden, as it is and as CONNECT has it; who we say we are stays", () => {
    const text = `what is this: CONNECT ${JSON.stringify(sent)} ${sent.pass} ${sent.auth_token}`;
    const shown = withoutSecrets(text, sent);
    expect(shown).toBe(
      'what is this: CONNECT {"user":"me","pass":"***","auth_token":"***","jwt":"***","sig":"***"} *** ***',
    );
  });

  it("is hidden where it is short only in quotes, and the rest can be read", () => {
    expect(withoutSecrets('a bad {"user":"a","pass":"a"}', { pass: "a" })).toBe(
      'a bad {"user":"***","pass":"***"}',
    );
  });

  it("does not take away what a known text is known by, nor an ordinary subject", () => {
    const pass = "violation";
    expect(withoutSecrets("Authorization Violation", { pass })).toBe("Authorization Violation");
    const denied = 'Permissions Violation for Publish to "set.violation"';
    expect(withoutSecrets(denied, { pass })).toBe(denied);
    expect(withoutSecrets('Permissions Violation for Publish to "CONNECT pass violation"', { pass })).toBe(
      'Permissions Violation for Publish to "CONNECT pass ***"',
    );
    expect(withoutSecrets(`Permissions Violation for Publish to "${sent.auth_token}"`, sent)).toBe(
      'Permissions Violation for Publish to "***"',
    );
  });

  it("changes nothing where nothing was said", () => {
    for (const none of [undefined, {}, { pass: "" }]) expect(withoutSecrets("x", none)).toBe("x");
  });

  it("is hidden as a whole where one secret has another one in it", () => {
    const text = "you said abcdefgh, and abcd";
    expect(withoutSecrets(text, { pass: "abcd", auth_token: "abcdefgh" })).toBe("you said ***, and ***");
  });

  it("is looked for in time, whatever a server says", () => {
    // Each of the quotes could be the first one of a subject: what looked for its end behind each took seconds.
    for (const end of ["", "\\"]) {
      const text = `Permissions Violation for Publish to "${'\\"'.repeat(30_000)}${end}`;
      const begun = performance.now();
      expect(withoutSecrets(text, { pass: "s3cret-s3cret" })).toBe(text);
      expect(performance.now() - begun).toBeLessThan(1000);
    }
  });

  it("is hidden before anybody hears of it", () => {
    const told: string[] = [];
    const owner = { onServerError: (_link: Link, text: string) => told.push(text) };
    const link = new Link(
      1,
      new ServerPool([parseAddress("h:1")], undefined).all[0],
      owner as unknown as LinkOwner,
      0,
    );
    link.secrets = { auth_token: "s3cret" };
    link.read(Buffer.from("-ERR 'no s3cret'\r\n"));
    expect(told).toEqual(["no ***"]);
  });

  it("is hidden where a line that is no NATS is quoted", () => {
    const link = new Link(
      1,
      new ServerPool([parseAddress("h:1")], undefined).all[0],
      {} as unknown as LinkOwner,
      0,
    );
    link.secrets = { auth_token: "s3cret" };
    expect(() => link.read(Buffer.from("you said s3cret\r\n"))).toThrow(/you said \*\*\*/);
  });
});
