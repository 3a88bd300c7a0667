import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CodedError, ErrorCode, type ErrorDetail } from "../errors.js";
import { parseInfo } from "../wire/info.js";
import { adviceOf, docsOf } from "./advice.js";
import { type CauseKind, causeOf, type LinkFacts, NOTHING_KNOWN, ownCause } from "./cause.js";
import { HttpRefusal } from "./causes/http-refusal.js";
import type { LinkPhase } from "./link.js";
import { closedByServer, stale } from "./link-errors.js";
import { SERVER_ERRORS, serverError } from "./server-errors.js";

const KINDS: CauseKind[] = [
  "client",
  "network",
  "refused",
  "server-shutdown",
  "lame-duck",
  "stale",
  "slow-consumer",
  "overload",
  "authentication",
  "tls",
  "protocol",
  "payload",
  "local-stall",
  "unknown",
];
const PHASES: LinkPhase[] = [
  "dialing",
  "info",
  "securing",
  "authenticating",
  "handshake",
  "restoring",
  "live",
];
const SYSTEM = [
  "",
  "ECONNRESET",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EMFILE",
  "EADDRNOTAVAIL",
];

const known = (facts: Partial<LinkFacts>): LinkFacts => ({ ...NOTHING_KNOWN, server: "h:1", ...facts });
const coded = (code: ErrorCode, message: string, detail: ErrorDetail = {}) =>
  new CodedError(code, message, detail);
const failed = (code: string, of: ErrorCode = "CONNECTION_REFUSED") =>
  coded(of, code, { cause: Object.assign(new Error(code), { code }) });
/** The first thing to do. */
const first = (error: Error, facts: Partial<LinkFacts> = {}) => causeOf(error, known(facts)).advice[0];

