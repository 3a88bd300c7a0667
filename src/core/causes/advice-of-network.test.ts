import { describe, expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import { socketError } from "../../io/socket.js";
import { tlsError } from "../../io/tls.js";
import { parseInfo } from "../../wire/info.js";
import { type CauseKind, causeOf, type LinkFacts, NOTHING_KNOWN } from "../cause.js";
import type { Link, LinkPhase } from "../link.js";
import { attemptTimeout, closedByServer } from "../link-errors.js";
import { livelier } from "./advice-of-network.js";

const info = parseInfo('{"max_payload":1048576}');
const linkIn = (phase: LinkPhase) => ({ phase, server: { address: { listen: "h:1" } } }) as unknown as Link;
/** As the socket tells it. */
const system = (code: string) =>
  socketError(Object.assign(new Error(`read ${code}`), { code, syscall: "read" }));
const tls = (code: string, syscall?: string) => tlsError(Object.assign(new Error(code), { code, syscall }));

function told(error: Error, phase: LinkPhase, change: Partial<LinkFacts> = {}) {
  const known = phase === "dialing" || phase === "info" ? {} : { info };
  return causeOf(error, { ...NOTHING_KNOWN, server: "10.0.0.7:4222", phase, took: 20, ...known, ...change });
}

/** Each advice has its turn, and there are no others. */
function expectAdvice(advice: readonly string[], wanted: readonly RegExp[]): void {
  expect(advice).toHaveLength(wanted.length);
  for (const [i, one] of wanted.entries()) expect(advice[i]).toMatch(one);
}

const REJECTS = [
  /takes the connection and ends it at once: a firewall/,
  /killed at this time/,
  /more than one server/,
];
const NO_UPGRADE = [/without an answer to the upgrade to a websocket/, /allows no websockets/];
const SWALLOWS = [/swallows what we send/, /option "timeout"/];
const NO_BACKEND = [/ends connections before a word/, /not a load balancer/, /handshakeFirst: true/];
const IN_HANDSHAKE = [/its word is lost/, /was killed or has crashed/, /what is in between/];
const OF_LINK = [/was killed or has crashed/, /if it runs on, look for a firewall/, /same interval/];
const GONE = [
  /its network: nothing has come back/,
  /has forgotten the link/,
  /"stallTimeout" and "pingInterval"/,
];
const NO_WAY = [/no route/, /client_advertise/];
const WAY_GONE = [/has gone while it was in use/, /reached another way/];

describe("what to do about the way to the server", () => {
  it.each<[string, LinkPhase, readonly RegExp[]]>([
    ["ECONNRESET", "dialing", REJECTS],
    ["EPIPE", "dialing", REJECTS],
    ["ECONNABORTED", "dialing", REJECTS],
    ["ETIMEDOUT", "dialing", SWALLOWS],
    ["EAFNOSUPPORT", "dialing", [/could not make the connection/, /"localAddress" and "dialer"/]],
    ["EHOSTUNREACH", "dialing", NO_WAY],
    ["EHOSTDOWN", "dialing", NO_WAY],
    ["ENETUNREACH", "dialing", NO_WAY],
    ["ENETDOWN", "dialing", NO_WAY],
    ["EHOSTUNREACH", "live", WAY_GONE],
    ["ENETDOWN", "live", WAY_GONE],
    ["ENOTFOUND", "dialing", [/the resolver does not know it/, /Kubernetes/]],
    ["EAI_AGAIN", "dialing", [/away or overloaded/, /addresses of the servers/]],
    ["EAI_FAIL", "dialing", [/away or overloaded/, /addresses of the servers/]],
    ["EMFILE", "dialing", [/limit of open files/]],
    ["ENFILE", "dialing", [/limit of open files/]],
    ["ENOMEM", "dialing", [/more memory/]],
    ["ENOBUFS", "live", [/more memory/]],
    ["EACCES", "dialing", [/its own firewall/]],
    ["EPERM", "dialing", [/its own firewall/]],
    ["EADDRINUSE", "dialing", [/"localAddress" and "localPort"/]],
    ["EADDRNOTAVAIL", "dialing", [/"localAddress" and "localPort"/]],
    ["ECONNRESET", "info", NO_BACKEND],
    ["ECONNRESET", "authenticating", IN_HANDSHAKE],
    ["ECONNRESET", "handshake", IN_HANDSHAKE],
    ["EPIPE", "restoring", IN_HANDSHAKE],
    ["ECONNRESET", "ready", OF_LINK],
    ["ECONNRESET", "joining", OF_LINK],
    ["ECONNRESET", "live", OF_LINK],
    ["ECONNRESET", "leaving", OF_LINK],
    ["ETIMEDOUT", "live", GONE],
    ["ETIMEDOUT", "handshake", GONE],
  ])("%s while %s", (code, phase, wanted) => {
    const cause = told(system(code), phase);
    expect(cause.kind).toBe("network");
    expectAdvice(cause.advice, wanted);
  });

  it("of a reset is never that something swallows, and of silence never that something resets", () => {
    for (const phase of ["dialing", "info", "securing", "handshake", "restoring", "live"] as const) {
      expect(told(system("ECONNRESET"), phase).advice.join()).not.toContain("swallows");
      expect(told(system("ETIMEDOUT"), phase).advice.join()).not.toMatch(/resets|ends it at once/);
    }
  });

  it("of a websocket says what the other side has to do with websockets", () => {
    const isWebSocket = true;
    expectAdvice(told(system("ECONNRESET"), "dialing", { isWebSocket }).advice, NO_UPGRADE);
    expectAdvice(told(closedByServer(linkIn("dialing")), "dialing", { isWebSocket }).advice, NO_UPGRADE);
    const late = told(attemptTimeout(linkIn("dialing"), 500), "dialing", { isWebSocket });
    expectAdvice(late.advice, [...SWALLOWS, /does not answer the upgrade/]);
    const wss = told(attemptTimeout(linkIn("dialing"), 500), "dialing", { isWebSocket, wantsTls: true });
    expectAdvice(wss.advice, [...SWALLOWS, /does not answer the upgrade/]);
    const first = told(attemptTimeout(linkIn("dialing"), 500), "dialing", { wantsTls: true });
    expectAdvice(first.advice, SWALLOWS);
    const cut = told(closedByServer(linkIn("info")), "info", { held: 10 });
    expectAdvice(cut.advice, [/within the first line of the server/, /the servers themselves/]);
    const reset = told(tls("ECONNRESET", "read"), "dialing", { isWebSocket });
    expectAdvice(reset.advice, [/the port in "websocket" of the server, with "tls" there/, /use ws:/]);
    expect(reset.advice.join()).not.toContain("handshake");
  });

  it("of a reset when TLS begins names what does not bear it there", () => {
    expectAdvice(told(tls("ECONNRESET", "read"), "dialing").advice, [
      /the port of a server with "handshake_first"/,
      /leave option "tls.handshakeFirst" out/,
    ]);
    expectAdvice(told(tls("ECONNRESET", "read"), "securing").advice, [
      /behind a line of plain text/,
      /"handshake_first" of the server/,
      /was killed or has crashed/,
    ]);
  });

  it("of a dial that takes too long thinks of the resolver where there is a name to resolve", () => {
    const late = (server: string) =>
      told(attemptTimeout(linkIn("dialing"), 500), "dialing", { server }).advice;
    for (const named of [
      "nats.example.com:4222",
      "a-b:4222",
      "localhost:4222",
      "h1:4222",
      "nats2.internal.1a:4222",
    ])
      expectAdvice(late(named), [SWALLOWS[0], /"getent hosts" takes/, SWALLOWS[1]]);
    for (const address of ["10.0.0.7:4222", "[::1]:4222", "[fe80::1%eth0]:4222", "[2001:db8::abcd]:4222", ""])
      expectAdvice(late(address), SWALLOWS);
    // The system has dialled an address.
    expectAdvice(told(system("ETIMEDOUT"), "dialing", { server: "h.example:1" }).advice, SWALLOWS);
  });

  it("of an error without a name says where to look, and not that somebody has ended anything", () => {
    const cause = told(new CodedError("CONNECTION_LOST", "what a dialer says"), "dialing");
    expectAdvice(cause.advice, [/for the reason in the evidence/, /"dialer"/]);
  });

  it("of a server that was heard of already is not that there is none", () => {
    expectAdvice(told(system("ECONNRESET"), "info", { held: 10 }).advice, IN_HANDSHAKE);
  });

  it("of an idle link is about who ends idle links, and its figure", () => {
    const idle = (silence: number, change: Partial<LinkFacts> = {}) =>
      told(system("ECONNRESET"), "live", { silence, stood: 90_000, ...change }).advice;
    expectAdvice(idle(60_000), [/"pingInterval: 20000"/, /^look for a firewall/, /it was the server/]);
    expectAdvice(idle(10_000), [/"pingInterval: 3000"/, /^look for a firewall/, /it was the server/]);
    expectAdvice(idle(9999), OF_LINK);
    expectAdvice(idle(60_000, { pings: 1 }), OF_LINK);
    expectAdvice(idle(60_000, { unanswered: 5 }), OF_LINK);
    expect(livelier(900)).toBe(1000);
    expect(livelier(350_000)).toBe(116_000);
  });

  it("of bytes of TLS that came changed is what touches packets, also while the link is restored", () => {
    for (const phase of ["handshake", "restoring", "live"] as const)
      expectAdvice(told(tls("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), phase).advice, [
        /touches packets/,
        /another machine/,
      ]);
  });

  it("of a reset behind TLS that stands is not that bytes came changed", () => {
    expectAdvice(told(tls("ECONNRESET", "read"), "handshake").advice, IN_HANDSHAKE);
  });

  it("names the server, where that is known", () => {
    expect(told(system("ECONNRESET"), "live").advice[0]).toContain("10.0.0.7:4222");
    expect(told(system("ECONNRESET"), "live", { server: "" }).advice[0]).toContain(
      "see whether the server was",
    );
  });

  it.each<[string, Error, LinkPhase, CauseKind]>([
    ["in order, before a word", closedByServer(linkIn("info")), "info", "network"],
    ["by TLS, in order", tls("ECONNRESET"), "securing", "tls"],
  ])("is asked only where the kind is the way: %s", (_, error, phase, kind) => {
    expect(told(error, phase).kind).toBe(kind);
  });
});
