import { describe, expect, it } from "vitest";
import { componentOf } from "../../../test/observe/support/views.js";
import { componentRows } from "./components.js";

const row = (changes: Parameters<typeof componentOf>[0]) => componentRows([componentOf(changes)])[0];

describe("rows of components", () => {
  it("have figures, and a dash where there is none", () => {
    expect(
      row({ inFlight: 3, waiting: 1_200, done: 9_999, failed: 4, deadLettered: 2, discarded: 1, lag: 7 }),
    ).toEqual({
      key: "1 handler orders.*",
      kind: "handler",
      name: "orders.*",
      state: "running",
      tone: "good",
      atWork: "3, 1,200 waiting",
      done: "9,999",
      failed: "4",
      deadLettered: "2",
      discarded: "1",
      hasDeadLetters: true,
      hasDiscarded: true,
      lag: "7",
      text: "–",
    });
    const none = { inFlight: null, waiting: null, deadLettered: null, discarded: null, lag: null };
    expect(row(none)).toMatchObject({ atWork: "–", deadLettered: "–", hasDeadLetters: false, lag: "–" });
  });

  it.each([
    ["running", "good"],
    ["consuming", "good"],
    ["closed", "good"],
    ["stopping", "busy"],
    ["half-open", "busy"],
    ["open", "bad"],
    ["recovering", "bad"],
    ["unknown", "bad"],
    ["stopped", "idle"],
    ["of a version to come", "good"],
    ["__proto__", "good"],
    ["toString", "good"],
  ])("that are %s look %s", (state, tone) => {
    expect(row({ state }).tone).toBe(tone);
    expect(row({ state, trouble: "stuck" }).tone).toBe("bad");
  });

  it("say what is wrong now, else which breakers are open, else what was wrong last", () => {
    const breakers = [
      { subject: "a.{id}", state: "open" },
      { subject: "b", state: "half-open" },
    ];
    expect(row({ trouble: "stuck", breakers, lastError: "TIMEOUT" }).text).toBe("stuck");
    expect(row({ breakers, lastError: "TIMEOUT" }).text).toBe("a.{id} is open, b is half-open");
    expect(row({ lastError: "TIMEOUT" }).text).toBe("last: TIMEOUT");
  });

  it("say what an outbox holds, how old it is, and what is parked", () => {
    const outbox = { kind: "outbox", state: "waiting", inFlight: null, waiting: 1_200, lag: null };
    const held = { bytes: 1_572_864, limit: 1_073_741_824, oldestAge: 192_000 };
    expect(row({ ...outbox, held })).toMatchObject({
      tone: "busy",
      atWork: "1,200 waiting",
      text: "oldest 3 min 12 s, 1.5 MiB of 1 GiB",
    });
    expect(row({ ...outbox, held: { ...held, limit: null, oldestAge: 0 }, deadLettered: 2 }).text).toBe(
      "1.5 MiB, 2 messages parked",
    );
    expect(row({ ...outbox, held, lastError: "OUTBOX_FAILED: commit failed" }).text).toBe(
      "oldest 3 min 12 s, 1.5 MiB of 1 GiB, last: OUTBOX_FAILED: commit failed",
    );
    expect(row({ ...outbox, held, trouble: "no room" })).toMatchObject({ tone: "bad", text: "no room" });
    expect(row({ ...outbox, state: "idle", waiting: 0 }).tone).toBe("idle");
    expect(row({ kind: "shutdown", state: "waiting" }).tone).toBe("idle");
  });

  it("are told apart, also when they have one name", () => {
    const keys = componentRows([componentOf(), componentOf(), componentOf({ kind: "consumer" })]).map(
      ({ key }) => key,
    );
    expect(keys).toEqual(["1 handler orders.*", "2 handler orders.*", "1 consumer orders.*"]);
  });
});
