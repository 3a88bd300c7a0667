import { describe, expect, it } from "vitest";
import { checkClusterOptions, checkReload, checkServerOptions } from "./check-options.js";
import type { NatsServerError } from "./error.js";

function refusal(check: () => unknown): NatsServerError {
  try {
    check();
  } catch (error) {
    return error as NatsServerError;
  }
  throw new Error("it was accepted");
}

describe("what a server is started with", () => {
  it("is copied, without what is undefined", () => {
    const cluster = { name: "c", routes: ["nats://a:1"] };
    const given = { port: 4222, monitor: 8222, user: "a", pass: "", token: undefined, cluster };
    const checked = checkServerOptions(given);
    expect(checked).toEqual({ port: 4222, monitor: 8222, user: "a", pass: "", cluster });
    expect(Object.hasOwn(checked, "token")).toBe(false);
  });

  it.each([
    [{ maxPayloads: 1 }, "maxPayloads", 'did you mean "maxPayload"?'],
    [{ jetStream: true }, "jetStream", 'did you mean "jetstream"?'],
    [{ colour: 1 }, "colour", "is unknown"],
    [{ port: 0 }, "port", "leave it out for a free one"],
    [{ port: "4222" }, "port", "must be an integer from 1 to 65535"],
    [{ monitor: 0.5 }, "monitor", "must be true for a free port"],
    [{ jetstream: {} }, "jetstream", "must be true or false"],
    [{ maxPending: -1 }, "maxPending", "must be an integer"],
    [{ binary: "" }, "binary", "not empty"],
    [{ token: "" }, "token", "not empty"],
    [{ name: "two words" }, "name", "without white space"],
    [{ config: { max_payload: 1 } }, "config", "must be a string"],
    [{ token: "t", user: "u" }, "token", 'and option "user" exclude each other'],
    [{ pass: "p" }, "pass", 'needs option "user"'],
    [{ tls: "yes" }, "tls", "must be true, false, or an object"],
    [{ tls: { handshake_first: true } }, "tls.handshake_first", 'did you mean "tls.handshakeFirst"?'],
    [{ tls: { handshakeFirst: "300ms" } }, "tls.handshakeFirst", 'must be true, false or "auto"'],
    [{ tls: { verify: 1 } }, "tls.verify", 'must be true, false or "map"'],
    [{ tls: { authority: { certFile: "a" } } }, "tls.authority", "must be a CertificateAuthority"],
    [{ tls: { hosts: ["https://a"] } }, "tls.hosts", "must be an array of host names"],
    [{ tls: { timeout: 0 } }, "tls.timeout", "must be a number of ms"],
    [{ tls: { certFile: "a" } }, "tls.certFile", 'needs option "tls.keyFile"'],
    [{ tls: { keyFile: "a" } }, "tls.keyFile", 'needs option "tls.certFile"'],
    [{ tls: { certFile: "a", keyFile: "b", hosts: ["c"] } }, "tls.hosts", "exclude each other"],
    [{ tls: { certFile: "a", keyFile: "b", verify: true } }, "tls.verify", 'needs option "tls.caFile"'],
    [{ websocket: 8080 }, "websocket", "must be true, false, or an object"],
    [{ websocket: { compress: true } }, "websocket.compress", 'did you mean "websocket.compression"?'],
    [{ websocket: { port: 0 } }, "websocket.port", "leave it out for a free one"],
    [{ cluster: "c" }, "cluster", "must be an object"],
    [{ cluster: {} }, "cluster.name", "is missing"],
    [{ cluster: { name: "c", route: [] } }, "cluster.route", 'did you mean "cluster.routes"?'],
    [{ cluster: { name: "c", routes: "nats://a:1" } }, "cluster.routes", "must be an array of URLs"],
  ])("%j is refused by name", (options, option, why) => {
    const error = refusal(() => checkServerOptions(options));
    expect(error).toMatchObject({ name: "NatsServerError", code: "INVALID_OPTION", option });
    expect(error.message).toContain(`option "${option}" `);
    expect(error.message).toContain(why);
  });

  it.each([
    [{ tls: true }, { tls: {} }],
    [{ tls: false, websocket: false }, {}],
    [{ websocket: true }, { websocket: { tls: false } }],
    [
      { websocket: { compression: true }, tls: {} },
      { tls: {}, websocket: { tls: true, compression: true } },
    ],
    [
      { websocket: { tls: false }, tls: true },
      { tls: {}, websocket: { tls: false } },
    ],
  ])("%j is spelled out", (given, options) => {
    expect(checkServerOptions(given)).toEqual(options);
  });

  it.each([null, "nats://localhost", []])("%j is no options", (options) => {
    expect(refusal(() => checkServerOptions(options)).message).toBe("the options must be an object");
  });
});

describe("what a reload changes", () => {
  const before = { port: 4222, token: "t" };

  it("keeps the WebSocket listener as it was", () => {
    const started = checkServerOptions({ tls: true, websocket: true });
    expect(checkReload(started, { tls: false })).toEqual({ websocket: { tls: true } });
  });

  it("comes on top of what was; undefined takes away", () => {
    const change = { token: undefined, user: "u", pass: "p" };
    expect(checkReload(before, change)).toEqual({ port: 4222, user: "u", pass: "p" });
  });

  it.each([
    [{ port: 4333 }, "port", "stays as it is"],
    [{ websocket: true }, "websocket", "stays as it is"],
    [{ user: "u" }, "token", "exclude each other"],
    [{ maxpayload: 1 }, "maxpayload", 'did you mean "maxPayload"?'],
  ])("%j is refused by name", (change, option, why) => {
    const error = refusal(() => checkReload(before, change));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
    expect(error.message).toContain(why);
  });
});

describe("what a cluster is started with", () => {
  it("takes its own options and those of its members", () => {
    const options = { size: 5, name: "five", jetstream: true };
    expect(checkClusterOptions(options)).toEqual(options);
  });

  it.each([
    [{ size: 0 }, "size", "must be an integer from 1 to 100"],
    [{ port: 4222 }, "port", "is chosen for each member"],
    [{ monitor: true }, "monitor", "is chosen for each member"],
    [{ websocket: { port: 1 } }, "websocket.port", "is chosen for each member"],
    [{ sise: 3 }, "sise", 'did you mean "size"?'],
    [{ pass: "p" }, "pass", 'needs option "user"'],
  ])("%j is refused by name", (options, option, why) => {
    const error = refusal(() => checkClusterOptions(options));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
    expect(error.message).toContain(why);
  });
});
