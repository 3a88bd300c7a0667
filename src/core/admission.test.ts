import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { MAX_FRAME_SIZE } from "../wire/frame.js";
import { MAX_CONTROL_LINE } from "../wire/limits.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Admission, type BufferLimits, checkFrame } from "./admission.js";
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

/** Limits of which only what a test is about is given. */
function world(limits: Partial<BufferLimits>): Admission {
  return new Admission({
    reconnectBufSize: 0,
    maxBufferedMessages: Number.POSITIVE_INFINITY,
    maxPending: MIB,
    ...limits,
  });
}

describe("during an outage", () => {
  it("so many encoded bytes fit, to the last one [parity 106]", () => {
    const admission = world({ reconnectBufSize: 100 });
    expect(admission.fitsOutage(100, 1)).toBe(true);
    expect(admission.fitsOutage(101, 1)).toBe(false);
  });

  it("so many messages fit, to the last one, however small they are", () => {
    const admission = world({ reconnectBufSize: MIB, maxBufferedMessages: 3 });
    expect(admission.fitsOutage(3, 3)).toBe(true);
    expect(admission.fitsOutage(3, 4)).toBe(false);
  });

  it("nothing fits with -1, and the refusal says that there is no connection", () => {
    const admission = world({ reconnectBufSize: -1 });
    expect(admission.fitsOutage(0, 1)).toBe(false);
    expect(admission.refusal("a", false)).toMatchObject({ code: "DISCONNECTED", detail: { subject: "a" } });
  });

  it("a refusal names the limits that are set, and costs no stack", () => {
    const error = world({ reconnectBufSize: 100 }).refusal("a", false);
    expect(error).toMatchObject({ code: "BUFFER_FULL", detail: { subject: "a" } });
    expect(error.message).toContain('"reconnectBufSize": 100 bytes');
    expect(error.message).not.toContain("maxBufferedMessages");
    expect(error.stack).not.toContain("    at ");
    const counted = world({ reconnectBufSize: 100, maxBufferedMessages: 7 }).refusal("a", false);
    expect(counted.message).toContain('"maxBufferedMessages": 7');
  });
});

describe("while connected", () => {
  const LIMITS = { maxPending: 1000 };
  /** Whether one more is taken when so much is pending. */
  const takes = (admission: Admission, pending: number) =>
    admission.within(pending) || admission.bears(pending);

  it("is within the limit below maxPending", () => {
    const admission = world(LIMITS);
    expect(admission.within(999)).toBe(true);
    expect(admission.within(1000)).toBe(false);
    expect(admission.fits(999)).toBe(true);
    expect(admission.fits(1000)).toBe(false);
  });

  it("a synchronous burst goes over the limit, since nobody could drain it", () => {
    const admission = world(LIMITS);
    for (let pending = 1000; pending < 1_000_000; pending += 1000)
      expect(takes(admission, pending)).toBe(true);
  });

  it("refuses once the event loop has turned since the limit was crossed", () => {
    const admission = world(LIMITS);
    admission.turned(0);
    expect(takes(admission, 1000)).toBe(true);
    admission.turned(5000);
    expect(takes(admission, 5000)).toBe(false);
  });

  it("refuses a burst at its cap, also when nothing has turned", () => {
    const admission = world(LIMITS);
    expect(takes(admission, BURST_CAP - 1)).toBe(true);
    expect(takes(admission, BURST_CAP)).toBe(false);
    expect(BURST_CAP).toBe(256 * MIB);
  });

  it("bears the next burst again after it was drained", () => {
    const admission = world(LIMITS);
    admission.turned(2000);
    admission.turned(500);
    expect(takes(admission, 1000)).toBe(true);
    admission.turned(1500);
    expect(takes(admission, 1500)).toBe(false);
    expect(admission.within(10)).toBe(true);
    expect(takes(admission, 1000)).toBe(true);
  });

  it("what waits in another window than the publish window begins no new burst", () => {
    const admission = world(LIMITS);
    admission.turned(1500);
    expect(admission.fits(10)).toBe(true);
    expect(admission.bears(1500)).toBe(false);
  });

  it("a refusal costs no stack, and says what to do", () => {
    const error = world(LIMITS).refusal("a", true);
    expect(error.code).toBe("MAX_PENDING_EXCEEDED");
    expect(error.stack).not.toContain("    at ");
    expect(error.message).toContain("nc.writable()");
    expect(error.detail.subject).toBe("a");
  });
});
