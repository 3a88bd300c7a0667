import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { MAX_FRAME_SIZE } from "../wire/frame.js";
import { MAX_CONTROL_LINE } from "../wire/limits.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Admission, checkFrame } from "./admission.js";
import { BURST_CAP } from "./options.js";

function refusal(run: () => void): CodedError | undefined {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  return undefined;
}

const subjects = new SubjectCache();
const code = (...args: Parameters<typeof checkFrame>) => refusal(() => checkFrame(...args))?.code;
const MIB = 1024 * 1024;

describe("a frame", () => {
  const limits = { maxPayload: 1000, headers: true };
  const entry = subjects.get("a.b");

  it.each([
    ["x".repeat(1000), undefined, undefined],
    ["x".repeat(1001), undefined, "MAX_PAYLOAD_EXCEEDED"],
    ["é".repeat(500), undefined, undefined],
    ["é".repeat(501), undefined, "MAX_PAYLOAD_EXCEEDED"],
    ["€".repeat(333), undefined, undefined],
    ["€".repeat(334), undefined, "MAX_PAYLOAD_EXCEEDED"],
    [Buffer.alloc(1000), undefined, undefined],
    [Buffer.alloc(1001), undefined, "MAX_PAYLOAD_EXCEEDED"],
    [Buffer.alloc(990), Buffer.alloc(10), undefined],
    [Buffer.alloc(990), Buffer.alloc(11), "MAX_PAYLOAD_EXCEEDED"],
    ["", Buffer.alloc(1001), "MAX_PAYLOAD_EXCEEDED"],
  ])("is measured in bytes, headers and payload together (%#)", (payload, headers, wanted) => {
    expect(code(limits, entry, "", headers, payload)).toBe(wanted);
  });

  it("with headers is refused where the server takes none", () => {
    const without = { maxPayload: 1000, headers: false };
    expect(code(without, entry, "", Buffer.alloc(12), "x")).toBe("HEADERS_UNSUPPORTED");
    expect(code(without, entry, "", undefined, "x")).toBeUndefined();
  });

  it("with a control line over 4,096 bytes is refused, and none that passes is longer (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.boolean(),
        (a, b, wide) => {
          const subject = "s".repeat(a);
          const reply = (wide ? "é" : "r").repeat(b);
          const wanted = code(limits, subjects.get(subject), reply, undefined, "");
          const line = `HPUB ${subject} ${reply} 1234567890 1234567890`;
          if (wanted === undefined)
            expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_CONTROL_LINE + 20);
          else expect(wanted).toBe("MAX_CONTROL_LINE_EXCEEDED");
          if (Buffer.byteLength(line) < MAX_CONTROL_LINE - 20) expect(wanted).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  it("larger than its place in the index can tell is refused, whatever a server allows", () => {
    const payload = new Uint8Array(MAX_FRAME_SIZE + 1);
    const boundless = { maxPayload: Number.MAX_SAFE_INTEGER, headers: true };
    expect(code(boundless, entry, "", undefined, payload)).toBe("MAX_PAYLOAD_EXCEEDED");
    expect(code(boundless, entry, "", undefined, payload.subarray(1))).toBeUndefined();
  });

  it("that is refused is named by its subject", () => {
    expect(refusal(() => checkFrame(limits, entry, "", undefined, "x".repeat(2000)))?.detail.subject).toBe(
      "a.b",
    );
  });
});

describe("during an outage", () => {
  it("so many encoded bytes are accepted, to the last one", () => {
    const admission = new Admission(100, MIB);
    expect(refusal(() => admission.duringOutage("a", 60, 40))).toBeUndefined();
    expect(refusal(() => admission.duringOutage("a", 61, 40))).toMatchObject({
      code: "BUFFER_FULL",
      detail: { subject: "a" },
    });
    expect(refusal(() => admission.duringOutage("a", 1, 99))).toBeUndefined();
    expect(refusal(() => admission.duringOutage("a", 1, 100))?.code).toBe("BUFFER_FULL");
  });

  it("nothing is accepted with -1", () => {
    expect(refusal(() => new Admission(-1, MIB).duringOutage("a", 1, 0))?.code).toBe("DISCONNECTED");
  });

  it("a refusal costs no stack", () => {
    const error = refusal(() => new Admission(0, MIB).duringOutage("a", 1, 0));
    expect(error?.stack).not.toContain("    at ");
  });
});

describe("while connected", () => {
  const over = (admission: Admission, pending: number) =>
    refusal(() => admission.overPending("a", pending))?.code;

  it("is within the limit below maxPending", () => {
    const admission = new Admission(0, 1000);
    expect(admission.within(999)).toBe(true);
    expect(admission.within(1000)).toBe(false);
  });

  it("a synchronous burst goes over the limit, since nobody could drain it", () => {
    const admission = new Admission(0, 1000);
    for (let pending = 1000; pending < 1_000_000; pending += 1000)
      expect(over(admission, pending)).toBeUndefined();
  });

  it("refuses once the event loop has turned since the limit was crossed", () => {
    const admission = new Admission(0, 1000);
    admission.turned(0);
    expect(over(admission, 1000)).toBeUndefined();
    admission.turned(5000);
    expect(over(admission, 5000)).toBe("MAX_PENDING_EXCEEDED");
  });

  it("refuses a burst at its cap, also when nothing has turned", () => {
    const admission = new Admission(0, 1000);
    expect(over(admission, BURST_CAP - 1)).toBeUndefined();
    expect(over(admission, BURST_CAP)).toBe("MAX_PENDING_EXCEEDED");
    expect(BURST_CAP).toBe(256 * MIB);
  });

  it("bears the next burst again after it was drained", () => {
    const admission = new Admission(0, 1000);
    over(admission, 1000);
    admission.turned(2000);
    admission.turned(500);
    expect(over(admission, 1000)).toBeUndefined();
    admission.turned(1500);
    expect(over(admission, 1500)).toBe("MAX_PENDING_EXCEEDED");
    expect(admission.within(10)).toBe(true);
    expect(over(admission, 1000)).toBeUndefined();
  });

  it("a refusal costs no stack, and says what to do", () => {
    const admission = new Admission(0, 1000);
    const error = refusal(() => admission.overPending("a", BURST_CAP))!;
    expect(error.stack).not.toContain("    at ");
    expect(error.message).toContain("nc.writable()");
    expect(error.detail.subject).toBe("a");
  });
});
