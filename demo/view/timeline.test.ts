import { describe, expect, it } from "vitest";
import { Progress } from "../progress.js";
import { bufferedRow, deliveredRow, nodeRow, sparkline } from "./timeline.js";

/** Ten seconds; n1 dead from 2.1 to 2.2 s, the publisher on n1, and from 2.2 s on n2. */
function run(): Progress {
  const progress = new Progress("holdfast", "Holdfast", 10_000);
  progress.nodes = [
    { name: "n1", downtimes: [{ from: 2100, to: 2200, ailment: "down" }] },
    { name: "n2", downtimes: [] },
  ];
  progress.publisherPath = [
    { at: 0, node: 0 },
    { at: 2105, node: -1 },
    { at: 2200, node: 1 },
  ];
  for (let at = 100; at <= 5000; at += 100) {
    progress.samples.push({ at, delivered: at * 20, buffered: at === 2200 ? 4096 : 0 });
  }
  return progress;
}

describe("a node's timeline", () => {
  it("shows a short death, and where the publisher is", () => {
    const cells = nodeRow(run(), 0, 5000, 10);
    expect(cells.slice(0, 5)).toEqual(["publisher", "publisher", "down", "up", "up"]);
    expect(cells.slice(5)).toEqual(Array(5).fill("future"));
    expect(nodeRow(run(), 1, 5000, 10)[2]).toBe("publisher");
  });

  it("shows the last of what ailed a node in a moment", () => {
    const progress = run();
    progress.nodes[1].downtimes.push(
      { from: 3000, to: 3020, ailment: "down" },
      { from: 3020, to: 4500, ailment: "hanging" },
    );
    expect(nodeRow(progress, 1, 5000, 10).slice(2)).toEqual([
      "publisher",
      "hanging",
      "hanging",
      ...Array(5).fill("future"),
    ]);
  });

  it("is as wide as wanted, however late the run is", () => {
    for (const elapsed of [0, 1, 9999, 10_000, 17_000]) {
      expect(nodeRow(run(), 0, elapsed, 37)).toHaveLength(37);
    }
  });
});

describe("the graphs", () => {
  it("give messages per second, also in cells without a report of their own", () => {
    expect(deliveredRow(run(), 5000, 10)).toEqual(Array(5).fill(20_000));
    for (const rate of deliveredRow(run(), 5000, 200).slice(1)) expect(rate).toBeCloseTo(20_000);
  });

  it("give the fullest level of the buffer", () => {
    expect(bufferedRow(run(), 5000, 10)).toEqual([0, 0, 4096, 0, 0]);
  });

  it("draw nothing for nothing, and never more than a full bar", () => {
    expect(sparkline([0, 1, 50, 100, 900], 100)).toBe(" ▁▄██");
  });
});
