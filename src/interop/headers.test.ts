import { headers } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { decodeHeaders, encodeHeaders, withTrace } from "./headers.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const code = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return (error as CodedError).code;
  }
  return undefined;
};

describe("headers", () => {
  it("are encoded as the protocol says, each value on its line", () => {
    const all = headers();
    all.append("A", "1");
    all.append("B", "x: y");
    all.append("A", "ü 2");
    expect(text(encodeHeaders(all))).toBe("NATS/1.0\r\nA: 1\r\nA: ü 2\r\nB: x: y\r\n\r\n");
    expect(text(encodeHeaders(headers()))).toBe("NATS/1.0\r\n\r\n");
  });

  it("keep a status", () => {
    expect(text(encodeHeaders(headers(503, "No Responders")))).toBe("NATS/1.0 503 No Responders\r\n\r\n");
  });

  it("come back as they were [parity 197]", () => {
    const all = headers(408, "Request Timeout");
    all.append("Nats-Msg-Id", "42");
    all.append("Empty", "");
    const back = decodeHeaders(encodeHeaders(all));
    expect([back.code, back.description]).toEqual([408, "Request Timeout"]);
    expect([back.get("Nats-Msg-Id"), back.get("Empty")]).toEqual(["42", ""]);
  });

  it.each([
    [{ A: ["1\r\nB: 2"] }],
    [{ A: ["1\n"] }],
    [{ A: ["1\r"] }],
    [{ A: ["\0"] }],
    [{ "A\r\nB": ["1"] }],
    [{ "A: x\r\nB": ["1"] }],
    [{ "A B": ["1"] }],
    [{ "A:": ["1"] }],
    [{ "": ["1"] }],
    [{ "A\0": ["1"] }],
    [{ "A\t": ["1"] }],
    [{ Ä: ["1"] }],
  ])("made by fromRecord, which checks nothing, cannot inject a line: %j [parity 197]", (record) => {
    expect(code(() => encodeHeaders(MsgHdrsImpl.fromRecord(record as Record<string, string[]>)))).toBe(
      "INVALID_ARGUMENT",
    );
  });

  it.each(["No\r\nInjected: yes", "No\n", "No\0", "x\r"])(
    "with a description of the status that would inject a line are refused: %j",
    (description) => {
      expect(code(() => encodeHeaders(headers(503, description)))).toBe("INVALID_ARGUMENT");
    },
  );

  it("with a status that is no number cannot inject a line either", () => {
    expect(code(() => encodeHeaders(headers("503\r\n" as never, "Injected: yes")))).toBe("INVALID_ARGUMENT");
  });

  it("say what they said when they were checked", () => {
    let reads = 0;
    const changing = Object.defineProperty(headers(503, "No"), "description", {
      get: () => (reads++ === 0 ? "No" : "No\r\nInjected: yes"),
    });
    expect(text(encodeHeaders(changing))).toBe("NATS/1.0 503 No\r\n\r\n");
  });

  it("with a name that is no string are named all the same", () => {
    const odd = Object.assign(Object.create(headers()), {
      *[Symbol.iterator]() {
        yield [1, ["a\n"]];
      },
    });
    expect(code(() => encodeHeaders(odd))).toBe("INVALID_ARGUMENT");
  });

  it("that pass have a line for the version, one for each value, and an empty one (property)", () => {
    const any = fc.string({
      unit: fc.constantFrom("a", "B", "-", " ", ":", "\r", "\n", "\0", "\t", "é"),
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        fc.dictionary(any, fc.array(any, { minLength: 1, maxLength: 3 })),
        any,
        (record, description) => {
          const all = MsgHdrsImpl.fromRecord(record);
          Object.assign(all, { _code: description === "" ? 0 : 503, _description: description });
          let bytes: Uint8Array;
          try {
            bytes = encodeHeaders(all);
          } catch (error) {
            expect((error as CodedError).code).toBe("INVALID_ARGUMENT");
            return;
          }
          const lines = Object.values(record).flat().length;
          expect(text(bytes).split(/\r\n|\r|\n|\0/)).toHaveLength(lines + 3);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("are whole when others are encoded while they are read, or were refused before", () => {
    const inner = headers();
    inner.append("Inner", "1");
    const outer = headers();
    outer.append("A", "1");
    outer.append("B", "2");
    const entries = [...outer];
    let within = "";
    const reads = Object.assign(Object.create(outer), {
      *[Symbol.iterator]() {
        for (const entry of entries) {
          yield entry;
          within = text(encodeHeaders(inner));
        }
      },
    });
    expect(code(() => encodeHeaders(MsgHdrsImpl.fromRecord({ A: ["1"], B: ["\n"] } as never)))).toBe(
      "INVALID_ARGUMENT",
    );
    expect(text(encodeHeaders(reads))).toBe("NATS/1.0\r\nA: 1\r\nB: 2\r\n\r\n");
    expect(within).toBe("NATS/1.0\r\nInner: 1\r\n\r\n");
  });

  it("name the one that is wrong, in a short text", () => {
    expect.assertions(2);
    try {
      encodeHeaders(MsgHdrsImpl.fromRecord({ [`X${" ".repeat(5000)}`]: ["1"] }));
    } catch (error) {
      expect((error as Error).message).toContain('"X ');
      expect((error as Error).message.length).toBeLessThan(200);
    }
  });
});

describe("a trace", () => {
  it("is asked for by headers beside the given ones, which are not changed", () => {
    const given = headers();
    given.append("A", "1");
    given.append("A", "2");
    const all = withTrace(given, { traceDestination: "trace.here", traceOnly: true })!;
    expect(all.values("A")).toEqual(["1", "2"]);
    expect(all.get("Nats-Trace-Dest")).toBe("trace.here");
    expect(all.get("Nats-Trace-Only")).toBe("true");
    expect(given.keys()).toEqual(["A"]);
  });

  it("that is not asked for changes nothing", () => {
    const given = headers();
    expect(withTrace(given, {})).toBe(given);
    expect(withTrace(undefined, {})).toBeUndefined();
    expect(withTrace(undefined, { traceDestination: "t" })!.keys()).toEqual(["Nats-Trace-Dest"]);
    expect(withTrace(undefined, { traceOnly: false })?.keys() ?? []).toEqual([]);
  });

  it("keeps the status of the given headers", () => {
    const all = withTrace(headers(100, "Idle Heartbeat"), { traceDestination: "t" })!;
    expect([all.code, all.description]).toEqual([100, "Idle Heartbeat"]);
  });
});

describe("headers that came in", () => {
  it("of any content do not harm (property)", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          fc.string().map((s) => Buffer.from(`NATS/1.0 ${s}`)),
        ),
        (raw) => {
          let hdrs: { code: number } | undefined;
          try {
            hdrs = decodeHeaders(raw);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
          if (hdrs !== undefined) expect(Number.isNaN(hdrs.code)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});
