import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import fc from "fast-check";
import { type Address, isWebSocket, parseAddress, redact } from "../../src/core/address.js";
import { ServerPool } from "../../src/core/pool.js";
import { expectCode } from "../expect-code.js";
import { mutated } from "../mutations.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { target } from "../target.js";

/** A text for `servers`, or one that a server gossips. */
export interface AddressInput {
  readonly text: string;
}

/** A URL of which the WHATWG's parser says something that can be compared: host and port in ASCII, behind them plain letters. */
const COMPARABLE =
  /^(?:(?:nats|tls):\/\/(?:[^@/?#\s\\]*@)?(?:[a-z0-9._-]+|\[[0-9a-f:]+\]):\d{1,5}\/?|wss?:\/\/(?:[^@/?#\s\\]*@)?(?:[a-z_-][a-z0-9_-]*|\[[0-9a-f:]+\])(?::\d{1,5})?(?:\/[a-z0-9~-]+)*(?:\/(?:\?[a-z0-9=&/?-]*)?)?)$/i;

/** What the WHATWG's parser leaves out. */
const WEB_PORTS: Record<string, string> = { "ws:": "80", "wss:": "443" };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function compareWithUrl(text: string, found: Address | undefined): void {
  if (!COMPARABLE.test(text)) return;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // What is no URL may still be an address of ours: `nats://a:b:99999` is neither.
    return;
  }
  if (url.port === "0") return assert.equal(found, undefined, "port 0");
  // Nobody can tell what is encoded in it, and what is not.
  if (isMixed(text)) return assert.equal(found, undefined, "credentials of which only a part is encoded");
  assert(found !== undefined, "a good URL is refused");
  const host = found.hostname.includes(":") ? `[${found.hostname}]` : found.hostname;
  assert.equal(`${found.scheme}:`, url.protocol);
  assert.equal(new URL(`nats://${host}`).hostname.toLowerCase(), url.hostname.toLowerCase());
  assert.equal(String(found.port), url.port || WEB_PORTS[url.protocol]);
  assert.equal((found.path ?? "") + (found.query ?? ""), behind(url));
  const { user, pass, token } = found;
  const credentials = { user, pass, token };
  const hasColon = /^[a-z]+:\/\/[^@]*:[^@]*@/i.test(text);
  const wanted = hasColon
    ? { user: decoded(url.username), pass: decoded(url.password), token: undefined }
    : { user: undefined, pass: undefined, token: url.username === "" ? undefined : decoded(url.username) };
  // What does not begin an encoding is left as it was written by us, and escaped by the WHATWG's parser.
  if (isDecodable(url.username) && isDecodable(url.password)) assert.deepEqual(credentials, wanted);
}

/** Path and query as ours are. */
function behind({ protocol, pathname, search, href }: URL): string {
  const query = search === "" && href.endsWith("?") ? "?" : search;
  return WEB_PORTS[protocol] === undefined || pathname === "/" ? query : pathname + query;
}

/** Whether the credentials of a URL have something that looks encoded, and cannot be decoded as a whole. */
function isMixed(text: string): boolean {
  const credentials = /^[a-z]+:\/\/([^@]*)@/i.exec(text)?.[1] ?? "";
  return /%[0-9a-f]{2}/i.test(credentials) && !isDecodable(credentials);
}

function isDecodable(text: string): boolean {
  return decoded(text) !== text || !text.includes("%");
}

/** @param parse a parser under test: the product's, or a spoilt one of a test */
export function checkAddress({ text }: AddressInput, parse = parseAddress): void {
  const { value, error } = expectCode(() => parse(text), "INVALID_OPTION");
  if (error !== undefined) {
    assert.equal(error.detail.option, "servers");
    if (isCredential(text)) expectNoSecret(error, "the error");
  } else checkTaken(value, parse);
  compareWithUrl(text, value);
  const bare = text.trim();
  if (isIPv6(bare) && /^[^%]*(%[\w.-]+)?$/.test(bare))
    assert.equal(value?.hostname, bare, "an IPv6 address is refused");
  if (isCredential(text)) assert(!redact(text).includes(SECRET), "redact() shows it");
  checkGossip(text);
}

/** Whether the secret stands where a password or a token stands: before an `@`, or in a query. */
function isCredential(whole: string): boolean {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(whole.trim())?.[0] ?? "";
  if (scheme.includes(SECRET)) return false;
  const text = whole.trim().slice(scheme.length);
  const at = text.lastIndexOf("@");
  const query = text.slice(at + 1).search(/[?#]/);
  const places = [...text.matchAll(new RegExp(SECRET, "g"))].map(({ index }) => index);
  return places.length > 0 && places.every((place) => place < at || (query !== -1 && place > at + query));
}

function checkTaken(address: Address, parse: typeof parseAddress): void {
  const { hostname, port, listen, scheme, path = "", query = "" } = address;
  assert(Number.isInteger(port) && port >= 1 && port <= 65_535, `port ${port}`);
  assert(["nats", "tls", "ws", "wss"].includes(scheme));
  assert(/^(?:\/[^\s?#\\]*)?$/.test(path) && path !== "/", `path ${JSON.stringify(path)}`);
  assert(/^(?:\?[^\s#\\]*)?$/.test(query), `query ${JSON.stringify(query)}`);
  assert(path + query === "" || isWebSocket(scheme), "a path without a websocket");
  assert(/^[^\s/?#@\\[\]]+$/u.test(hostname), `host ${JSON.stringify(hostname)}`);
  if (hostname.includes(":")) {
    // Node knows no interface with an underscore in its name, the system does.
    const [ip, zone = "eth0"] = hostname.split("%");
    assert(isIPv6(ip) && /^[\w.-]+$/.test(zone), `"${hostname}" is no IPv6 address`);
    assert.equal(listen, `[${hostname}]:${port}${path}`);
  } else assert.equal(listen, `${hostname.toLowerCase()}:${port}${path}`);
  assert.equal(address.user === undefined, address.pass === undefined);
  assert(address.token === undefined || address.user === undefined);
  // The name of a server is an address of the same server.
  const again = parse(listen, scheme);
  assert.deepEqual([again.listen, again.port, again.user, again.token], [listen, port, undefined, undefined]);
}

/** Gossip never throws, and never brings credentials of its own, another path, or another kind of server. */
function checkGossip(text: string): void {
  checkGossipTo("tls://me:mine@first:4222", text);
  checkGossipTo("wss://me:mine@first:4222/path?query", text);
}

function checkGossipTo(first: string, text: string): void {
  const pool = new ServerPool([parseAddress(first)], undefined);
  const update = pool.gossip([text, "second:4222"], pool.all[0]);
  assert(pool.all.length <= 3);
  const secret = ({ scheme, user, pass, token, path, query }: Address) => [
    scheme,
    user,
    pass,
    token,
    path,
    query,
  ];
  for (const { address } of pool.all) assert.deepEqual(secret(address), secret(pool.all[0].address));
  if (isCredential(text)) expectNoSecret(update, "the update");
}

const host = fc.oneof(
  fc.constantFrom(
    "h",
    "LocalHost",
    "10.0.0.1",
    "[::1]",
    "::1",
    "[fe80::1%eth0]",
    "münchen.example",
    "a_b-c",
    "",
    "[",
    "]",
    "[]",
    "[1]",
    "..",
    "a..b",
    "%41",
    "1",
  ),
  fc.ipV6().map((ip) => `[${ip}]`),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.domain(),
);
const userinfo = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(
    SECRET,
    `me:${SECRET}`,
    `${SECRET}:`,
    `:${SECRET}`,
    "",
    ":",
    `a:b:${SECRET}`,
    `me:${SECRET}%`,
    `%00:${SECRET}`,
    `m@e:${SECRET}`,
    `me:${SECRET}/x`,
  ),
  fc.webAuthority({ withUserInfo: true }).map((authority) => authority.split("@")[0]),
);
const url = fc
  .record({
    scheme: fc.constantFrom(
      "",
      "nats://",
      "tls://",
      "NATS://",
      "ws://",
      "wss://",
      "http://",
      "://",
      "nats:",
      "nats:/",
      "//",
    ),
    userinfo,
    host,
    port: fc.oneof(
      fc.constantFrom("", ":", ":4222", ":0", ":65535", ":65536", ":-1", ":04222", ":x", ":1:2", ":١"),
      fc.nat(70_000).map((n) => `:${n}`),
    ),
    tail: fc.oneof(
      { weight: 4, arbitrary: fc.constant("") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "/",
          "/p",
          "/p/?q=1",
          `/?${SECRET}`,
          "?q",
          "#f",
          " ",
          "\n",
          "//",
          "@",
          ",b",
        ),
      },
    ),
  })
  .map(
    ({ scheme, userinfo, host, port, tail }) =>
      `${scheme}${userinfo === undefined ? "" : `${userinfo}@`}${host}${port}${tail}`,
  );

export const address = target<AddressInput>({
  name: "address",
  about:
    "any text as a server's address, given or gossiped: as the WHATWG's URL says, no credentials in errors",
  inputs: (known) => {
    const texts = known.map(({ text }) => text).filter((text) => text.length < 500);
    const words = [
      "://",
      ":",
      "@",
      "[",
      "]",
      "%",
      "%25",
      "/",
      "?",
      "#",
      "\\",
      " ",
      "\t",
      "\n",
      "::",
      "nats://",
      "tls://",
      "ws://",
      "wss://",
      SECRET,
      `:${SECRET}@`,
      "\u0130",
      "\u00df",
      "\u212a",
    ];
    return fc.record({
      text: fc.oneof(
        url,
        mutated(texts, words),
        url.chain((text) => mutated([text], words)),
        fc.string(),
      ),
    });
  },
  check: (input) => checkAddress(input),
});
