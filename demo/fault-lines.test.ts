import { describe, expect, it } from "vitest";
import type { Outage } from "./evidence.js";
import { type FaultEvidence, faultLines } from "./fault-lines.js";

const START = 10_000;

function outage(id: number, change: Partial<Outage> = {}): Outage {
  return {
    id,
    step: 0,
    fault: "kill",
    means: "SIGKILL",
    struckAt: START + 1000 * (id + 1),
    deadAt: START + 1000 * (id + 1) + 2,
    nodes: [0],
    hitPublisher: true,
    hitSubscriber: false,
    ...change,
  };
}

function lineOf(change: Partial<FaultEvidence>) {
  const [line] = faultLines({
    startedAt: START,
    faults: [{ step: 0, at: START + 990 }],
    outages: [],
    linkEvents: [],
    publisherLinks: [],
    subscriberLinks: [],
    witness: { arrivals: [], spans: [] },
    subscriber: { arrivals: [] },
    ...change,
  });
  return line;
}

describe("the line about a fault", () => {
  it("has the worse recovery of two blows", () => {
    const line = lineOf({
      outages: [outage(0), outage(1)],
      witness: {
        arrivals: [
          { outage: 0, at: START + 1040 },
          { outage: 1, at: START + 2010 },
        ],
        spans: [],
      },
    });
    expect(line).toMatchObject({ step: 0, at: 990, recoveryMs: 40 });
  });

  it("says so when one of them never ended", () => {
    const witness = { arrivals: [{ outage: 0, at: START + 1040 }], spans: [] };
    expect(lineOf({ outages: [outage(0), outage(1)], witness }).recoveryMs).toBeNull();
  });

  it("has the subscriber's recovery when that alone was hit", () => {
    const line = lineOf({
      outages: [outage(0, { hitPublisher: false, hitSubscriber: true })],
      witness: { arrivals: [{ outage: 0, at: START + 1001 }], spans: [] },
      subscriber: { arrivals: [{ outage: 0, at: START + 1007 }] },
    });
    expect(line.recoveryMs).toBe(7);
  });

  it("has none when nobody was hit", () => {
    expect(lineOf({}).recoveryMs).toBeUndefined();
    expect(lineOf({ outages: [outage(0, { hitPublisher: false })] }).recoveryMs).toBeUndefined();
  });
});
