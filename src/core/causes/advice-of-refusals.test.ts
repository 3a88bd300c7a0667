import { expect, it } from "vitest";
import { CodedError, type ErrorCode } from "../../errors.js";
import { tlsError } from "../../io/tls.js";
import { parseInfo } from "../../wire/info.js";
import { type CauseKind, causeOf, type LinkFacts, NOTHING_KNOWN } from "../cause.js";
import type { Link, LinkPhase } from "../link.js";
import { attemptTimeout, closedByServer } from "../link-errors.js";
import { serverError } from "../server-errors.js";
import { HttpRefusal } from "./http-refusal.js";

const linkIn = (phase: LinkPhase) => ({ phase, server: { address: { listen: "h:1" } } }) as unknown as Link;
const late = (phase: LinkPhase) => attemptTimeout(linkIn(phase), 500);
const coded = (code: ErrorCode) => new CodedError(code, code);
const http = (code: ErrorCode, status: number) =>
  new CodedError(code, "x", { cause: new HttpRefusal(status) });
const tls = (code: string) => tlsError(Object.assign(new Error(code), { code }));
const info = (text = "{}") => parseInfo(text);
const [securing, dialing, handshake] = (["securing", "dialing", "handshake"] as const).map((phase) => ({
  phase,
}));
const wss = { phase: "dialing", isWebSocket: true } as const;
const verify = { phase: "securing", info: info('{"tls_verify":true}') } as const;
const largest = { phase: "live", largest: 2000, info: info('{"max_payload":1000}') } as const;
const violation = serverError("Authorization Violation");

