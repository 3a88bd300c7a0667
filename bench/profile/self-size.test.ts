import { expect, it } from "vitest";
import { type HeapNode, selfSizes } from "./self-size.js";

const node = (functionName: string, selfSize: number, ...children: HeapNode[]): HeapNode => ({
  callFrame: { functionName, url: "file:///a.js", lineNumber: 1, columnNumber: 2 },
  selfSize,
  children,
});

it("a function has what it has allocated itself, wherever it was called", () => {
  const head = node(
    "(root)",
    0,
    node("connect", 100, node("map", 300)),
    node("subscribe", 200, node("map", 400)),
  );
  expect(selfSizes({ head }).map(({ frame, bytes, share }) => [frame.functionName, bytes, share])).toEqual([
    ["map", 700, 0.7],
    ["subscribe", 200, 0.2],
    ["connect", 100, 0.1],
  ]);
});
