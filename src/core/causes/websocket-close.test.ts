import { describe, expect, it } from "vitest";
import { parseInfo } from "../../wire/info.js";
import { causeOf, NOTHING_KNOWN } from "../cause.js";
import type { Link, LinkPhase } from "../link.js";
import { attemptTimeout, closedByServer } from "../link-errors.js";
import { webSocketClosed } from "./websocket-close.js";

const linkIn = (phase: LinkPhase, tlsBegun = false) =>
  ({ phase, tlsBegun, server: { address: { listen: "h:1" } } }) as unknown as Link;
const info = parseInfo('{"max_payload":1000}');

function told(code: number, phase: LinkPhase = "live", largest = 900) {
  const error = closedByServer(linkIn(phase), webSocketClosed(code));
  return causeOf(error, { ...NOTHING_KNOWN, phase, isWebSocket: true, largest, info });
}

describe("a websocket that is closed with a code", () => {
  it("of a message that is too big is told as that, of whoever has limits of its own", () => {
    const cause = told(1009);
    expect(cause).toMatchObject({ kind: "payload", code: "CONNECTION_LOST", docs: "docs/causes/payload.md" });
    expect(cause.evidence).toContain("it closed the websocket with code 1009 (message too big)");
    expect(cause.advice[0]).toMatch(/limit .* of the gateway or proxy .* takes 1000 bytes, .* had 900$/);
    expect(told(1009, "live", 1001).advice[0]).toMatch(/^send smaller messages/);
    expect(told(1009, "handshake")).toMatchObject({ kind: "payload", code: "CONNECTION_REFUSED" });
  });

  it("of another code has that among its evidence, and is what it would be without", () => {
    expect(told(1001)).toMatchObject({
      kind: "server-shutdown",
      evidence: expect.arrayContaining(["it closed the websocket with code 1001 (going away)"]),
    });
    expect(told(4711).evidence).toContain("it closed the websocket with code 4711");
  });

  it.each([undefined, 1000, 1005, 1006])("says nothing by %s", (code) => {
    expect(webSocketClosed(code)).toBeUndefined();
  });
});

describe("an attempt in which TLS comes first", () => {
  const late = (tlsBegun: boolean) =>
    causeOf(attemptTimeout(linkIn("dialing", tlsBegun), 500), {
      ...NOTHING_KNOWN,
      server: "h:1",
      tlsBegun,
      took: 500,
    });

  it("and has no answer is the server's: its system has accepted the connection", () => {
    const cause = late(true);
    expect(cause.kind).toBe("stale");
    expect(cause.message).toBe(
      "h:1 accepted the connection and did not answer the TLS handshake within 500 ms",
    );
    expect(cause.evidence).toContain("connected, TLS was being set up");
    expect(cause.advice[0]).toMatch(/frozen/);
  });

  it("and was not accepted is the network's", () => {
    expect(late(false)).toMatchObject({
      kind: "network",
      message: "h:1 could not be reached within 500 ms",
      evidence: expect.arrayContaining(["no connection yet"]),
    });
  });
});

it("a link that ends within the first line says so", () => {
  const cut = causeOf(closedByServer(linkIn("info")), { ...NOTHING_KNOWN, phase: "info", held: 10 });
  expect(cut.kind).toBe("network");
  expect(cut.evidence).toContain("the link ended within the first line (10 bytes are kept for it)");
});