const SHOWS = /^look at what the server shows: openssl s_client -connect h:1,/;
const AUTHORITY = [/tls: \{ caFile/, /"cert_file"/, SHOWS];
const CERTIFICATE = /give a client certificate that the server accepts/;
const [NAME, ISSUED] = [/that is in the certificate/, /"client_advertise"/];

it.each<[string, CauseKind, Error, Partial<LinkFacts>, readonly RegExp[]]>([
  [
    "credentials that expired",
    "authentication",
    coded("AUTHENTICATION_EXPIRED"),
    {},
    [/have expired/, /reads its file at every attempt/],
  ],
  ["revoked ones", "authentication", coded("AUTHENTICATION_REVOKED"), {}, [/were revoked/]],
  [
    "an authenticator that fails",
    "authentication",
    coded("AUTHENTICATOR_FAILED"),
    {},
    [/repair what the message says/],
  ],
  [
    "one that the server waits for",
    "authentication",
    serverError("Authentication Timeout"),
    { phase: "authenticating" },
    [/waited for CONNECT in vain/, /"timeout" in "authorization"/],
  ],
  [
    "one that does not answer",
    "authentication",
    late("authenticating"),
    { phase: "authenticating" },
    [/within option "timeout"/, /raise option "timeout"/],
  ],
  [
    "an account that fails",
    "authentication",
    serverError("Failed Account Registration"),
    handshake,
    [/could not be set up there/],
  ],
  [
    "a gateway that wants headers",
    "authentication",
    http("AUTHORIZATION_VIOLATION", 401),
    dialing,
    [/"websocket": \{ headers \}/],
  ],
  [
    "no credentials",
    "authentication",
    violation,
    { ...handshake, anonymous: true },
    [/^give credentials/, /"no_auth_user" of the server at h:1/],
  ],
  [
    "a JWT",
    "authentication",
    violation,
    { ...handshake, info: info('{"nonce":"n"}') },
    [/another operator or account/, /the clocks/, /from a file/],
  ],
  [
    "a password",
    "authentication",
    violation,
    handshake,
    [/^compare user and password/, /auth callout/, /if they change/],
  ],
  ["TLS that is wanted", "tls", coded("TLS_REQUIRED"), {}, [/leave option "tls" out/]],
  ["TLS that is not there", "tls", coded("TLS_UNAVAILABLE"), {}, [/set up "tls" of the server at h:1/]],
  [
    "TLS that takes too long",
    "tls",
    late("securing"),
    securing,
    [/many clients at once/, /"timeout" in "tls"/],
  ],
  [
    "plain text",
    "tls",
    tls("ERR_SSL_WRONG_VERSION_NUMBER"),
    securing,
    [/the INFO of h:1 leads to TLS/, /"connection_rate_limit"/, SHOWS],
  ],
  [
    "an expired certificate",
    "tls",
    tls("CERT_HAS_EXPIRED"),
    securing,
    [/^renew/, /clock of this host/, SHOWS],
  ],
  ["one of the future", "tls", tls("CERT_NOT_YET_VALID"), securing, [/not valid yet/, SHOWS]],
  ["another name", "tls", tls("ERR_TLS_CERT_ALTNAME_INVALID"), securing, [NAME, ISSUED, SHOWS]],
  ["another host", "tls", tls("HOSTNAME_MISMATCH"), securing, [NAME, ISSUED, SHOWS]],
  ["a self-signed one", "tls", tls("DEPTH_ZERO_SELF_SIGNED_CERT"), securing, AUTHORITY],
  ["an unknown authority", "tls", tls("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), wss, AUTHORITY],
  [
    "our certificate",
    "tls",
    tls("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    handshake,
    [CERTIFICATE, SHOWS],
  ],
  ["one of another authority", "tls", tls("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), handshake, [CERTIFICATE, SHOWS]],
  ["a websocket without TLS", "tls", tls("ERR_SSL_WRONG_VERSION_NUMBER"), wss, [/use ws:/, SHOWS]],
  [
    "the end when TLS begins, after long",
    "tls",
    tls("ECONNRESET"),
    { ...dialing, took: 2000 },
    [/ended the connection when TLS began/, SHOWS],
  ],
  ["a websocket that ends when TLS begins", "tls", tls("ECONNRESET"), { ...wss }, [/has "tls" there/, SHOWS]],
  [
    "a server that does not begin with TLS",
    "tls",
    tls("ERR_SSL_WRONG_VERSION_NUMBER"),
    dialing,
    [/leave option "tls.handshakeFirst" out/, /is the port for NATS clients/, SHOWS],
  ],
  ["versions", "tls", tls("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"), securing, [/"cipher_suites"/, SHOWS]],
  [
    "a server that waits for TLS",
    "tls",
    closedByServer(linkIn("info")),
    { phase: "info", took: 2000 },
    [/waited for TLS, and we for its INFO/, /a load balancer that has looked/, SHOWS],
  ],
  [
    "TLS that was given up",
    "tls",
    new CodedError("TLS_FAILED", "x", { closedByPeer: true }),
    { ...securing, took: 2000 },
    [/raise "timeout" in "tls"/, SHOWS],
  ],
  [
    "the same where a certificate is wanted",
    "tls",
    new CodedError("TLS_FAILED", "x", { closedByPeer: true }),
    { ...verify, took: 1900 },
    [/raise "timeout" in "tls"/, CERTIFICATE, SHOWS],
  ],
  [
    "an end where a certificate is wanted",
    "tls",
    new CodedError("TLS_FAILED", "x", { closedByPeer: true }),
    { ...verify, took: 1899 },
    [CERTIFICATE, SHOWS],
  ],
  [
    "an end in TLS",
    "tls",
    new CodedError("TLS_FAILED", "x", { closedByPeer: true }),
    securing,
    [/without saying why/, SHOWS],
  ],
  [
    "a gateway that is full",
    "overload",
    http("CONNECTION_THROTTLED", 429),
    dialing,
    [/the gateway at h:1/, /spread the starts/],
  ],
  [
    "throttling",
    "overload",
    serverError("Connection throttling is active"),
    securing,
    [/connection_rate_limit/, /spread the starts/],
  ],
  ["subscriptions", "overload", serverError("Maximum Subscriptions Exceeded"), {}, [/max_subscriptions/]],
  [
    "connections",
    "overload",
    serverError("Maximum Connections Exceeded"),
    handshake,
    [/max_connections/, /add servers/],
  ],
  [
    "another port",
    "protocol",
    serverError("attempted to connect to route port"),
    handshake,
    [/among themselves/],
  ],
  [
    "an HTTP server",
    "protocol",
    coded("PROTOCOL_ERROR"),
    { stranger: "an HTTP server" },
    [/looks like an HTTP server/],
  ],
  [
    "TLS",
    "protocol",
    coded("PROTOCOL_ERROR"),
    { stranger: "TLS, where plain text was expected" },
    [/looks like TLS/, /handshakeFirst: true/],
  ],
  ["a page", "protocol", http("PROTOCOL_ERROR", 200), wss, [/port and path/]],
  ["a port with TLS", "protocol", http("PROTOCOL_ERROR", 400), wss, [/port and path/, /use wss:/]],
  ["a login", "protocol", http("PROTOCOL_ERROR", 300), wss, [/port and path/, /a page for the login/]],
  ["what is not found", "protocol", http("PROTOCOL_ERROR", 404), wss, [/port and path/]],
  ["an old server", "protocol", coded("INVALID_OPTION"), {}, [/update the server/]],
  [
    "a long CONNECT",
    "protocol",
    serverError("Maximum Control Line Exceeded"),
    handshake,
    [/CONNECT itself is longer/, /credentials that are shorter/],
  ],
  [
    "a long subject",
    "protocol",
    serverError("Maximum Control Line Exceeded"),
    { phase: "live" },
    [/shorter subjects/],
  ],
  ["what is no NATS", "protocol", coded("PROTOCOL_ERROR"), {}, [/what is at h:1/, /holdfast doctor/]],
  [
    "a large message",
    "payload",
    serverError("Maximum Payload Violation"),
    largest,
    [/\(1000 bytes here\), the largest on the way had 2000 bytes/, /at most 64MB/, /"messageLost"/],
  ],
  [
    "one that is not known",
    "payload",
    serverError("Maximum Payload Violation"),
    {},
    [/of the server: split them/, /at most 64MB/, /"messageLost"/],
  ],
  [
    "an unknown text",
    "unknown",
    serverError("Phase Of The Moon"),
    { phase: "live" },
    [/the reason in full/, /update holdfast/],
  ],
])("what to do about %s (%s)", (_, kind, error, facts, wanted) => {
  const cause = causeOf(error, { ...NOTHING_KNOWN, server: "h:1", phase: "live", took: 20, ...facts });
  expect(cause.kind).toBe(kind);
  expect(cause.advice).toHaveLength(wanted.length);
  for (const [i, one] of wanted.entries()) expect(cause.advice[i]).toMatch(one);
});
