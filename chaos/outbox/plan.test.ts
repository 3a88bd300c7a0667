import { expect, it } from "vitest";
import { seeded } from "../../demo/random.js";
import type { Target } from "./options.js";
import { type Plan, plans } from "./plan.js";

function drawn(seed: number, target: Target = "stream"): Plan[] {
  const source = plans(seeded(seed), target);
  return Array.from({ length: 1000 }, () => source.next().value);
}

it("the same seed plans the same", () => {
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(8)).not.toEqual(drawn(7));
});

it("of everything there is much, and a backlog comes before what needs one", () => {
  const all = drawn(1);
  const count = (kind: Plan["kind"]) => all.filter((one) => one.kind === kind).length;
  for (const kind of ["publishing", "storing", "replay", "deleting", "opening"] as const) {
    expect(count(kind)).toBeGreaterThan(100);
  }
  for (const kind of ["disk full", "anywhen"] as const) expect(count(kind)).toBeGreaterThan(20);
  const first = all.findIndex(({ kind }) => kind === "replay" || kind === "deleting");
  expect(all.slice(0, first).some(({ kind }) => kind === "storing" || kind === "disk full")).toBe(true);
});

it("an aim at a commit is with a store that is looked at", () => {
  for (const { aim, spied } of drawn(1)) {
    if (aim?.at === "storing" || aim?.at === "removing") expect(spied).toBe(true);
  }
});

it("who has only subscribers leaves the server alone: they would miss what comes meanwhile", () => {
  expect(drawn(1, "core").every(({ blow }) => blow === undefined)).toBe(true);
  expect(drawn(1).some(({ blow }) => blow?.what === "freeze")).toBe(true);
});
