import { describe, expect, it } from "vitest";
import { SubjectIndex } from "./subject-index.js";
import { type MessageSink, Subscriptions } from "./subscriptions.js";

const sink: MessageSink = { onMessage: () => {}, onEnd: () => {} };

describe("subscriptions", () => {
  it("are found by their subject, in the order in which they came", () => {
    const table = new Subscriptions();
    const [a, b, c] = ["x", "x", "y"].map((subject) => table.add(subject, undefined, undefined, sink));
    const index = new SubjectIndex(table.all);
    expect([...index.get("x")]).toEqual([a, b]);
    index.remove(a);
    index.add(a);
    expect([...index.get("x")]).toEqual([b, a]);
    expect([...index.get("y")]).toEqual([c]);
    expect([...index.get("z")]).toEqual([]);
  });

  it("leave nothing behind", () => {
    const table = new Subscriptions();
    const entries = ["x", "x", "y"].map((subject) => table.add(subject, undefined, undefined, sink));
    const index = new SubjectIndex(table.all);
    for (const entry of [...entries, ...entries]) index.remove(entry);
    expect(index.size).toBe(0);
  });

  it("are found as they come, move, are refused and go", () => {
    const table = new Subscriptions();
    const add = (subject: string, queue?: string) => table.add(subject, queue, undefined, sink, true);
    const first = add("x");
    expect(table.find("x", undefined)).toBe(first);
    const [second, queued] = [add("x"), add("x", "q")];
    expect(table.find("x", "q")).toBe(queued);
    first.refused = true;
    expect(table.find("x", undefined)).toBe(second);
    table.move(second, "y");
    expect(table.find("x", undefined)).toBeUndefined();
    expect(table.find("y", undefined)).toBe(second);
    table.remove(second);
    expect(table.find("y", undefined)).toBeUndefined();
    table.clear();
    expect(table.find("x", "q")).toBeUndefined();
    const again = add("x", "q");
    expect(table.find("x", "q")).toBe(again);
  });
});
