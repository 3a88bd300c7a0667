import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CORPUS, readCorpus } from "./corpus.js";
import { errorOf, runSlice } from "./slice.js";
import { TARGETS } from "./targets.js";

const SEED = 20_260_801;
const RUNS = 300;

describe.each(TARGETS)("target $name", (target) => {
  const entries = readCorpus(target.name);

  it.each(entries)("corpus: $name", async ({ input }) => {
    expect(await errorOf(target, input)).toBeUndefined();
  });

  const wanted = target.testRuns ?? RUNS;
  it(`holds for ${wanted} inputs that are made up`, async () => {
    const { runs, failure } = await runSlice(target, entries, { seed: SEED, runs: wanted });
    expect(failure).toBeUndefined();
    expect(runs).toBe(wanted);
  });
});

describe("the list of targets", () => {
  it("has each name once, and a corpus for each", () => {
    const names = TARGETS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(readCorpus(name), name).not.toEqual([]);
  });

  it("has a target for every folder of the corpus", () => {
    const names = TARGETS.map(({ name }) => name);
    expect(existsSync(CORPUS)).toBe(true);
    expect(readdirSync(CORPUS).filter((folder) => !names.includes(folder))).toEqual([]);
  });
});
