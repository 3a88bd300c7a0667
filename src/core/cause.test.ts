import { describe, expect, it } from "vitest";
import { CodedError, type ErrorCode } from "../errors.js";
import { parseInfo } from "../wire/info.js";
import { type CauseKind, causeOf, type LinkFacts, NOTHING_KNOWN, ownCause } from "./cause.js";
import { HttpRefusal } from "./causes/http-refusal.js";
import type { Link, LinkPhase } from "./link.js";
import { attemptTimeout, closedByServer, stale } from "./link-errors.js";
import { SERVER_ERRORS, serverError } from "./server-errors.js";

const LIVE: LinkFacts = { ...NOTHING_KNOWN, server: "h:1", phase: "live", silence: 12.4, stood: 3456.7 };
const linkIn = (phase: LinkPhase) => ({ phase, server: { address: { listen: "h:1" } } }) as unknown as Link;

/** An error as the socket gives it: coded, with the system's error underneath. */
function system(code: string, of: ErrorCode = "CONNECTION_LOST"): CodedError {
  const cause = Object.assign(new Error(`connect ${code}`), { code });
  return new CodedError(of, cause.message, { cause });
}

const kindOf = (error: Error, facts: Partial<LinkFacts> = {}) => causeOf(error, { ...LIVE, ...facts }).kind;
const evidenceOf = (error: Error, facts: Partial<LinkFacts> = {}) =>
  causeOf(error, { ...LIVE, ...facts }).evidence;

