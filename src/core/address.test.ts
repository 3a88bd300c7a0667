import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { checkUnmixed, parseAddress, redact } from "./address.js";

function refusal(text: string): CodedError {
  return thrown(() => parseAddress(text));
}

/** The error that `action` throws; fails when it returns. */
function thrown(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  throw new Error("it should have thrown");
}

describe("addresses", () => {
  it.each([
    ["localhost", "localhost", 4222, "localhost:4222"],
    ["LocalHost:5222", "LocalHost", 5222, "localhost:5222"],
    ["10.0.0.1", "10.0.0.1", 4222, "10.0.0.1:4222"],
    ["10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"],
    ["n1.example.com:65535", "n1.example.com", 65_535, "n1.example.com:65535"],
    ["under_score-1", "under_score-1", 4222, "under_score-1:4222"],
    ["münchen.example", "münchen.example", 4222, "münchen.example:4222"],
    ["हिन्दी.example", "हिन्दी.example", 4222, "हिन्दी.example:4222"],
    ["localhost:", "localhost", 4222, "localhost:4222"],
    ["localhost:04222", "localhost", 4222, "localhost:4222"],
    ["  localhost:1 ", "localhost", 1, "localhost:1"],
    ["nats://localhost", "localhost", 4222, "localhost:4222"],
    ["nats://localhost:4223/", "localhost", 4223, "localhost:4223"],
    ["NATS://h:1", "h", 1, "h:1"],
    ["::1", "::1", 4222, "[::1]:4222"],
    ["[::1]", "::1", 4222, "[::1]:4222"],
    ["[::1]:4223", "::1", 4223, "[::1]:4223"],
    ["nats://[2001:db8::1]:4223", "2001:db8::1", 4223, "[2001:db8::1]:4223"],
    ["2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1", 4222, "[2001:db8:0:0:0:0:0:1]:4222"],
    ["::ffff:10.0.0.1", "::ffff:10.0.0.1", 4222, "[::ffff:10.0.0.1]:4222"],
    ["[fe80::1%eth0]:4223", "fe80::1%eth0", 4223, "[fe80::1%eth0]:4223"],
  ])("%s", (text, hostname, port, listen) => {
    expect(parseAddress(text)).toEqual({ scheme: "nats", hostname, port, listen });
  });

  it("keep the scheme tls", () => {
    expect(parseAddress("tls://h:4443")).toMatchObject({ scheme: "tls", hostname: "h", port: 4443 });
  });

  it("take the scheme that is given when they have none, and its port [parity 5]", () => {
    expect(parseAddress("h", "wss")).toMatchObject({ scheme: "wss", port: 443 });
    expect(parseAddress("::1", "ws")).toMatchObject({ scheme: "ws", listen: "[::1]:80" });
    expect(parseAddress("nats://h", "ws")).toMatchObject({ scheme: "nats", port: 4222 });
  });

  it("of one server have one name: lower case, port written out", () => {
    const names = ["H.example", "h.EXAMPLE:4222", "nats://h.example/", "nats://me:secret@h.example:4222"];
    expect(new Set(names.map((name) => parseAddress(name).listen))).toEqual(new Set(["h.example:4222"]));
  });
});

