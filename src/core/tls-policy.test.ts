import { describe, expect, it } from "vitest";
import { parseInfo } from "../wire/info.js";
import { parseAddress } from "./address.js";
import { Link, type LinkOwner } from "./link.js";
import { ServerPool } from "./pool.js";
import { checkTlsSchemes, type TlsPolicy, tlsComesFirst, wantsTls } from "./tls-policy.js";

type Wish = TlsPolicy["wish"];
const policy = (wish: Wish, first = false): TlsPolicy => ({ wish, first });

/** A link to a server that has said this of itself. */
function link(url: string, info: object = {}): Link {
  const [server] = new ServerPool([parseAddress(url)], undefined).all;
  return Object.assign(new Link(1, server, {} as LinkOwner, 0), { info: parseInfo(JSON.stringify(info)) });
}

describe("TLS after INFO", () => {
  it.each<[string, object, Wish, boolean]>([
    ["nats://a", {}, "offered", false],
    ["nats://a", { tls_required: true }, "offered", true],
    ["nats://a", { tls_available: true }, "offered", true],
    ["nats://a", { tls_available: true }, "required", true],
    ["nats://a", { tls_available: true }, "refused", false],
    ["tls://a", { tls_available: true }, "offered", true],
    ["wss://a", { tls_required: true }, "offered", false],
    ["wss://a", { tls_required: true }, "required", false],
    ["ws://a", {}, "offered", false],
    ["ws://a", { tls_required: true }, "offered", false],
    ["ws://a", { tls_available: true }, "refused", false],
    ["ws://a", { tls_required: true }, "refused", false],
  ])("of %s that says %j, with a wish that it be %s: %s", (url, info, wish, wanted) => {
    expect(wantsTls(link(url, info), policy(wish))).toBe(wanted);
  });

  it.each<[string, object, Wish, string, RegExp]>([
    ["nats://a", { tls_required: true }, "refused", "TLS_REQUIRED", /a:4222 wants TLS/],
    ["nats://a", {}, "required", "TLS_UNAVAILABLE", /option "tls" is set/],
    ["tls://a", {}, "offered", "TLS_UNAVAILABLE", /its URL says tls:\/\//],
    ["ws://a", { tls_available: true }, "required", "TLS_UNAVAILABLE", /option "tls" is set/],
  ])("of %s that says %j, with a wish that it be %s, is refused: %s", (url, info, wish, code, text) => {
    const refusal = { code, message: expect.stringMatching(text), detail: { option: "tls" } };
    expect(() => wantsTls(link(url, info), policy(wish))).toThrow(expect.objectContaining(refusal));
  });

  it("is not wanted twice", () => {
    const secured = Object.assign(link("tls://a", { tls_required: true }), { secure: true });
    expect(wantsTls(secured, policy("required", true))).toBe(false);
  });
});

describe("TLS before INFO", () => {
  it.each<[string, boolean, boolean]>([
    ["nats://a", true, true],
    ["tls://a", true, true],
    ["nats://a", false, false],
    ["wss://a", true, false],
  ])("of %s with handshakeFirst %s: %s", (url, first, expected) => {
    expect(tlsComesFirst(link(url), policy("required", first))).toBe(expected);
  });
});

describe("schemes and option tls", () => {
  it.each<[string, Wish]>([
    ["ws://a", "required"],
    ["wss://a", "refused"],
    ["tls://a", "refused"],
  ])("%s contradicts one that is %s, and is refused by name", (url, wish) => {
    expect(() => checkTlsSchemes([parseAddress("b"), parseAddress(url)], policy(wish))).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(url) }),
    );
  });

  it.each<Wish>(["offered", "required", "refused"])("go together elsewhere: %s", (wish) => {
    const urls = {
      offered: ["nats", "tls", "ws", "wss"],
      required: ["nats", "tls", "wss"],
      refused: ["nats", "ws"],
    };
    for (const scheme of urls[wish]) checkTlsSchemes([parseAddress(`${scheme}://a`)], policy(wish));
  });
});
