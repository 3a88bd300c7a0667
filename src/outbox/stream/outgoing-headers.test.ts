import { describe, expect, it } from "vitest";
import { headers, type MsgHdrsImpl } from "../../index.js";
import { Outgoing } from "./outgoing.js";
import { EncodedHeaders, GivenHeaders, type HeaderLine, type OutgoingHeaders } from "./outgoing-headers.js";

/** What a server gets, line by line. */
function linesOf(sent: OutgoingHeaders, extra: readonly HeaderLine[] = []): string[] {
  const told = sent.toSend(extra);
  const bytes = "headers" in told ? (told.headers as MsgHdrsImpl).encode() : told.encodedHeaders;
  const lines = Buffer.from(bytes).toString().split("\r\n");
  expect(lines[0]).toBe("NATS/1.0");
  expect(lines.slice(-2)).toEqual(["", ""]);
  return lines.slice(1, -2);
}

const block = (...lines: string[]) => Buffer.from(["NATS/1.0", ...lines, "", ""].join("\r\n"));
const given = (name: string, value: string) => {
  const hdrs = headers();
  hdrs.set(name, value);
  return hdrs;
};

describe.each<[string, (lines: readonly HeaderLine[]) => OutgoingHeaders]>([
  ["given", (lines) => new GivenHeaders(given("X", "grün"), lines)],
  ["encoded", (lines) => new EncodedHeaders(block("X: grün"), lines)],
])("%s headers", (_, make) => {
  it("have what stays, and what one try has in addition", () => {
    const all = make([["Nats-Msg-Id", "ä"]]);
    expect(linesOf(all)).toEqual(["X: grün", "Nats-Msg-Id: ä"]);
    expect(linesOf(all, [["Nats-Expected-Last-Sequence", "5"]])).toEqual([
      "X: grün",
      "Nats-Msg-Id: ä",
      "Nats-Expected-Last-Sequence: 5",
    ]);
    expect(linesOf(all, [["Nats-Expected-Last-Sequence", "7"]]).at(-1)).toBe(
      "Nats-Expected-Last-Sequence: 7",
    );
    expect(linesOf(all)).toEqual(["X: grün", "Nats-Msg-Id: ä"]);
  });
});

describe("encoded headers", () => {
  it("are a copy", () => {
    const bytes = block("X: a");
    const all = new EncodedHeaders(bytes, []);
    bytes.fill(0);
    expect(linesOf(all)).toEqual(["X: a"]);
  });

  it("take a part of a larger buffer", () => {
    const bytes = Buffer.concat([Buffer.from("xx"), block("X: a"), Buffer.from("yy")]).subarray(2, -2);
    expect(EncodedHeaders.takes(bytes)).toBe(true);
    expect(linesOf(new EncodedHeaders(bytes, [["Y", "b"]]))).toEqual(["X: a", "Y: b"]);
  });

  it.each([
    "",
    "NATS/1.0",
    "NATS/1.0\r\n",
    "NATS/1.0\r\nX: a\r\n",
    "NATS/1.0\r\nNats-Msg-Id: a\r\n\r\n",
    "NATS/1.0\r\nX: a\r\nNats-Expected-Last-Sequence: 1\r\n\r\n",
  ])("stand back where they are broken, or for JetStream: %j", (text) => {
    expect(EncodedHeaders.takes(Buffer.from(text))).toBe(false);
  });
});

describe("a message", () => {
  const message = (options: ConstructorParameters<typeof Outgoing>[0]["options"]) =>
    new Outgoing(
      { subject: "s", payload: "", options },
      { stream: "S", timeout: 1, retries: 1 },
      () => {},
      () => {},
    );

  it("has an id, the same in every try, however its headers came", () => {
    for (const options of [{}, { headers: given("X", "a") }, { encodedHeaders: block("X: a") }]) {
      const out = message(options);
      const id = `Nats-Msg-Id: ${out.msgID}`;
      expect(out.msgID).not.toBe("");
      expect(linesOf(out.headers)).toContain(id);
      expect(linesOf(out.headers, [["Nats-Expected-Last-Sequence", "5"]])).toContain(id);
      expect(linesOf(out.headers)).toContain("Nats-Expected-Stream: S");
      expect(out.isAlone).toBe(false);
    }
  });

  it.each(["Nats-Msg-Id: mine", "Nats-Msg-Id:mine", "Nats-Msg-Id: mine "])("keeps its own id: %j", (line) => {
    const out = message({ encodedHeaders: block("X: a", line) });
    expect(out.msgID).toBe("mine");
    expect(linesOf(out.headers).filter((one) => one.startsWith("Nats-Msg-Id"))).toEqual([
      "Nats-Msg-Id: mine",
    ]);
  });

  it("with an id that is empty gets another", () => {
    for (const options of [
      { headers: given("Nats-Msg-Id", "") },
      { headers: given("Nats-Msg-Id", " ") },
      { encodedHeaders: block("Nats-Msg-Id: ") },
    ]) {
      expect(message(options).msgID.trim()).not.toBe("");
    }
  });

  it("that brings an expectation in its headers is alone", () => {
    const out = message({ encodedHeaders: block("Nats-Expected-Last-Sequence: 3") });
    expect(out.isAlone).toBe(true);
    expect(linesOf(out.headers)).toContain("Nats-Expected-Last-Sequence: 3");
    expect(message({ headers: given("Nats-Incr", "1") }).isAlone).toBe(true);
  });
});