describe("addresses of websockets", () => {
  it.each([
    ["ws://h", { scheme: "ws", hostname: "h", port: 80, listen: "h:80" }],
    ["wss://h", { scheme: "wss", hostname: "h", port: 443, listen: "h:443" }],
    ["wss://h:/", { scheme: "wss", hostname: "h", port: 443, listen: "h:443" }],
    ["WS://H:8080", { scheme: "ws", hostname: "H", port: 8080, listen: "h:8080" }],
    ["ws://[::1]", { scheme: "ws", hostname: "::1", port: 80, listen: "[::1]:80" }],
    ["ws://h/a", { scheme: "ws", hostname: "h", port: 80, listen: "h:80/a", path: "/a" }],
    ["wss://h:1/a/B-c.d/%2F/", { port: 1, listen: "h:1/a/B-c.d/%2F/", path: "/a/B-c.d/%2F/" }],
    ["ws://[::1]:1/a:b@c", { hostname: "::1", port: 1, listen: "[::1]:1/a:b@c", path: "/a:b@c" }],
    ["wss://me:secret@h/a", { listen: "h:443/a", user: "me", pass: "secret", path: "/a" }],
    ["ws://t0ken@h:1/a", { listen: "h:1/a", token: "t0ken" }],
    ["wss://h/a?b=c/d?%20&e", { listen: "h:443/a", path: "/a", query: "?b=c/d?%20&e" }],
    ["ws://h:1/?b", { listen: "h:1", query: "?b" }],
  ])("%s [parity 5]", (text, wanted) => {
    expect(parseAddress(text)).toMatchObject(wanted);
  });

  it("have no path when it says nothing", () => {
    for (const text of ["ws://h", "ws://h/", "ws://h:80/"]) {
      expect(parseAddress(text)).toEqual({ scheme: "ws", hostname: "h", port: 80, listen: "h:80" });
    }
  });

  it.each([
    "ws://",
    "ws:///a",
    "wss://h:0/a",
    "ws://h/a b",
    "ws://h?token=S3CRET",
    "ws://h:80/?S3CRET x",
    "ws://h/a?token=S3CRET#",
    "nats://h/?S3CRET",
    "ws://h/a#S3CRET",
    "ws://h/a\r\nX: S3CRET",
    "ws://h/%",
    "ws://h/%zz",
    "ws://h/\u00e9",
    "ws://h\\a",
    "h/a",
    "tls://h/a",
  ])("are refused without a host, with a fragment, or what no path or query has: %j", (text) => {
    const error = refusal(text);
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.message).not.toContain("S3CRET");
  });

  it("are not mixed with others, whatever else is in the list", () => {
    const mixed = (...texts: string[]) => checkUnmixed(texts.map((text) => parseAddress(text)));
    mixed();
    mixed("ws://a", "wss://b:1/x");
    mixed("a", "nats://b", "tls://c");
    for (const list of [
      ["ws://a", "nats://me:S3CRET@b"],
      ["a", "wss://S3CRET@b"],
      ["ws://a", "b"],
      ["tls://a", "b", "ws://c"],
    ]) {
      const error = thrown(() => mixed(...list));
      expect(error).toMatchObject({ code: "INVALID_OPTION", detail: { option: "servers" } });
      expect(error.message).toContain("cannot be mixed");
      expect(error.message).not.toContain("S3CRET");
    }
  });
});

describe("credentials in an address", () => {
  it.each([
    ["nats://me:secret@h", { user: "me", pass: "secret" }],
    ["me:secret@h:1", { user: "me", pass: "secret" }],
    ["nats://s3cr3t@h", { token: "s3cr3t" }],
    ["nats://me:@h", { user: "me", pass: "" }],
    ["nats://me:a:b:c@h", { user: "me", pass: "a:b:c" }],
    ["nats://m%40e:p%3Aa%2Fs%25s%20@h", { user: "m@e", pass: "p:a/s%s " }],
    ["nats://%C3%A9@h", { token: "é" }],
    ["nats://me:100%@h", { user: "me", pass: "100%" }],
    ["nats://a%zz:b%z@h", { user: "a%zz", pass: "b%z" }],
    ["nats://me:%2540@h", { user: "me", pass: "%40" }],
    ["nats://me:secret@[::1]:4222", { user: "me", pass: "secret" }],
  ])("%s", (text, wanted) => {
    expect(parseAddress(text)).toMatchObject(wanted);
  });

  it("are not there when there are none", () => {
    for (const text of ["nats://h", "nats://@h"]) {
      const address = parseAddress(text);
      expect([address.user, address.pass, address.token]).toEqual([undefined, undefined, undefined]);
    }
  });

  it("are not part of the server's name", () => {
    expect(parseAddress("nats://me:secret@h:1").listen).toBe("h:1");
  });
});

