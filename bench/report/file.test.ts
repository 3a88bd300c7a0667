import { describe, expect, it } from "vitest";
import { casesNamed } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Environment } from "../environment.js";
import type { Run, Sample } from "../figures.js";
import type { Campaign, Measured } from "../measured.js";
import { fromJson, merged, toJson } from "./file.js";

const environment = { node: "20.1.0", load: 0 } as Environment;

function measured(name: string, date: string, sample: Sample): Measured {
  const [of] = casesNamed(name);
  const runs = new Map<ClientName, Run[]>(of.clients.map((client) => [client, [{ "": sample }]]));
  return { of, date, runs };
}

const campaign = (...cases: Measured[]): Campaign => ({ environment, cases });

describe("the file of samples", () => {
  it("is read back as it was written, to five digits; what never ended too", () => {
    const one = measured("publish-128", "today", { rate: 1234567.891, cpu: 1e-7, peakRss: 3 });
    const moved = { ...measured("publish-16", "today", { rate: 1 }), cpu: "another" };
    const other = measured("recovery-3s", "today", { recovery: Number.POSITIVE_INFINITY });
    const [read] = fromJson(toJson([campaign(one, other, moved)]));
    expect(read.environment).toEqual(environment);
    expect(read.cases[0].runs.get("natsjs")).toEqual([{ "": { rate: 1234600, cpu: 1e-7, peakRss: 3 } }]);
    expect(read.cases[0].of).toEqual(one.of);
    expect(read.cases.map(({ cpu }) => cpu)).toEqual([undefined, undefined, "another"]);
    expect(read.cases[1].runs.get("holdfast")).toEqual([{ "": { recovery: Number.POSITIVE_INFINITY } }]);
  });

  it("forgets cases that there are no more", () => {
    const one = measured("publish-128", "today", { rate: 1 });
    const text = toJson([campaign({ ...one, of: { ...one.of, name: "gone" } }, one)]);
    expect(fromJson(text)[0].cases.map(({ of }) => of.name)).toEqual(["publish-128"]);
  });
});

describe("a new campaign", () => {
  const old = campaign(
    measured("publish-128", "old", { rate: 1 }),
    measured("receive-128", "old", { rate: 1 }),
  );

  it("replaces what it has measured, and leaves the rest", () => {
    const made = campaign(
      measured("latency-1000", "new", { p50: 1 }),
      measured("publish-128", "new", { rate: 2 }),
    );
    const [all] = merged([old], made);
    expect(all.cases.map(({ of, date }) => [of.name, date])).toEqual([
      ["publish-128", "new"],
      ["receive-128", "old"],
      ["latency-1000", "new"],
    ]);
  });

  it("of another Node stands beside it, the older Node first", () => {
    const newer = {
      ...campaign(measured("publish-128", "new", { rate: 1 })),
      environment: { ...environment, node: "24.3.0" },
    };
    expect(merged([newer], old).map((one) => one.environment.node)).toEqual(["20.1.0", "24.3.0"]);
    expect(merged([old], newer).map((one) => one.cases.length)).toEqual([2, 1]);
  });
});