describe("the advice", () => {
  it("is there for every kind, code, phase and error of the system, in sentences, the first of them never twice", () => {
    for (const kind of KINDS.filter((kind) => kind !== "client")) {
      for (const code of Object.values(ErrorCode)) {
        for (const phase of PHASES) {
          for (const system of SYSTEM) {
            const advice = adviceOf(kind, code, failed(system, code), known({ phase, localStall: 5 }));
            expect(advice.length).toBeGreaterThan(0);
            expect(new Set(advice).size).toBe(advice.length);
            for (const one of advice) expect(one).toMatch(/^\S.{10,260}[^.\s]$/);
          }
        }
      }
    }
  }, 60_000);

  it("is there for every -ERR of the table, and none where the application has done what it wanted", () => {
    for (const { prefix } of SERVER_ERRORS)
      expect(first(serverError(prefix), { phase: "live" })).toBeDefined();
    expect([ownCause("CLOSE").advice, ownCause("RECONNECT").advice]).toEqual([[], []]);
    expect(causeOf(coded("CALLBACK_FAILED", 'option "dialer" returned null'), known({}))).toMatchObject({
      kind: "client",
      advice: [expect.stringContaining('option "dialer"')],
    });
  });

  it.each<[string, Error, Partial<LinkFacts>, string]>([
    ["a name that does not exist", failed("ENOTFOUND"), {}, "check the name"],
    ["a resolver that is away", failed("EAI_AGAIN"), {}, "resolver of this host is away"],
    ["too many open files", failed("EMFILE", "CONNECTION_LOST"), {}, "ulimit -n"],
    ["no memory for a socket", failed("ENOMEM", "CONNECTION_LOST"), {}, "it is this host, not the network"],
    ["a ban of this host", failed("EPERM", "CONNECTION_LOST"), {}, "it is this host, not the network"],
    ["a local address that is in use", failed("EADDRINUSE", "CONNECTION_LOST"), {}, '"localPort"'],
    ["no route", failed("EHOSTUNREACH"), {}, "no route to h:1"],
    ["packets that are swallowed", coded("TIMEOUT", "x"), { phase: "dialing" }, "swallows"],
    ["a load balancer without a server", closed("info"), { phase: "info", took: 5 }, "a load balancer"],
    ["a server that wants TLS first", closed("info"), { phase: "info", took: 2003 }, "handshakeFirst: true"],
    ["nothing but silence before INFO", coded("TIMEOUT", "x"), { phase: "info" }, "port for NATS clients"],
    [
      "an idle link",
      failed("ECONNRESET", "CONNECTION_LOST"),
      { phase: "live", silence: 60_000 },
      "pingInterval: 20000",
    ],
    [
      "a link in use",
      failed("ECONNRESET", "CONNECTION_LOST"),
      { phase: "live", silence: 5 },
      "was killed or has crashed",
    ],
    ["nobody listening", failed("ECONNREFUSED"), {}, "see whether nats-server runs"],
    ["a gateway without a server", gateway("CONNECTION_REFUSED", 502), {}, "gateway at h:1 reaches a server"],
    ["a page in place of a websocket", gateway("PROTOCOL_ERROR", 404), {}, "port and path of the websocket"],
    [
      "a reset when TLS begins",
      failed("ECONNRESET", "TLS_FAILED"),
      {},
      "ends the connection when TLS begins",
    ],
    [
      "an INFO that does not come to an end",
      coded("TIMEOUT", "x"),
      { phase: "info", held: 256 },
      "begun to speak",
    ],
    [
      "CONNECT that is late",
      serverError("Authentication Timeout"),
      { phase: "handshake" },
      "long delays on the way",
    ],
    [
      "TLS that takes too long",
      coded("TLS_FAILED", "x", { closedByPeer: true }),
      { phase: "handshake", took: 1900, info: parseInfo('{"tls_verify":true}') },
      'raise "timeout" in "tls"',
    ],
    [
      "TLS that the server ends at once",
      coded("TLS_FAILED", "x", { closedByPeer: true }),
      { phase: "handshake", took: 1899, info: parseInfo('{"tls_verify":true}') },
      "client certificate that the server accepts",
    ],
    [
      "credentials that are missing",
      serverError("Authorization Violation"),
      { anonymous: true },
      "give credentials",
    ],
    ["a password", serverError("Authorization Violation"), {}, "compare user and password"],
    ["a JWT", serverError("Authorization Violation"), { info: parseInfo('{"nonce":"x"}') }, "have expired"],
    ["a JWT that expires", serverError("User Authentication Expired"), {}, "issue new credentials"],
    ["a revoked one", serverError("User Authentication Revoked"), {}, "were revoked"],
    [
      "a server that is stale in the handshake",
      coded("TIMEOUT", "x"),
      { phase: "handshake" },
      "overloaded or frozen",
    ],
    [
      "a link that is stale",
      stale("no sign of life"),
      { phase: "live", silence: 60_000 },
      "look at the host of h:1",
    ],
    [
      "a server that found us silent",
      serverError("Stale Connection"),
      { phase: "live" },
      "no answer to its PINGs",
    ],
    ["a certificate that has expired", failed("CERT_HAS_EXPIRED", "TLS_FAILED"), {}, "renew the certificate"],
    ["one that is not valid yet", failed("CERT_NOT_YET_VALID", "TLS_FAILED"), {}, "clock of this host"],
    ["one for another name", failed("ERR_TLS_CERT_ALTNAME_INVALID", "TLS_FAILED"), {}, "subjectAltName"],
    ["one of an unknown authority", failed("SELF_SIGNED_CERT_IN_CHAIN", "TLS_FAILED"), {}, "caFile"],
    [
      "a client certificate",
      failed("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLS_FAILED"),
      {},
      "certFile",
    ],
    [
      "plain text where TLS begins",
      failed("ERR_SSL_WRONG_VERSION_NUMBER", "TLS_FAILED"),
      {},
      "does not begin with TLS",
    ],
    [
      "a message that is too large",
      serverError("Maximum Payload Violation"),
      { largest: 9, info: parseInfo('{"max_payload":8}') },
      "8 bytes here",
    ],
    ["the port of routes", serverError("attempted to connect to route port"), {}, "port for clients"],
    ["an HTTP server", coded("PROTOCOL_ERROR", "x"), { phase: "info", stranger: "an HTTP server" }, "8222"],
    ["a full server", serverError("maximum connections exceeded"), {}, "max_connections"],
    ["a throttled one", serverError("Connection throttling is active"), {}, "connection_rate_limit"],
  ])("for %s begins with what helps", (_what, error, facts, expected) => {
    expect(first(error, facts)).toContain(expected);
  });

  it("names the upgrade where a websocket was not reached, and a redirection where one has answered", () => {
    const silent = (isWebSocket: boolean) =>
      causeOf(coded("TIMEOUT", "x"), known({ isWebSocket })).advice.join();
    expect(silent(true)).toContain("upgrade to a websocket");
    expect(silent(false)).not.toContain("websocket");
    const answered = (status: number) => causeOf(gateway("PROTOCOL_ERROR", status), known({})).advice.join();
    expect(answered(302)).toContain("page for the login");
    for (const status of [299, 400]) expect(answered(status)).not.toContain("login");
  });

  it("depends on whether an attempt slept, and says for how long", () => {
    const cause = causeOf(
      coded("TIMEOUT", "x"),
      known({ phase: "handshake", took: 6000, localStall: 5500.2 }),
    );
    expect(cause.kind).toBe("local-stall");
    expect(cause.advice[0]).toContain("5500 ms");
  });
});

describe("the page of a kind", () => {
  it.each(KINDS)("of %s is there, and begins with it", (kind) => {
    expect(docsOf(kind)).toBe(`docs/causes/${kind}.md`);
    expect(existsSync(docsOf(kind))).toBe(true);
    expect(readFileSync(docsOf(kind), "utf8")).toContain(`# \`${kind}\``);
  });
});

function closed(phase: LinkPhase): CodedError {
  return closedByServer({ phase, server: { address: { listen: "h:1" } } } as never);
}

function gateway(code: ErrorCode, status: number): CodedError {
  return coded(code, `HTTP ${status}`, { cause: new HttpRefusal(status) });
}
