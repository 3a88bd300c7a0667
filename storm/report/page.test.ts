import { describe, expect, it } from "vitest";
import { plans, play } from "../campaign.js";
import { outages } from "../outages.js";
import { chart } from "./chart.js";
import { page } from "./page.js";

const options = {
  clients: 60,
  seed: 1,
  scenario: ["one"],
  strategy: ["nats.js", "holdfast"],
  write: true,
} as const;
const cases = plans(options.scenario, options.strategy, options.clients).map((plan) =>
  play(plan, options.seed),
);

describe("docs/storms.md", () => {
  const text = page(cases, outages(30, 1), options);

  it("has a section, a table and a picture for each case", () => {
    expect(text).toContain("## One of three servers restarts, back after 15 s\n");
    expect(text.match(/^\| nats\.js /gm)).toHaveLength(3);
    expect(text).toContain("![One of three servers restarts, back after 15 s](storms/one.svg)");
    expect(text).toContain("(storms/one-tls.svg)");
    expect(text).toContain("each client writes 100 KB again:");
  });

  it("says how to make it again, and nothing that is not there", () => {
    expect(text).toContain("`npm run sim:storm -- --clients 60 --seed 1`");
    expect(text).not.toMatch(/undefined|\[object|Infinity/);
  });
});

describe("a picture", () => {
  it("shows each kind of client, and is the same each time", () => {
    const svg = chart(cases[0]);
    expect(svg).toMatch(/^<svg /);
    for (const name of ["nats.js", "Holdfast", "clients without a link"])
      expect(svg).toContain(`>${name}</text>`);
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(chart(cases[0])).toBe(svg);
  });
});
