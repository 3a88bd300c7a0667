import { expect, it } from "vitest";
import type { Arrival } from "./protocol.js";
import { broken, judge, type Life, together } from "./verdict.js";

const life = (process: number, change: Partial<Life> = {}): Life => ({
  process,
  resolved: [1, 2, 3],
  rejected: new Map(),
  tried: 5,
  recovered: 0,
  found: 0,
  atLeast: 0,
  wrong: [],
  crash: undefined,
  ...change,
});
const arrival = (process: number, number: number, whole = true): Arrival => ({ process, number, whole });
const ALL = [1, 2].flatMap((process) => [1, 2, 3].map((number) => arrival(process, number)));
const of = (change: Partial<Life>, arrivals = ALL) =>
  broken(judge([life(1), life(2, change)], arrivals), true).join();

it("a good run breaks nothing", () => {
  expect(of({})).toBe("");
  expect(judge([life(1), life(2)], ALL)).toMatchObject({ resolved: 6, arrived: 6, unheard: 0 });
});

it("what a process did not hear of any more may have arrived", () => {
  expect(of({}, [...ALL, arrival(2, 5)])).toBe("");
  expect(judge([life(1), life(2)], [...ALL, arrival(2, 5)]).unheard).toBe(1);
});

it("each promise can be broken", () => {
  expect(of({}, ALL.slice(0, -1))).toBe("said to be on disk, and lost: 1 (2/3)");
  expect(of({}, ALL.slice(0, 3))).toBe("said to be on disk, and lost: 3 (2/1–3)");
  expect(of({}, [...ALL, arrival(1, 2)])).toBe("stored twice: 1 (1/2)");
  expect(of({}, [ALL[1], ALL[0], ...ALL.slice(2)])).toBe("out of order: 1 (1/1)");
  expect(of({}, [...ALL.slice(3), ...ALL.slice(0, 3)])).toContain("out of order: 3 (1/1–3)");
  expect(of({}, [...ALL, arrival(2, 4, false)])).toBe("not as they were published: 1 (2/4)");
  expect(of({}, [...ALL, arrival(2, 6)])).toBe("not as they were published: 1 (2/6)");
  expect(of({}, [...ALL, arrival(3, 1)])).toBe("not as they were published: 1 (3/1)");
  expect(of({ rejected: new Map([[4, "OUTBOX_FAILED"]]) }, [...ALL, arrival(2, 4)])).toBe(
    "rejected, and sent nevertheless: 1 (2/4)",
  );
  expect(of({ recovered: 2, found: 3 })).toBe("the books: 1 (process 2 has recovered 2, and 3 were on disk)");
  expect(of({ recovered: 2, found: undefined, atLeast: 3 })).toContain("and 3 must have been on disk");
  expect(of({ recovered: undefined, found: 3 })).toBe("");
  expect(of({ wrong: ["parked"] })).toBe("1 (process 2: parked)");
  expect(of({ crash: "it has ended by SIGSEGV" })).toBe("1 (process 2: it has ended by SIGSEGV)");
});

it("a subscriber may get a message again", () => {
  const verdict = judge([life(1), life(2)], [...ALL, arrival(1, 2)]);
  expect(broken(verdict, false)).toEqual([]);
  const during = (process: number) => ({ ...arrival(1, 2), during: process });
  const [first, , ...others] = ALL;
  const from = (process: number) => [first, during(1), during(process), ...others];
  expect(broken(judge([life(1), life(2)], from(2)), false)).toEqual([]);
  expect(broken(judge([life(1), life(2)], from(1)), false).join()).toContain("sent twice by one process");
});

it("the parts of a run are one verdict", () => {
  const [good, bad] = [judge([life(1), life(2)], ALL), judge([life(1), life(2)], ALL.slice(1))];
  expect(together([good, bad])).toMatchObject({ resolved: 12, arrived: 11, missing: ["1/1"] });
});
