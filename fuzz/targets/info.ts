import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_CONNECT_URLS, parseInfo } from "../../src/wire/info.js";
import { expectCode } from "../expect-code.js";
import { mutated } from "../mutations.js";
import { target } from "../target.js";

const STRINGS = ["server_id", "server_name", "version", "go", "host"];
const OPTIONAL_STRINGS = ["client_ip", "cluster", "git_commit", "nonce", "domain"];
const COUNTS: Record<string, number> = { port: 0, proto: 0, max_payload: 1_048_576, client_id: 0 };
const FLAGS = ["headers", "auth_required", "jetstream", "ldm", "tls_available", "tls_required", "tls_verify"];
const KEYS = [...STRINGS, ...OPTIONAL_STRINGS, ...Object.keys(COUNTS), ...FLAGS, "api_lvl", "connect_urls"];
const LONGEST_URL = 512;

/** What is to be made of an INFO, said once more and in another way; undefined: it is to be refused. */
function expected(json: string): Record<string, unknown> | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (Object.prototype.toString.call(raw) !== "[object Object]") return undefined;
  const given = new Map(Object.entries(raw as object));
  const info: Record<string, unknown> = {};
  const take = (key: string, isRight: (value: unknown) => boolean, otherwise?: unknown) => {
    if (isRight(given.get(key))) info[key] = given.get(key);
    else if (otherwise !== undefined) info[key] = otherwise;
  };
  const isText = (value: unknown) => typeof value === "string";
  for (const key of STRINGS) take(key, isText, "");
  for (const key of OPTIONAL_STRINGS) take(key, isText);
  for (const key of FLAGS) take(key, (value) => value === true || value === false);
  for (const [key, otherwise] of Object.entries(COUNTS))
    take(key, (value) => Number.isSafeInteger(value) && Number(value) >= 0, otherwise);
  take("api_lvl", Number.isSafeInteger);
  const urls = given.get("connect_urls");
  if (Array.isArray(urls)) {
    const first = urls.slice(0, MAX_CONNECT_URLS);
    info.connect_urls = first.filter((url) => isText(url) && url !== "" && url.length <= LONGEST_URL);
  }
  return info;
}

/** An INFO parser under test: the product's, or a spoilt one of a test. */
export function checkInfo({ json }: { json: string }, parse: (json: string) => object = parseInfo): void {
  const wanted = expected(json);
  const { value, error } = expectCode(() => parse(json), "PROTOCOL_ERROR");
  assert.equal(error === undefined, wanted !== undefined, "taken or refused");
  if (value !== undefined) assert.deepEqual(value, wanted);
  for (const name of ["polluted", "server_id", "tls_required", "0"])
    assert(!(name in {}), `Object.prototype has got "${name}"`);
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(-1, 0, 4222, 1e300, 2 ** 53, 0.5, true, false, "", "x", "10.0.0.1:4222", "[::1]:4222"),
  fc.array(fc.oneof(fc.constantFrom("a:1", "", "[::1]:1", "nats://u:p@h", 5, null), fc.string()), {
    maxLength: 6,
  }),
  fc.constantFrom({ polluted: true }, { server_id: "x", tls_required: true }),
);
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "prototype", "valueOf") },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
);
/** Put together as text, so that a key can be there twice. */
const object = fc
  .array(fc.tuple(key, value), { maxLength: 12 })
  .map(
    (pairs) => `{${pairs.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`).join(",")}}`,
  );

export const info = target<{ json: string }>({
  name: "info",
  about: "any INFO: only known fields of the right type, or PROTOCOL_ERROR",
  inputs: (known) => {
    const texts = known.map(({ json }) => json).filter((text) => text.length < 5000);
    const words = [
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      ",",
      "null",
      "true",
      "1e999",
      "-0",
      '"__proto__":',
      "\\u0000",
      '"connect_urls":[',
    ];
    const json = fc.oneof(object, mutated(texts, words), fc.json(), fc.string());
    return fc.record({ json });
  },
  check: (input) => checkInfo(input),
});
