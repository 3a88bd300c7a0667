import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { HostCheck, hostOf, isHostName } from "./host-check.js";
import { isLoopback } from "./loopback.js";

function request(host: string | undefined, origin?: string, ...more: string[]): IncomingMessage {
  const rawHeaders = [...(host === undefined ? [] : ["Host", host]), ...more];
  return { headers: { host, origin }, rawHeaders } as unknown as IncomingMessage;
}

const isRefused = (check: HostCheck, host: string | undefined, origin?: string) =>
  check.refusal(request(host, origin)) !== undefined;

describe("loopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.8.9.10", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["localhost", true],
    ["LOCALHOST", true],
    ["0.0.0.0", false],
    ["::", false],
    ["10.0.0.1", false],
    ["128.0.0.1", false],
    ["::ffff:10.0.0.1", false],
    ["localhost.example.com", false],
    ["127.0.0.1.example.com", false],
    ["127.1", false],
    ["", false],
  ])("%s: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe("a Host header", () => {
  it.each([
    ["localhost", "localhost"],
    ["LocalHost:80", "localhost"],
    ["a-b.example_c.com:65535", "a-b.example_c.com"],
    ["10.0.0.1:8080", "10.0.0.1"],
    ["[::1]:8080", "::1"],
    ["[::1]", "::1"],
    ["", undefined],
    [":80", undefined],
    ["::1", undefined],
    ["[1.2.3.4]", undefined],
    ["[::1", undefined],
    ["user@localhost", undefined],
    ["localhost:", undefined],
    ["localhost:port", undefined],
    ["localhost, evil", undefined],
    ["localhost/", undefined],
    ["localhost.", undefined],
    ["loc alhost", undefined],
    ["localhost\u0000", undefined],
  ])("%s is of %s", (header, host) => {
    expect(hostOf(header)).toBe(host);
  });

  it("names of hosts are told from others", () => {
    for (const name of ["a", "a.b", "A-1.example.com", "10.0.0.1"]) expect(isHostName(name), name).toBe(true);
    for (const name of ["", "*", "a.", ".a", "a:80", "http://a", "[::1]", "a/b"])
      expect(isHostName(name), name).toBe(false);
  });
});

describe("a server that listens on loopback", () => {
  const check = new HostCheck("127.0.0.1", ["Metrics.Internal"]);

  it.each([
    "127.0.0.1:9000",
    "localhost:9000",
    "LOCALHOST",
    "[::1]:1",
    "127.1.2.3",
    "metrics.internal:9000",
    "METRICS.internal",
  ])("answers under %s", (host) => {
    expect(isRefused(check, host)).toBe(false);
  });

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:9000",
    "10.0.0.7:9000",
    "localhost.evil.example",
    "xlocalhost",
    "127.0.0.1.evil.example",
  ])("refuses %s", (host) => {
    expect(isRefused(check, host)).toBe(true);
  });

  it("refuses a second Host header", () => {
    expect(check.refusal(request("localhost", undefined, "X", "host"))).toBeUndefined();
    expect(check.refusal(request("localhost", undefined, "HOST", "evil"))).toBeDefined();
  });
});

describe("a server that listens elsewhere", () => {
  const check = new HostCheck("0.0.0.0", ["svc.cluster.local"]);

  it.each(["10.0.0.7:9000", "localhost:9000", "[fd00::1]:9000", "svc.cluster.local"])(
    "answers under %s",
    (host) => {
      expect(isRefused(check, host)).toBe(false);
    },
  );

  it.each(["evil.example", "cluster.local", "a.svc.cluster.local", undefined])("refuses %s", (host) => {
    expect(isRefused(check, host)).toBe(true);
  });

  it("answers under the name that it listens on", () => {
    expect(isRefused(new HostCheck("Here.example", []), "here.example:1")).toBe(false);
  });
});

describe("an Origin", () => {
  const check = new HostCheck("127.0.0.1", []);

  it.each(["http://localhost:9000", "https://localhost:9000", "http://LOCALHOST:9000"])(
    "%s is ours",
    (origin) => {
      expect(isRefused(check, "localhost:9000", origin)).toBe(false);
    },
  );

  it.each([
    "null",
    "",
    "http://localhost",
    "http://localhost:9001",
    "http://127.0.0.1:9000",
    "http://evil.example",
    "http://localhost:9000.evil.example",
    "http://evil@localhost:9000",
    "file://localhost:9000",
    "localhost:9000",
    "http://localhost:9000/",
  ])("%s is not", (origin) => {
    expect(isRefused(check, "localhost:9000", origin)).toBe(true);
  });
});
