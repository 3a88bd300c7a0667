import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/until.js";
import type { ProbeOptions } from "./options.js";
import { probe } from "./probe.js";
import { toProbeSettings } from "./settings.js";

describe("what a probe is told", () => {
  it("is completed", () => {
    expect(toProbeSettings("host", {})).toMatchObject({
      address: { listen: "host:4222", scheme: "nats" },
      timeout: 2000,
      deadline: 10_000,
      pings: 10,
      payload: undefined,
      publish: false,
      jetstream: "$JS.API.INFO",
      jetstreamNeeded: false,
    });
    expect(toProbeSettings("host", { jetstream: true })).toMatchObject({ jetstreamNeeded: true });
    expect(toProbeSettings("host", { jetstream: false })).toMatchObject({
      jetstream: undefined,
      jetstreamNeeded: false,
    });
    expect(toProbeSettings("host", { jetstream: { domain: "hub" } }).jetstream).toBe("$JS.hub.API.INFO");
    expect(toProbeSettings("ws://host", {}).address).toMatchObject({ scheme: "ws", port: 80 });
  });

  it("is a connection's where that has the option, under a name of its own", () => {
    const { connection } = toProbeSettings("host", { token: "t", inboxPrefix: "_ME" });
    expect(connection.authenticators).toMatchObject([{ option: "token" }]);
    expect(connection.engine.inbox).toMatch(/^_ME\./);
    expect(connection.engine.connect).toMatchObject({ name: "holdfast-probe", echo: true, verbose: false });
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [7],
    [""],
    [" "],
    [["a", "b"]],
    [{}],
    ["a,b"],
    ["http://a"],
    ["a:0"],
    ["a b"],
  ])("a URL of %j is refused", async (url) => {
    const error = await rejection(probe(url as string));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/^url/) });
  });

  it("never shows the credentials of a URL that is refused", async () => {
    for (const url of [
      "nats://me:s3cret@a b",
      "nats://me:s3cret@host:99999",
      "http://me:s3cret@host",
      "me:s3cret",
    ]) {
      const error = await rejection(probe(url));
      expect(inspect(error)).not.toContain("s3cret");
    }
  });

  it.each<[string, unknown]>([
    ["timeout", 0],
    ["timeout", 60_001],
    ["timeout", Number.NaN],
    ["deadline", Number.POSITIVE_INFINITY],
    ["deadline", "1s"],
    ["pings", 101],
    ["pings", 1.5],
    ["payload", -1],
    ["payload", 64 * 1024 * 1024 + 1],
    ["publish", 1],
    ["publish", true],
    ["jetstream", "hub"],
    ["jetstream", []],
    ["jetstream.domain", { domain: "a.b" }],
    ["jetstream.domain", { domain: "a b" }],
    ["jetstream.domain", { domain: "" }],
    ["jetstream.domian", { domian: "a" }],
    ["signal", {}],
    ["onStep", 1],
    ["tlsName", ""],
    ["tlsName", "a\r\nb"],
    ["user", 7],
    ["tls", 1],
    ["tls.caFile", { caFile: "/does/not/exist" }],
    ["authenticator", "creds"],
    ["inboxPrefix", "a b"],
    ["timeuot", 1],
    ["servers", "a"],
    ["reconnect", true],
  ])("option %s is refused as %j", async (option, value) => {
    const [name] = option.split(".");
    const error = await rejection(probe("host", { [name]: value } as ProbeOptions));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
  });

  it("contradicts the URL", async () => {
    expect(await rejection(probe("tls://host", { tls: null }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "tls",
    });
    expect(await rejection(probe("ws://host", { tls: {} }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "tls",
    });
    expect(await rejection(probe("host", 7 as unknown as ProbeOptions))).toMatchObject({
      code: "INVALID_OPTION",
    });
  });
});
