import { expect, test } from "vitest";
import type { Entry } from "./protocol.js";
import { broken, type Evidence, judge } from "./verdict.js";

function entry(id: number, at: number): Entry {
  return { process: 1, id, at, sequence: id + 1, deliveryCount: 1, outcome: "handled" };
}

/** Ten messages, one a second, the last one poisoned; something was killed from 2.5 s to 4 s. */
function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    messages: 10,
    poisoned: new Set([9]),
    publishedAt: Array.from({ length: 10 }, () => 0),
    journal: Array.from({ length: 9 }, (_, id) => entry(id, 1000 * id)),
    acks: Array.from({ length: 10 }, (_, id) => ({ sequence: id + 1, at: 1000 * id })),
    deadLetters: [9],
    disruptions: [{ what: "a kill", at: 2_500, whole: 4_000, deletes: false }],
    end: { floor: 10, last: 10, ackPending: 0, pending: 0 },
    ...change,
  };
}

test("a good run breaks nothing", () => {
  expect(broken(judge(evidence()))).toEqual([]);
  expect(judge(evidence()).longestPause.ms).toBe(1000);
});

test("each promise can be broken", () => {
  const { journal, acks } = evidence();
  const of = (change: Partial<Evidence>) => broken(judge(evidence(change))).join();
  expect(of({ journal: journal.slice(1) })).toContain("never handled: 1 (0)");
  expect(of({ journal: [...journal, entry(4, 8_500)] })).toContain("by the same process: 1 (4)");
  expect(of({ journal: [...journal, { ...entry(4, 8_500), process: 2 }] })).toBe("");
  expect(of({ deadLetters: [] })).toContain("no dead letter: 1 (9)");
  expect(of({ deadLetters: [9, 3] })).toContain("not poisoned: 1 (3)");
  expect(of({ deadLetters: [9, 9] })).toContain("there twice: 1 (9)");
  expect(of({ acks: [...acks, { sequence: 9, at: 9_500 }] })).toContain("acknowledged twice: 1 (9)");
  expect(of({ end: { floor: 9, last: 10, ackPending: 1, pending: 0 } })).toContain("still waits");
});

test("an acknowledgement that was lost with a leader may be repeated", () => {
  const { acks } = evidence();
  const verdict = judge(evidence({ acks: [...acks, { sequence: 3, at: 4_200 }] }));
  expect(verdict).toMatchObject({ ackedAgain: 1, ackedTwice: [] });
});

test("a pause counts while all is whole and something waits", () => {
  const journal = [0, 1, 2]
    .map((id) => entry(id, 1000 * id))
    .concat([3, 4, 5, 6, 7, 8].map((id) => entry(id, 10_000 + id)));
  const verdict = judge(evidence({ journal }));
  expect(verdict.longestPause).toMatchObject({ from: 4_000, ms: 6_003, after: "a kill" });
  expect(broken(verdict).join()).toContain("nothing was handled for 6003 ms, after: a kill");
  // What was published later could not be handled sooner.
  const publishedAt = [0, 0, 0, ...Array.from({ length: 7 }, () => 9_000)];
  expect(judge(evidence({ journal, publishedAt })).longestPause.ms).toBe(1_003);
  // Nor is it a pause while something is broken.
  const disruptions = [{ what: "a kill", at: 2_500, whole: 9_900, deletes: false }];
  expect(judge(evidence({ journal, disruptions })).longestPause.ms).toBe(1_000);
});