describe("what is no address", () => {
  const HOSTILE = [
    "",
    " ",
    ":",
    ":4222",
    "nats://",
    "nats://:4222",
    "h:0",
    "h:65536",
    "h:99999999999999999999",
    "h:-1",
    "h:4222x",
    "h:1:2",
    "h/path",
    "nats://h:1/path?x=y",
    "http://h",
    "file:///etc/passwd",
    "[::1",
    "::1]",
    "[]",
    "[]:4222",
    "[h]:4222",
    "[::1]x",
    "[::1.2.3.330]",
    "[::1.2.3.04]",
    "a b",
    "a\tb",
    "h\r\nPUB x 1",
    "h\0",
    "a@b@c@",
    "::::",
    "1:2:3",
    ":::1",
    "12345::1",
    "1:2:3:4:5:6:7:8:9",
    "g::1",
    "::1.2.3",
  ];

  it.each(HOSTILE)("is refused with INVALID_OPTION and the option's name: %j", (text) => {
    const error = refusal(text);
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.detail.option).toBe("servers");
  });

  it.each([
    "h\x1b]0;pwned\x07",
    "h\x7f",
    "h\x01.example",
    "h\u0085",
    "::1%\x1b[2J",
    "[fe80::1%a b]",
    "::1%a\r\nb",
  ])("may not bring control characters or white space into names, logs and events: %j", (text) => {
    expect(refusal(text).code).toBe("INVALID_OPTION");
  });

  it.each([
    ["nats://u:x@127.0.0.1:notaport", "the port must be a number"],
    ["127.0.0.1:notaport", "the port must be a number"],
    ["nats://[::1]:x", "the port must be a number"],
    ["nats://u:x@[", "the bracket of an IPv6 address is not closed"],
    ["nats://", "not a server address"],
    ["nats://h/path", "only a websocket"],
    ["nats://me:a@b@h", 'write an "@" in credentials as %40'],
    ["nats://me:a@,b@h", 'write an "@" in credentials as %40'],
    ["nats://me:a%40%zz@h", 'some of the credentials is percent-encoded and some is not: write "%" as %25'],
    ["nats://me:a%ff@h", 'some of the credentials is percent-encoded and some is not: write "%" as %25'],
    ["nats://me%40h", 'write the "@" between credentials and host as it is, not as %40'],
    ["http://h:8222", 'unknown scheme "http"; there are nats, tls, ws and wss'],
  ])("says which part is wrong: %j: %s", (text, why) => {
    expect(refusal(text).message).toContain(why);
  });

  it("is refused quickly, however long it is", () => {
    for (const text of [
      ":".repeat(100_000),
      "a".repeat(100_000).concat("@".repeat(1000)),
      "[".repeat(100_000),
    ]) {
      refusal(text);
    }
  });
});

describe("secrets", () => {
  const secret = "S3CRET";

  it.each([
    `nats://me:${secret}@h:99999`,
    `nats://me:half@${secret}@h`,
    `nats://${secret}@h:x`,
    `http://me:${secret}@h`,
    `me:${secret}@`,
    `nats://me:${secret}/x@h`,
    `nats://me:${secret}@h/path@x`,
    `nats://me:${secret}`,
    `me:${secret}`,
    `nats://me:${secret}:x`,
    `nats://me:${secret}%40%zz@h`,
    `nats://${secret}%40%@h`,
    `nats://me%zz%40:${secret}@h`,
    `nats://me:${secret}%ff@h`,
    `nats://${secret}%40h`,
    `nats://me:half@${secret}%40h`,
    `nats://me%3A${secret}%40h:4222`,
    `${secret}%40h`,
    `nats://me:${secret}@,w@h`,
  ])("never appear in the error about %j", (text) => {
    const error = refusal(text);
    expect(error.message).not.toContain(secret);
    expect(JSON.stringify(error.detail)).not.toContain(secret);
  });

  it("never appear in an error, wherever the address is wrong (property)", () => {
    const noise = fc.string({
      unit: fc.constantFrom("a", ":", "@", "/", "[", "]", "%", " ", "\n", "?", "#"),
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        noise,
        noise,
        noise,
        fc.constantFrom("h", "h:x", "h:0", "", "[::1", "h/p"),
        (a, b, c, host) => {
          const text = `nats://${a}${secret}${b}${secret}${c}@${host}`;
          try {
            parseAddress(text);
          } catch (error) {
            expect((error as CodedError).message).not.toContain(secret);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("are cut out of a text, and the rest is left as it is", () => {
    expect(redact(`nats://me:${secret}@h:1`)).toBe("nats://***@h:1");
    expect(redact(`${secret}@h`)).toBe("***@h");
    expect(redact(`ws://me@h:1/a?${secret}`)).toBe("ws://***@h:1/a?***");
    expect(redact("nats://h:1")).toBe("nats://h:1");
  });
});
