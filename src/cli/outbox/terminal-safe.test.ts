import { afterEach, describe, expect, it, vi } from "vitest";
import type { ExportedMessage, OutboxReport } from "../../outbox/index.js";
import { jsonLine } from "./json-line.js";
import { runInspect } from "./run-inspect.js";

const inspected = vi.hoisted(() => ({ report: {} as OutboxReport }));
vi.mock("../../outbox/index.js", () => ({ inspectOutbox: async () => inspected.report }));

/** CSI in one character, delete, a turn of the direction of writing, an invisible letter beyond the first 65536, the ends of lines of Unicode. */
const HOSTILE = "a\u009b31mb\u007fc\u202Ed\u{e0041}e\u2028f\u2029g\u001b[2J";
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("JSON of an outbox", () => {
  it("moves no cursor, wherever in a message somebody has put the command, and is the same to programs", () => {
    const message: ExportedMessage = {
      subject: HOSTILE,
      reply: HOSTILE,
      headers: [[HOSTILE, HOSTILE]],
      payload: Buffer.from(HOSTILE),
      at: 0,
      expiresAt: Number.POSITIVE_INFINITY,
      messageId: HOSTILE,
      parked: HOSTILE,
    };
    const line = jsonLine(message);
    expect(line).not.toMatch(OBEYED);
    expect(line.split("\n")).toHaveLength(2);
    expect(JSON.parse(line)).toMatchObject({
      subject: HOSTILE,
      reply: HOSTILE,
      headers: { [HOSTILE]: [HOSTILE] },
      payload: HOSTILE,
      id: HOSTILE,
      parked: HOSTILE,
    });
  });

  it("has subjects and reasons of a report in the same way", async () => {
    inspected.report = {
      subjects: [{ subject: HOSTILE, messages: 1, bytes: 2 }],
      parked: 0,
      parkedBy: [{ reason: HOSTILE, messages: 1 }],
      damaged: [],
    } as unknown as OutboxReport;
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    await runInspect("/outbox", { json: true });
    const text = written.mock.calls.map(([said]) => String(said)).join("");
    expect(text).not.toMatch(OBEYED);
    expect(JSON.parse(text)).toEqual(inspected.report);
  });
});
