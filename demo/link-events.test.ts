import { describe, expect, it } from "vitest";
import type { LinkEvent, LinkSpan, Outage } from "./evidence.js";
import { countEvents, countEventsOf, type LinkEvidence } from "./link-events.js";

const FOREVER = Number.POSITIVE_INFINITY;

function outage(change: Partial<Outage> = {}): Outage {
  return {
    id: 0,
    step: 0,
    fault: "kill",
    means: "SIGKILL",
    struckAt: 1000,
    deadAt: 1003,
    nodes: [0],
    hitPublisher: true,
    hitSubscriber: false,
    ...change,
  };
}

const link = (node: number, from: number, to = FOREVER): LinkSpan => ({ node, from, to });

function word(up: boolean, at: number, cause?: string): LinkEvent {
  return { who: "publisher", up, at, cause };
}

function evidence(change: Partial<LinkEvidence>): LinkEvidence {
  return {
    faults: [],
    outages: [],
    linkEvents: [],
    publisherLinks: [link(0, 0)],
    subscriberLinks: [link(1, 0)],
    ...change,
  };
}

describe("the outages of a run", () => {
  const count = (change: Partial<LinkEvidence>) => countEvents(evidence(change)).outages;

  it("are the links that were cut, whoever's they were", () => {
    const apart = { publisherLinks: [link(0, 0, 1001)], subscriberLinks: [link(1, 0)] };
    expect(count({ ...apart, outages: [outage()] })).toBe(1);
    expect(count({ ...apart, outages: [outage({ nodes: [2] })] })).toBe(0);
    expect(count({ ...apart, outages: [outage({ nodes: [0, 1, 2] })] })).toBe(2);
    const together = { publisherLinks: [link(0, 0, 1001)], subscriberLinks: [link(0, 0, 1002)] };
    expect(count({ ...together, outages: [outage()] })).toBe(2);
  });

  it("are not links that were gone before, or came after", () => {
    expect(count({ publisherLinks: [link(0, 0, 999), link(0, 1004)], outages: [outage()] })).toBe(0);
  });

  it("count a link that came up on a node that was dying", () => {
    const publisherLinks = [link(0, 0, 1000.5), link(2, 1001, 1002)];
    expect(count({ publisherLinks, outages: [outage({ nodes: [0, 2] })] })).toBe(2);
  });

  it("count a freeze for the publisher alone, noticed or not", () => {
    const frozen = outage({ fault: "freeze", means: "SIGSTOP" });
    expect(count({ subscriberLinks: [link(0, 0)], outages: [frozen] })).toBe(1);
  });
});

describe("the words about a fault", () => {
  it("are those from its beginning until the next one begins", () => {
    const told = evidence({
      faults: [
        { step: 0, at: 990 },
        { step: 2, at: 5000 },
      ],
      outages: [outage(), outage({ id: 1, step: 2, nodes: [2], struckAt: 5010, deadAt: 5012 })],
      linkEvents: [
        word(false, 1001, "reset"),
        word(true, 1010),
        word(false, 5011, "reset"),
        word(true, 5600),
      ],
      publisherLinks: [link(0, 0, 1001), link(2, 1010, 5011), link(1, 5600)],
    });
    const pair = { outages: 1, disconnects: 1, reconnects: 1, causes: ["reset"] };
    expect(countEventsOf(told, 0)).toEqual(pair);
    expect(countEventsOf(told, 2)).toEqual(pair);
    expect(countEvents(told)).toEqual({ outages: 2, disconnects: 2, reconnects: 2 });
  });

  it("are none for a step that was skipped", () => {
    const told = evidence({ faults: [{ step: 0, at: 990 }], linkEvents: [word(false, 1001)] });
    expect(countEventsOf(told, 1)).toEqual({ outages: 0, disconnects: 0, reconnects: 0, causes: [] });
  });

  it("name each cause once", () => {
    const linkEvents = [
      word(false, 1001, "stall"),
      word(true, 1002),
      word(false, 1003, "reset"),
      word(true, 1004),
    ];
    const told = evidence({
      faults: [{ step: 0, at: 990 }],
      linkEvents: [...linkEvents, word(false, 1005, "stall")],
    });
    expect(countEventsOf(told, 0).causes).toEqual(["stall", "reset"]);
  });
});
