import { expect, test } from "vitest";
import { type CallFrame, selfTimes } from "./self-time.js";

const frame = (functionName: string, lineNumber = 0): CallFrame => ({
  functionName,
  url: "file:///x.js",
  lineNumber,
  columnNumber: 0,
});

test("a tick lasts until the next one, and idle time is nobody's", () => {
  const times = selfTimes({
    nodes: [
      { id: 1, callFrame: frame("a") },
      { id: 2, callFrame: frame("b") },
      { id: 3, callFrame: frame("(idle)") },
    ],
    samples: [1, 2, 3, 1],
    timeDeltas: [999, 100, 300, 5000],
  });
  expect(times.map(({ frame, seconds, share }) => [frame.functionName, seconds, share])).toEqual([
    ["b", 0.0003, 0.75],
    ["a", 0.0001, 0.25],
  ]);
});

test("a function is one row whoever called it, and two functions of one name are two", () => {
  const times = selfTimes({
    nodes: [
      { id: 1, callFrame: frame("write", 1) },
      { id: 2, callFrame: frame("write", 1) },
      { id: 3, callFrame: frame("write", 9) },
    ],
    samples: [1, 2, 3, 3],
    timeDeltas: [0, 10, 10, 10],
  });
  expect(times.map(({ frame, seconds }) => [frame.lineNumber, seconds])).toEqual([
    [1, 0.00002],
    [9, 0.00001],
  ]);
});

test("an empty profile has no rows", () => {
  expect(selfTimes({ nodes: [], samples: [], timeDeltas: [] })).toEqual([]);
});

test("what a waiting function calls is idle as well", () => {
  const times = selfTimes(
    {
      nodes: [
        { id: 1, callFrame: frame("wait"), children: [2] },
        { id: 2, callFrame: frame("read") },
        { id: 3, callFrame: frame("read") },
      ],
      samples: [2, 3, 3],
      timeDeltas: [0, 100, 10],
    },
    ["wait"],
  );
  expect(times).toEqual([{ frame: frame("read"), seconds: 0.00001, share: 1 }]);
});