describe("the kind of a cause", () => {
  it.each(SERVER_ERRORS)("of the server's $prefix is $kind", ({ prefix, kind, code }) => {
    const error = serverError(prefix);
    expect(causeOf(error, LIVE)).toMatchObject({ kind, code, message: prefix });
  });

  it.each<[string, Error, CauseKind]>([
    ["a reset", system("ECONNRESET"), "network"],
    ["a broken pipe", system("EPIPE"), "network"],
    ["an error of no known kind on a link", new Error("boom"), "network"],
    ["nobody listening", system("ECONNREFUSED", "CONNECTION_REFUSED"), "refused"],
    ["a name that does not resolve", system("ENOTFOUND", "CONNECTION_REFUSED"), "network"],
    ["a resolver that is away", system("EAI_AGAIN", "CONNECTION_REFUSED"), "network"],
    ["no route to the host", system("EHOSTUNREACH", "CONNECTION_REFUSED"), "network"],
    ["no route to the network", system("ENETUNREACH", "CONNECTION_REFUSED"), "network"],
    ["a network that is down", system("ENETDOWN", "CONNECTION_REFUSED"), "network"],
    ["the system's own timeout", system("ETIMEDOUT", "CONNECTION_REFUSED"), "network"],
    ["silence", stale("no sign of life"), "stale"],
    ["garbage", new CodedError("PROTOCOL_ERROR", "not NATS"), "protocol"],
    ["an authenticator that failed", new CodedError("AUTHENTICATOR_FAILED", "no"), "authentication"],
    ["a demand for TLS", new CodedError("TLS_REQUIRED", "tls"), "tls"],
    ["a server's error that is not known", serverError("What is this"), "unknown"],
    ["a code that is no reason for an end", new CodedError("INVALID_ARGUMENT", "x"), "unknown"],
  ])("of %s", (_what, error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });

  it("of an attempt that took too long tells who was waited for: the network, the server, or the authenticator", () => {
    const kinds = { dialing: "network", info: "stale", authenticating: "authentication", handshake: "stale" };
    for (const [phase, kind] of Object.entries({ ...kinds, restoring: "stale" }) as [
      LinkPhase,
      CauseKind,
    ][]) {
      expect(kindOf(attemptTimeout(linkIn(phase), 500), { phase })).toBe(kind);
    }
  });

  it("of a server that closes without a word is its shutdown, unless it had said so, or we had slept", () => {
    const closed = closedByServer(linkIn("live"));
    expect(kindOf(closed)).toBe("server-shutdown");
    expect(kindOf(closed, { lameDuck: true })).toBe("lame-duck");
    expect(kindOf(closed, { localStall: 2000 })).toBe("local-stall");
    expect(kindOf(closed, { localStall: 2000, lameDuck: true })).toBe("lame-duck");
  });

  it("of a link that stood and ends in order after a stall of ours is not the stall where nothing had piled up meanwhile", () => {
    const closed = closedByServer(linkIn("live"));
    const piledUp = (inbound: number) => ({
      localStall: 2000,
      load: { span: 2500, busy: 0.9, inbound, behind: 2500 },
    });
    expect(kindOf(closed, piledUp(0))).toBe("server-shutdown");
    expect(kindOf(closed, piledUp(64 * 1024 - 1))).toBe("server-shutdown");
    expect(kindOf(closed, piledUp(64 * 1024))).toBe("local-stall");
    // A reset in the stall is somebody else's, unless it was so long that servers give up who does not run.
    expect(kindOf(system("ECONNRESET"), piledUp(0))).toBe("network");
    expect(kindOf(system("ECONNRESET"), piledUp(64 * 1024))).toBe("local-stall");
    expect(kindOf(system("ECONNRESET"), { ...piledUp(0), localStall: 9999 })).toBe("network");
    expect(kindOf(system("ECONNRESET"), { ...piledUp(0), localStall: 10_000 })).toBe("local-stall");
    expect(kindOf(system("ECONNRESET"), { ...piledUp(0), phase: "handshake" })).toBe("local-stall");
    expect(kindOf(closed, { ...piledUp(0), phase: "handshake" })).toBe("local-stall");
    expect(kindOf(serverError("Stale Connection"), piledUp(0))).toBe("local-stall");
    expect(evidenceOf(closed, piledUp(70_000)).at(-1)).toMatch(
      /^a server that is stopped while this process/,
    );
    expect(evidenceOf(serverError("Stale Connection"), piledUp(70_000)).join()).not.toContain(
      "looks the same",
    );
  });

  it("of a slow consumer begins where it is said to: bytes, time, share, and how fast they came", () => {
    const closed = closedByServer(linkIn("live"));
    const load = { span: 1000, busy: 0.9, inbound: 512 * 1024, behind: 500 };
    const told = (change: Partial<typeof load>, facts: Partial<LinkFacts> = {}) =>
      kindOf(closed, { load: { ...load, ...change }, silence: 999, ...facts });
    expect(told({})).toBe("slow-consumer");
    expect(told({ inbound: 15_999_999 })).toBe("slow-consumer");
    for (const change of [
      { span: 999 },
      { busy: 0.899 },
      { inbound: 512 * 1024 - 1 },
      { inbound: 16_000_000 },
    ])
      expect(told(change)).toBe("server-shutdown");
    // Twice the time, and twice as much in it.
    expect(told({ span: 2000, inbound: 31_999_999 })).toBe("slow-consumer");
    // In less than a second much comes that lay in buffers.
    expect(told({ span: 100, inbound: 15_999_999 }, { waited: 1000 })).toBe("slow-consumer");
    expect(told({ busy: 0 }, { waited: 1000 })).toBe("slow-consumer");
    expect(told({ busy: 0 }, { waited: 999 })).toBe("server-shutdown");
    expect(told({}, { silence: 1000 })).toBe("server-shutdown");
  });

  it("of a server that ends a link before a word is TLS only after the time that servers wait for TLS", () => {
    const closed = closedByServer(linkIn("info"));
    for (const [took, kind, wantsTls] of [
      [1899, "network", true],
      [1900, "tls", true],
      [3000, "tls", true],
      [3001, "network", true],
      [1899, "network", false],
      [1900, "tls", false],
      [2400, "tls", false],
      // So long a load balancer looks for a server.
      [2401, "network", false],
    ] as const)
      expect(kindOf(closed, { phase: "info", took, wantsTls })).toBe(kind);
  });

  it("of an attempt that took too long is our stall from half of the time on", () => {
    const late = attemptTimeout(linkIn("handshake"), 5000);
    expect(kindOf(late, { phase: "handshake", took: 5000, localStall: 2500 })).toBe("local-stall");
    expect(kindOf(late, { phase: "handshake", took: 5000, localStall: 2499 })).toBe("stale");
    expect(kindOf(late, { phase: "handshake", took: 0, localStall: 0 })).toBe("stale");
  });

  it("of an error before any INFO is that it is no NATS server, unless the text is one of NATS", () => {
    const told = (text: string, facts: Partial<LinkFacts>) =>
      causeOf(serverError(text), { ...LIVE, phase: "info", ...facts });
    expect(told("unknown command 'CONNECT'", {})).toMatchObject({
      kind: "protocol",
      advice: [expect.stringMatching(/^see what is at h:1/), expect.anything()],
    });
    expect(told("unknown command", { info: parseInfo("{}") }).kind).toBe("unknown");
    expect(told("unknown command", { phase: "handshake" }).kind).toBe("unknown");
    expect(told("maximum connections exceeded", {}).kind).toBe("overload");
  });

  it("of a server that closes in the handshake is its shutdown as well, and not that nobody listens", () => {
    const closed = closedByServer(linkIn("handshake"));
    expect(closed.code).toBe("CONNECTION_REFUSED");
    expect(kindOf(closed, { phase: "handshake" })).toBe("server-shutdown");
  });

  it("of a server that found us silent is our own stall when this process did not run", () => {
    const error = serverError("Stale Connection");
    expect(kindOf(error)).toBe("stale");
    expect(kindOf(error, { localStall: 9000 })).toBe("local-stall");
    expect(kindOf(serverError("Slow Consumer"), { localStall: 9000 })).toBe("local-stall");
    expect(kindOf(serverError("Authorization Violation"), { localStall: 9000 })).toBe("authentication");
  });

  it("of a reset right after a stall of ours is the stall: the server had ended the link, and we wrote to it", () => {
    for (const code of ["ECONNRESET", "EPIPE"])
      expect(kindOf(system(code), { localStall: 2000 })).toBe("local-stall");
    expect(kindOf(system("EHOSTUNREACH", "CONNECTION_REFUSED"), { localStall: 2000 })).toBe("network");
    expect(kindOf(stale("no sign of life"), { localStall: 2000 })).toBe("stale");
  });

  it("of a server that closes before a word is the network's: no server is behind what listens; or TLS was waited for", () => {
    const closed = closedByServer(linkIn("info"));
    expect(kindOf(closed, { phase: "info", took: 3 })).toBe("network");
    expect(kindOf(closed, { phase: "info", took: 5000 })).toBe("network");
    expect(kindOf(closed, { phase: "info", took: 2002 })).toBe("tls");
    // It has begun to speak, and a server says its first line at once.
    expect(kindOf(closed, { phase: "info", took: 2002, held: 10 })).toBe("network");
    expect(kindOf(closed, { phase: "info", took: 3, held: 10, stranger: "a mail server" })).toBe("protocol");
    // It greets by itself: nobody has waited for us.
    expect(kindOf(closed, { phase: "info", took: 3, localStall: 2000 })).toBe("network");
    expect(kindOf(closed, { phase: "info", took: 2500, localStall: 2000 })).toBe("network");
    expect(kindOf(system("ECONNRESET"), { phase: "info", took: 3, localStall: 2000 })).toBe("network");
    expect(kindOf(closed, { phase: "info", took: 3, held: 10, localStall: 2000 })).toBe("local-stall");
  });

  it("of a link that ends with a message on the way that is too large for the server is the message", () => {
    const info = parseInfo('{"max_payload":1000}');
    const on = (largest: number) => ({ messages: 1, largest, info });
    for (const error of [closedByServer(linkIn("live")), system("ECONNRESET")]) {
      expect(kindOf(error, on(1001))).toBe("payload");
      expect(kindOf(error, on(1000))).not.toBe("payload");
    }
    expect(kindOf(system("ECONNRESET"), { ...on(1001), localStall: 2000 })).toBe("local-stall");
    expect(kindOf(stale("x"), on(1001))).toBe("stale");
  });

  it("of a server that closes without a word on who cannot keep up is a slow consumer", () => {
    const closed = closedByServer(linkIn("live"));
    const load = { span: 1500, busy: 0.95, inbound: 1_000_000, behind: 375 };
    expect(kindOf(closed, { load, silence: 5 })).toBe("slow-consumer");
    expect(evidenceOf(closed, { load, silence: 5 }).at(-1)).toMatch(
      /^a server that is stopped .* looks the same/,
    );
    // The way is slow: an answer waits behind all that comes in.
    expect(kindOf(closed, { load: { ...load, busy: 0.1 }, silence: 5, waited: 1500 })).toBe("slow-consumer");
    for (const other of [
      // It had kept up, however busy it was with other things: it was not given up for that.
      { load: { ...load, busy: 1, behind: 374 } },
      { load: { ...load, busy: 0.5 } },
      { load: { ...load, inbound: 5000 } },
      { load: { ...load, span: 300 } },
      // Who takes so much is not slow.
      { load: { ...load, inbound: 100_000_000 } },
      { load, silence: 5000 },
      { load, phase: "restoring" as const },
    ]) {
      expect(kindOf(closed, { silence: 5, ...other })).toBe("server-shutdown");
    }
    expect(kindOf(closed, { load, silence: 5, lameDuck: true })).toBe("lame-duck");
    // We may have written to it after it had closed.
    expect(kindOf(system("ECONNRESET"), { load, silence: 5 })).toBe("slow-consumer");
    expect(kindOf(system("ECONNRESET"), { load: { ...load, behind: 0 }, silence: 5 })).toBe("network");
  });

  it("of a link that ends within a message is a slow consumer only where an answer has waited behind what came", () => {
    const closed = closedByServer(linkIn("live"));
    const load = { span: 400, busy: 0.1, inbound: 4_300_000, behind: 0 };
    const waited = 1200;
    expect(kindOf(closed, { load, held: 1000, silence: 5, waited })).toBe("slow-consumer");
    // Killed at 3.6 MB/s, a server or a proxy leaves half a message as well.
    for (const came of [load, { span: 1900, busy: 0.3, inbound: 6_800_000, behind: 0 }]) {
      const told = causeOf(closed, { ...LIVE, load: came, held: 1000, silence: 5, waited: 300 });
      expect(told.kind).toBe("server-shutdown");
      expect(told.evidence).toContainEqual(expect.stringContaining("gives up a client that is slow"));
      expect(told.advice).toContainEqual(expect.stringContaining("Slow Consumer Detected"));
    }
    // Killed in a flood, a server leaves half a message as well.
    for (const fast of [
      { ...load, inbound: 100_000_000 },
      { span: 2000, busy: 0.95, inbound: 150_000_000, behind: 2000 },
    ]) {
      expect(kindOf(closed, { load: fast, held: 1000, silence: 5, waited })).toBe("server-shutdown");
    }
    // It had stood still, or nobody has looked at how much came in.
    expect(kindOf(closed, { load, held: 1000, silence: 1500, waited })).toBe("server-shutdown");
    expect(kindOf(closed, { held: 1000, silence: 5, waited })).toBe("server-shutdown");
    expect(kindOf(closed, { load, held: 1000, silence: 5, waited, phase: "restoring" })).toBe(
      "server-shutdown",
    );
    expect(kindOf(closed, { load, held: 1000, silence: 5, waited, lameDuck: true })).toBe("lame-duck");
  });

  it("of a server that has waited for CONNECT is our authenticator's where that had not answered, or our stall", () => {
    const late = serverError("Authentication Timeout");
    expect(causeOf(late, { ...LIVE, phase: "authenticating" })).toMatchObject({
      kind: "authentication",
      advice: [expect.stringContaining('option "authenticator" quicker'), expect.anything()],
    });
    expect(kindOf(late, { phase: "authenticating", localStall: 2500 })).toBe("local-stall");
    expect(kindOf(late, { phase: "handshake" })).toBe("stale");
  });

  it("of a server that had announced its end is that, however the link ends", () => {
    expect(kindOf(system("ECONNRESET"), { lameDuck: true })).toBe("lame-duck");
    expect(kindOf(system("ECONNRESET"), { lameDuck: true, localStall: 2000 })).toBe("lame-duck");
    expect(kindOf(system("EHOSTUNREACH"), { lameDuck: true })).toBe("network");
  });

  it("of an attempt that ran out of time is our own stall when this process slept through most of it", () => {
    const late = attemptTimeout(linkIn("handshake"), 5000);
    expect(kindOf(late, { phase: "handshake", took: 6000, localStall: 4000 })).toBe("local-stall");
    expect(kindOf(late, { phase: "handshake", took: 6000, localStall: 1200 })).toBe("stale");
    expect(
      kindOf(attemptTimeout(linkIn("dialing"), 5000), { phase: "dialing", took: 6000, localStall: 4000 }),
    ).toBe("local-stall");
  });

  it("of TLS is the network's where the connection was reset under it, and our stall where we slept", () => {
    const reset = system("ECONNRESET", "TLS_FAILED");
    expect(kindOf(reset, { phase: "securing" })).toBe("network");
    // TLS 1.3: what the server thinks of our certificate comes behind the handshake.
    expect(kindOf(reset, { phase: "handshake", info: parseInfo('{"tls_verify":true}') })).toBe("tls");
    expect(kindOf(reset, { phase: "handshake", info: parseInfo("{}") })).toBe("network");
    expect(kindOf(reset, { phase: "securing", info: parseInfo('{"tls_verify":true}') })).toBe("network");
    const ended = new CodedError("TLS_FAILED", "x", { closedByPeer: true });
    expect(kindOf(ended, { phase: "securing" })).toBe("tls");
    expect(kindOf(ended, { phase: "securing", localStall: 2500 })).toBe("local-stall");
    // Who ends the connection at once when TLS begins is no server, but it may be a port for websockets without TLS.
    expect(kindOf(ended, { phase: "dialing", took: 1899 })).toBe("network");
    expect(kindOf(ended, { phase: "dialing", took: 1900 })).toBe("tls");
    expect(kindOf(ended, { phase: "dialing", took: 20, isWebSocket: true })).toBe("tls");
    expect(kindOf(ended, { phase: "dialing", took: 20, localStall: 2000 })).toBe("local-stall");
    // Behind TLS that stands, a server has no reason but a certificate that it has asked for.
    expect(kindOf(ended, { phase: "handshake", info: parseInfo('{"tls_verify":true}') })).toBe("tls");
    expect(kindOf(ended, { phase: "handshake", info: parseInfo("{}") })).toBe("server-shutdown");
  });

  it("of a TLS link that stood and whose bytes do not fit any more is the network's, and of one that never did is TLS", () => {
    const failed = (code: string) => system(code, "TLS_FAILED");
    for (const code of [
      "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
      "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "ERR_SSL_PACKET_LENGTH_TOO_LONG",
    ]) {
      for (const phase of ["handshake", "restoring", "live"] as const)
        expect(kindOf(failed(code), { phase })).toBe("network");
      for (const phase of ["dialing", "securing"] as const)
        expect(kindOf(failed(code), { phase })).toBe("tls");
    }
    // TLS 1.3: what the server thinks of our certificate comes behind the handshake.
    const alert = failed("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
    for (const phase of ["handshake", "live"] as const) expect(kindOf(alert, { phase })).toBe("tls");
  });

  it("of plain text where the server's own INFO wants TLS is TLS: what a server that has no room says is read before", () => {
    const plain = system("ERR_SSL_WRONG_VERSION_NUMBER", "TLS_FAILED");
    const info = parseInfo('{"tls_required":true}');
    expect(causeOf(plain, { ...LIVE, phase: "securing", info })).toMatchObject({
      kind: "tls",
      code: "TLS_FAILED",
      advice: [
        expect.stringContaining("in plain text where the INFO of h:1 leads to TLS"),
        expect.stringContaining('"connection_rate_limit"'),
        expect.anything(),
      ],
    });
    expect(kindOf(plain, { phase: "securing", info: parseInfo('{"tls_available":true}') })).toBe("tls");
    expect(kindOf(plain, { phase: "dialing" })).toBe("tls");
  });

  it("of a gateway that asks for patience is overload, with its status and when to come back", () => {
    const busy = new CodedError(
      "CONNECTION_THROTTLED",
      "the server answered the websocket upgrade with HTTP 429",
      {
        cause: new HttpRefusal(429, "30\u001b[2J"),
      },
    );
    const cause = causeOf(busy, { ...LIVE, phase: "dialing", server: "h:443" });
    expect(cause).toMatchObject({ kind: "overload", code: "CONNECTION_THROTTLED" });
    expect(cause.evidence[0]).toBe("the websocket upgrade was answered with HTTP 429 (Retry-After: 30?[2J)");
    expect(cause.advice[0]).toContain("h:443");
  });

  it("of a dialer of the application's that has a mistake is the client, and not of one that met the network", () => {
    const thrown = (cause: Error) => new CodedError("CONNECTION_LOST", cause.message, { cause });
    for (const Mistake of [TypeError, ReferenceError, RangeError, SyntaxError]) {
      const told = causeOf(thrown(new Mistake("x")), { ...LIVE, phase: "dialing" });
      expect(told.kind).toBe("client");
      expect(told.advice).toEqual([expect.stringContaining('option "dialer"')]);
    }
    expect(kindOf(new TypeError("x"), { phase: "dialing" })).toBe("client");
    expect(kindOf(thrown(new Error("SOCKS: no way")), { phase: "dialing" })).toBe("network");
    expect(kindOf(thrown(new TypeError("x")), { phase: "handshake" })).toBe("network");
    const coded = Object.assign(new TypeError("x"), { code: "ERR_SOCKET_BAD_PORT" });
    expect(kindOf(thrown(coded), { phase: "dialing" })).toBe("network");
  });

  it("of what the application has asked for is the client", () => {
    const left = new CodedError("CONNECTION_LOST", "not in the list any more", { byApplication: true });
    expect(kindOf(left)).toBe("client");
    expect(causeOf(left, LIVE).advice).toEqual([]);
    expect(kindOf(left, { localStall: 2000 })).toBe("client");
  });

  it("of what the application did is the client", () => {
    expect(ownCause("CLOSE")).toMatchObject({ kind: "client", code: "CLOSE", evidence: [] });
    expect(ownCause("RECONNECT")).toMatchObject({ kind: "client", code: "RECONNECT" });
    expect(ownCause("CLOSE").message).toBe("the application closed the connection");
    expect(ownCause("RECONNECT").message).toBe("the application asked for a new connection");
  });
});

describe("the evidence", () => {
  it("of a lost link says what the system reported, how long it stood, and when the last byte came", () => {
    expect(evidenceOf(system("ECONNRESET"))).toEqual([
      "the system reported ECONNRESET",
      "the link stood for 3457 ms",
      "the last byte came 12 ms before",
    ]);
  });

  it("names the server's words, its silence, its announcement, and our own stall", () => {
    expect(evidenceOf(serverError("Slow Consumer"))).toContain("the server sent -ERR 'Slow Consumer'");
    const closed = evidenceOf(closedByServer(linkIn("live")), { lameDuck: true, localStall: 1500.2 });
    expect(closed.slice(0, 3)).toEqual([
      "the other side ended the connection without an error",
      "the server had announced its shutdown (lame duck)",
      "this process did not run for 1500 ms just before",
    ]);
  });

  it.each([
    ["dialing", "no connection yet"],
    ["info", "connected, waiting for INFO"],
    ["authenticating", "waiting for the authenticator"],
    ["handshake", "CONNECT was sent, no answer yet"],
    ["restoring", "subscriptions were being restored"],
    ["dead", "the link was gone"],
  ] as const)("of an attempt that ended in phase %s says so", (phase, text) => {
    const evidence = evidenceOf(stale("x"), { phase, stood: 0 });
    expect(evidence).toContain(text);
    expect(evidence.join()).not.toContain("stood");
  });

  it("is the same for an error without a code of ours, and its own code is CONNECTION_LOST", () => {
    const raw = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    expect(causeOf(raw, LIVE)).toMatchObject({ kind: "network", code: "CONNECTION_LOST" });
    expect(evidenceOf(raw)).toContain("the system reported ECONNRESET");
  });

  it("survives a cause of any kind underneath", () => {
    for (const cause of [null, undefined, "text", 5, { code: 7 }, Object.create(null)]) {
      const error = new CodedError("CONNECTION_LOST", "x", { cause });
      expect(kindOf(error)).toBe("network");
      expect(evidenceOf(error)).toHaveLength(2);
    }
  });
});
