import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { MAX_CONNECT_URLS, parseInfo, type ServerInfo } from "./info.js";

const REAL =
  '{"server_id":"NDX","server_name":"n1","version":"2.15.1","proto":1,"git_commit":"abc","go":"go1.25","host":"0.0.0.0","port":4222,' +
  '"headers":true,"max_payload":1048576,"jetstream":true,"client_id":5,"client_ip":"127.0.0.1","nonce":"xyz","cluster":"c1",' +
  '"auth_required":true,"tls_required":false,"domain":"hub","api_lvl":2,"xkey":"XAB","ldm":true,"connect_urls":["10.0.0.1:4222","[::1]:4223"]}';

const TYPES: Record<keyof ServerInfo, string> = {
  server_id: "string",
  server_name: "string",
  version: "string",
  go: "string",
  host: "string",
  port: "number",
  proto: "number",
  max_payload: "number",
  client_id: "number",
  headers: "boolean",
  auth_required: "boolean",
  client_ip: "string",
  cluster: "string",
  connect_urls: "object",
  git_commit: "string",
  jetstream: "boolean",
  ldm: "boolean",
  nonce: "string",
  tls_available: "boolean",
  tls_required: "boolean",
  tls_verify: "boolean",
  api_lvl: "number",
  domain: "string",
};

function expectSane(info: ServerInfo): void {
  for (const [name, value] of Object.entries(info)) {
    expect(typeof value).toBe(TYPES[name as keyof ServerInfo]);
    if (typeof value === "number") expect(Number.isSafeInteger(value)).toBe(true);
  }
  for (const name of ["port", "proto", "max_payload", "client_id"] as const) {
    expect(info[name]).toBeGreaterThanOrEqual(0);
  }
  const urls = info.connect_urls ?? [];
  expect(urls.length).toBeLessThanOrEqual(MAX_CONNECT_URLS);
  for (const url of urls) expect(typeof url).toBe("string");
}

describe("INFO", () => {
  it("of a real server is taken over, unknown fields left out", () => {
    const { xkey, ...known } = JSON.parse(REAL);
    expect(xkey).toBe("XAB");
    expect(parseInfo(REAL)).toEqual(known);
    expect(parseInfo(` ${REAL} `)).toEqual(known);
  });

  it("that says nothing gets the values of a server in default settings", () => {
    expect(parseInfo("{}")).toEqual({
      server_id: "",
      server_name: "",
      version: "",
      go: "",
      host: "",
      port: 0,
      proto: 0,
      max_payload: 1024 * 1024,
      client_id: 0,
    });
  });

  it.each([
    "",
    " ",
    "{",
    "null",
    "[]",
    "[1]",
    "1",
    '"x"',
    "true",
    "{}{}",
    "{'a':1}",
    "\0",
    "NaN",
    "[".repeat(500_000),
  ])("that is no JSON object is a PROTOCOL_ERROR (%#) [parity 96]", (json) => {
    try {
      parseInfo(json);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect((error as CodedError).code).toBe("PROTOCOL_ERROR");
      expect((error as CodedError).message.length).toBeLessThan(200);
    }
  });

  it.each([-1, 1.5, 1e300, "5", null, true, [], {}, 2 ** 53])("takes no number that is none: %j", (value) => {
    const json = JSON.stringify({
      port: value,
      proto: value,
      max_payload: value,
      client_id: value,
      api_lvl: value,
    });
    const info = parseInfo(json);
    expect(info).toMatchObject({ port: 0, proto: 0, max_payload: 1024 * 1024, client_id: 0 });
    if (value !== -1) expect(info.api_lvl).toBeUndefined();
  });

  it("copies no field that it does not know, also not into the prototype", () => {
    const json =
      '{"__proto__":{"headers":true,"tls_required":true},"constructor":{"prototype":{"x":1}},"toString":"x","headers":"yes"}';
    const info = parseInfo(json);
    expect(info.headers).toBeUndefined();
    expect(info.tls_required).toBeUndefined();
    expect(Object.getPrototypeOf(info)).toBe(Object.prototype);
    expect(Object.hasOwn(info, "toString")).toBe(false);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("names a bounded number of servers, each of a bounded length", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `10.0.0.${i % 256}:${i}`);
    expect(parseInfo(JSON.stringify({ connect_urls: many })).connect_urls).toHaveLength(MAX_CONNECT_URLS);
    const odd = ["", "x".repeat(513), "a:1", 5, null, ["b:1"], { c: 1 }];
    expect(parseInfo(JSON.stringify({ connect_urls: odd })).connect_urls).toEqual(["a:1"]);
    expect(parseInfo('{"connect_urls":"a:1"}').connect_urls).toBeUndefined();
    expect(parseInfo('{"connect_urls":{"length":3}}').connect_urls).toBeUndefined();
  });

  it("of any content becomes fields of the right types, or a typed error (property)", () => {
    const fields = fc.dictionary(
      fc.oneof(fc.constantFrom(...Object.keys(TYPES), "__proto__", "xkey"), fc.string()),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fields.map((value) => JSON.stringify(value)),
          fc.json(),
          fc.string(),
        ),
        (json) => {
          let info: ServerInfo;
          try {
            info = parseInfo(json);
          } catch (error) {
            expect(error).toBeInstanceOf(CodedError);
            return;
          }
          expectSane(info);
        },
      ),
      { numRuns: 500 },
    );
  });
});
