import { expect, it } from "vitest";
import { type Line, readRecord, told } from "./record.js";

const opened: Line[] = [{ is: "opening" }, { is: "opened", recovered: 7, ms: 3 }];
const linked: Line[] = [...opened, { is: "link", up: true }];
const where = (...lines: Line[]) => told(lines).where;

it("tells what was resolved, rejected and tried", () => {
  const lines: Line[] = [
    ...linked,
    { is: "trying", upTo: 64 },
    { is: "resolved", number: 1 },
    { is: "rejected", number: 2, code: "OUTBOX_FAILED" },
    { is: "resolved", number: 3 },
    { is: "held", messages: 4, confirmed: 5 },
    { is: "commit", stores: 1, removes: 0 },
    { is: "committed", well: true },
    { is: "wrong", text: "parked" },
  ];
  expect(told(lines)).toMatchObject({
    resolved: [1, 3],
    rejected: new Map([[2, "OUTBOX_FAILED"]]),
    tried: 64,
    recovered: 7,
    opening: 3,
    confirmed: 5,
    commits: 1,
    wrong: ["parked"],
  });
});

it("tells where the process was when it died", () => {
  const trying: Line = { is: "trying", upTo: 64 };
  const commit = (stores: number, removes: number): Line => ({ is: "commit", stores, removes });
  const held = (messages: number): Line => ({ is: "held", messages, confirmed: 0 });
  expect(where()).toBe("before it began");
  expect(where({ is: "opening" })).toBe("opening");
  expect(where(...opened)).toBe("opened, without a link");
  expect(where(...linked)).toBe("replaying, between commits");
  expect(where(...linked, held(0))).toBe("idle");
  expect(where(...linked, { is: "link", up: false })).toBe("opened, without a link");
  expect(where(...opened, trying)).toBe("publishing, between commits");
  expect(where(...linked, trying, commit(1, 0))).toBe("committing what was published");
  expect(where(...linked, commit(0, 1))).toBe("committing removals");
  expect(where(...linked, trying, commit(1, 1))).toBe("committing both");
  expect(where(...linked, commit(0, 1), { is: "committed", well: true })).toBe("replaying, between commits");
});

it("a line that was cut off by the death of its process is no line", () => {
  expect(readRecord('{"is":"opening"}\n{"is":"resolved","num')).toEqual([{ is: "opening" }]);
  expect(readRecord("")).toEqual([]);
});
