import type { CallFrame } from "./self-time.js";

/** The parts of a `.heapprofile` that are read here: what was allocated where, and is still held. */
export interface HeapProfile {
  readonly head: HeapNode;
}

/** A function as it was called in one place. */
export interface HeapNode {
  readonly callFrame: CallFrame;
  /** Bytes that it has allocated itself. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** What a function has allocated and somebody still holds. */
export interface SelfSize {
  readonly frame: CallFrame;
  readonly bytes: number;
  /** Part of all, 0 to 1. */
  readonly share: number;
}

/** Functions by what they have allocated, the most first. One function is one row, whoever called it. */
export function selfSizes({ head }: HeapProfile): SelfSize[] {
  const sizes = new Map<string, { frame: CallFrame; bytes: number }>();
  let all = 0;
  const add = ({ callFrame, selfSize, children }: HeapNode) => {
    const key = `${callFrame.functionName} ${callFrame.url} ${callFrame.lineNumber} ${callFrame.columnNumber}`;
    const known = sizes.get(key);
    if (known === undefined) sizes.set(key, { frame: callFrame, bytes: selfSize });
    else known.bytes += selfSize;
    all += selfSize;
    children.forEach(add);
  };
  add(head);
  return [...sizes.values()]
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .map((one) => ({ ...one, share: one.bytes / all }));
}
