import { describe, expect, it } from "vitest";
import { CodedError, type ErrorCode } from "../errors.js";
import { type CauseKind, causeOf, type LinkFacts, ownCause } from "./cause.js";
import type { Link, LinkPhase } from "./link.js";
import { attemptTimeout, closedByServer, stale } from "./link-errors.js";
import { SERVER_ERRORS, serverError } from "./server-errors.js";

const LIVE: LinkFacts = { phase: "live", lameDuck: false, silence: 12.4, stood: 3456.7, localStall: 0 };
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

  it("of what the application did is the client", () => {
    expect(ownCause("CLOSE")).toMatchObject({ kind: "client", code: "CLOSE", evidence: [] });
    expect(ownCause("RECONNECT")).toMatchObject({ kind: "client", code: "RECONNECT" });
    expect(ownCause("CLOSE").message).not.toBe(ownCause("RECONNECT").message);
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
