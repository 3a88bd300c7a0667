import { describe, expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import { parseInfo } from "../../wire/info.js";
import { serverError } from "../server-errors.js";
import { evidenceOf, quoted } from "./evidence.js";
import { type LinkFacts, NOTHING_KNOWN } from "./facts.js";

const LIVE: LinkFacts = { ...NOTHING_KNOWN, server: "h:1", phase: "live", silence: 12, stood: 3000 };
const info = parseInfo('{"max_payload":1024,"auth_required":true,"tls_verify":true,"headers":true}');
const closed = new CodedError("CONNECTION_LOST", "h:1 closed the connection", { closedByPeer: true });

const of = (facts: Partial<LinkFacts>, error: Error = closed) =>
  evidenceOf(error, { ...LIVE, ...facts }, "server-shutdown");

describe("the evidence of what was on the way", () => {
  it("has PINGs without an answer, with how long the oldest has waited", () => {
    expect(of({ pings: 1, waited: 41.6 })).toContain("1 PING had no answer, the oldest for 42 ms");
    expect(of({ pings: 3, waited: 5000 })).toContain("3 PINGs had no answer, the oldest for 5000 ms");
  });

  it("has bytes without an answer, messages and their sizes, and what the server takes", () => {
    const evidence = of({ unanswered: 900, untaken: 300, messages: 2, largest: 700, info });
    expect(evidence).toContain(
      "900 bytes had been written since the last answer, of which the system had not taken 300",
    );
    expect(evidence).toContain("2 messages were on the way, the largest with 700 bytes; max_payload is 1024");
  });

  it("has a message that was cut off, and how busy this process was", () => {
    expect(of({ held: 17 })).toContain("the link ended within a message (17 bytes are kept for it)");
    const load = { span: 1500.4, busy: 0.987, inbound: 3000, behind: 376 };
    expect(of({ load })).toContain(
      "this process was busy for 99 % of the last 1500 ms, in which 3000 bytes came in",
    );
    expect(of({ load }).join()).not.toContain("kept up");
    expect(of({ load: { ...load, busy: 0.5 } }).join()).not.toContain("busy");
  });

  it("says of a busy process that it has kept up with what came in, if anything did", () => {
    const load = { span: 1500, busy: 0.99, inbound: 600_000, behind: 374 };
    expect(of({ load }).join()).toContain("it kept up with what came in");
    expect(of({ load: { ...load, inbound: 0 } }).join()).not.toContain("it kept up");
    expect(of({ load: { ...load, busy: 0.5 } }).join()).not.toContain("it kept up");
    // Nothing was looked at.
    expect(of({ load: { span: 0, busy: 0, inbound: 0, behind: 0 }, held: 9 }).join()).not.toContain(
      "the last 0 ms",
    );
  });

  it("says that an idle link may have been ended by what stands in between, and not of one that was in use", () => {
    const idle = "nothing had been on the way for 60000 ms: what stands in between may end idle links";
    expect(of({ silence: 60_000 })).toContain(idle);
    expect(of({ silence: 60_000, pings: 1 }).join()).not.toContain("idle");
    expect(of({ silence: 60_000 }, serverError("Stale Connection")).join()).not.toContain("idle");
    expect(of({ silence: 500 }).join()).not.toContain("idle");
    expect(of({ silence: 10_000 }).join()).toContain("idle");
    expect(of({ silence: 9999 }).join()).not.toContain("idle");
  });
});

describe("the evidence of traffic and of time", () => {
  it("tells what had come in where the link ended within a message", () => {
    const load = { span: 400, busy: 0.1, inbound: 3000, behind: 0 };
    expect(of({ held: 9, load })).toContain("3000 bytes had come in during the last 400 ms");
    expect(of({ held: 0, load }).join()).not.toContain("had come in");
  });

  it("calls a process busy from three quarters of the time on, of a quarter of a second at least", () => {
    const busy = (change: object) =>
      of({ load: { span: 250, busy: 0.75, inbound: 3000, behind: 250, ...change } }).some((fact) =>
        fact.startsWith("this process was busy"),
      );
    expect(busy({})).toBe(true);
    expect(busy({ span: 249 })).toBe(false);
    expect(busy({ busy: 0.749 })).toBe(false);
  });

  it("has neither the length of the attempt nor flags of INFO for a link that stood, and none where there are none", () => {
    expect(of({ took: 20, info }).join()).not.toMatch(/attempt took|INFO said/);
    expect(of({ phase: "handshake", took: 0, info: parseInfo("{}") }).join()).not.toMatch(
      /attempt took|INFO said/,
    );
  });

  it("leaves nothing open where the server has said why, whatever the code", () => {
    const said = new CodedError("CONNECTION_LOST", "x", { serverText: "Slow Consumer" });
    expect(evidenceOf(said, LIVE, "slow-consumer").join()).not.toContain("looks the same");
  });
});

describe("the evidence of an attempt", () => {
  it("has how long it took, and what INFO said that matters for it", () => {
    const evidence = of({ phase: "handshake", took: 20.4, info });
    expect(evidence).toContain("the attempt took 20 ms");
    expect(evidence).toContain("INFO said: auth_required, tls_verify");
  });

  it("says what the system's words mean, and what each address of a name met", () => {
    const failed = (code: string) => Object.assign(new Error(code), { code });
    const of = (cause: Error) =>
      evidenceOf(new CodedError("CONNECTION_REFUSED", "x", { cause }), NOTHING_KNOWN, "refused");
    expect(of(failed("ENOTFOUND"))).toContain("the resolver says that there is no such name");
    expect(of(failed("EAI_AGAIN"))).toContain("the resolver gave no answer");
    const each = Object.assign(new AggregateError([failed("ECONNREFUSED"), failed("ETIMEDOUT")]), {
      code: "ECONNREFUSED",
    });
    expect(of(each)).toContain("the system reported ECONNREFUSED, ETIMEDOUT for the addresses of the name");
    const evidence = of(failed("constructor"));
    expect(evidence).toContain("the system reported constructor");
    for (const fact of evidence) expect(typeof fact).toBe("string");
    expect(of(failed("X".repeat(1000))).join().length).toBeLessThan(200);
  });

  it("says what it is that answers in the place of a server", () => {
    expect(of({ phase: "info", stranger: "an HTTP server" })).toContain(
      "what answers there looks like an HTTP server",
    );
  });
});

describe("the evidence of an end", () => {
  const failed = (message: string, code = "ECONNRESET") => {
    const cause = Object.assign(new Error(message), { code });
    return new CodedError("CONNECTION_LOST", message, { cause });
  };

  it("is no reset where Node only calls it one", () => {
    for (const text of [
      "socket hang up",
      "Client network socket disconnected before secure TLS connection was established",
    ]) {
      const evidence = of({ phase: "dialing" }, failed(text));
      expect(evidence[0]).toBe("the other side ended the connection without an error");
      expect(evidence.join()).not.toContain("ECONNRESET");
    }
    expect(of({ phase: "dialing" }, failed("read ECONNRESET"))[0]).toBe("the system reported ECONNRESET");
  });

  it("by a reset with bytes on the way leaves open who has done it", () => {
    const doubt = /^a server that is killed before it has read all of that/;
    const last = (facts: Partial<LinkFacts>, error: Error = failed("x")) =>
      evidenceOf(error, { ...LIVE, ...facts }, "network").at(-1);
    for (const code of ["ECONNRESET", "EPIPE", "ECONNABORTED"])
      expect(last({ unanswered: 1 }, failed("x", code))).toMatch(doubt);
    expect(last({ unanswered: 0 })).not.toMatch(doubt);
    expect(last({ unanswered: 1 }, failed("x", "EHOSTUNREACH"))).not.toMatch(doubt);
    expect(last({ unanswered: 1, phase: "handshake" })).not.toMatch(doubt);
    expect(of({ unanswered: 1 }, failed("x")).at(-1)).not.toMatch(doubt);
  });

  it("of an attempt by websocket says that there is no websocket yet", () => {
    expect(of({ phase: "dialing", isWebSocket: true })).toContain("no websocket yet");
    expect(of({ phase: "dialing" })).toContain("no connection yet");
    expect(of({ phase: "handshake", isWebSocket: true })).toContain("CONNECT was sent, no answer yet");
  });
});

describe("what is quoted of a server", () => {
  it("is bounded, and has nothing that a terminal would obey", () => {
    expect(quoted("x".repeat(10_000))).toHaveLength(303);
    expect(quoted("a\u001b[31mb\u0007c\u202ed\u2028e")).toBe("a?[31mb?c?d?e");
    expect(quoted('Permissions Violation for Publish to "héllo.主"')).toBe(
      'Permissions Violation for Publish to "héllo.主"',
    );
    expect(of({}, serverError(`Nice\u001b]0;x ${"y".repeat(5000)}`))[0]).toMatch(
      /^the server sent -ERR 'Nice\?/,
    );
  });
});
