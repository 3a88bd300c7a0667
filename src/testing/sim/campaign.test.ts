import { describe, expect, it } from "vitest";
import { Campaign, type CampaignOptions } from "./campaign.js";
import { Coverage } from "./coverage.js";
import { type Crew, HERE } from "./crew.js";
import { EXPECTED } from "./expected.js";
import { missing } from "./judge.js";

const TASK: CampaignOptions = {
  first: 1,
  seeds: 12,
  without: [],
  steps: 300,
  twice: false,
  keepGoing: false,
};

async function finished(options: Partial<CampaignOptions> = {}, crew: Crew = HERE): Promise<Campaign> {
  const campaign = new Campaign({ ...TASK, ...options });
  await campaign.run(crew);
  return campaign;
}

describe("a campaign", () => {
  it("adds up what its seeds have brought", async () => {
    const { done, failures, steps, history, coverage } = await finished();
    expect({ done, failures }).toEqual({ done: 12, failures: [] });
    expect(steps).toBeGreaterThan(1000);
    expect(history.accepted).toBeGreaterThan(history.lost);
    expect(history).toMatchObject({ lost: 0, unknown: 0, unexpected: 0, contradictory: 0 });
    expect(coverage.get("event", "connect")).toBeGreaterThan(0);
  });

  it("goes the same way whoever does how much of it", async () => {
    const one = await finished();
    // The last of three is the first to be done.
    let left = 3;
    const three: Crew = {
      ...HERE,
      size: 3,
      run: async (task) => {
        const batch = await HERE.run(task);
        for (let i = left--; i > 0; i--) await undefined;
        return batch;
      },
    };
    const many = await finished({ portion: 2, twice: true }, three);
    expect(many.hash).toBe(one.hash);
    expect(many.traces).toEqual(one.traces);
    expect(many.coverage.counts).toEqual(one.coverage.counts);
    expect(many.history).toEqual(one.history);
  });

  it("ends at the first seed that fails, or goes on", async () => {
    const failing: Crew = {
      ...HERE,
      run: async (task) => {
        const batch = await HERE.run(task);
        const findings = batch.findings.map((one) => (one.seed > 4 ? { ...one, failure: "rule x" } : one));
        return { ...batch, findings };
      },
    };
    const stopped = await finished({ portion: 2 }, failing);
    expect(stopped.failures.map(({ seed }) => seed)).toEqual([5, 6]);
    expect(stopped.done).toBe(6);
    expect((await finished({ portion: 2, keepGoing: true }, failing)).failures).toHaveLength(8);
  });

  it("tells how far it is, and stops when it is told to", async () => {
    const seen: number[] = [];
    const campaign = await finished({
      portion: 3,
      onProgress: (current) => {
        seen.push(current.done);
        if (current.done === 6) current.stop();
      },
    });
    expect(seen).toEqual([3, 6]);
    expect(campaign.done).toBe(6);
  });
});

describe("what must happen in a campaign", () => {
  it("is missed by name when it has not", () => {
    const coverage = new Coverage({ fault: { "link-lost": 3 }, event: { close: 1 } });
    expect(
      coverage.missing({ fault: ["link-lost", "half-open"], event: ["close"], ending: ["quiet"] }),
    ).toEqual(["fault: half-open", "ending: quiet"]);
  });

  it("fails a campaign of enough seeds, and no other", async () => {
    const campaign = await finished();
    const never = { fault: ["a thing that never happens"] };
    expect(missing(campaign, never, 12)).toEqual({
      names: ["fault: a thing that never happens"],
      fatal: true,
    });
    expect(missing(campaign, never, 13).fatal).toBe(false);
    expect(missing(campaign, { event: ["close"] }, 12)).toEqual({ names: [], fatal: false });
    const partial = await finished({ without: ["margin"] });
    expect(missing(partial, never, 12).fatal).toBe(false);
  });

  it("is a list without gaps and without twins", () => {
    for (const [group, names] of Object.entries(EXPECTED)) {
      expect(names.length, group).toBeGreaterThan(0);
      expect(new Set(names).size, group).toBe(names.length);
    }
  });
});
