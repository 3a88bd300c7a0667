import { describe, expect, it } from "vitest";
import { CASES } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Environment } from "../environment.js";
import { FIGURES, type Run, type Sample } from "../figures.js";
import type { Campaign } from "../measured.js";
import { resultOf } from "../results.js";
import { stepsOf } from "../works/steps.js";
import { bars } from "./bars.js";
import { pictures } from "./charts.js";
import { page } from "./page.js";
import { svg } from "./picture.js";
import { describe as terminal } from "./tables.js";

const environment: Environment = {
  date: "2026-01-02T03:04:05Z",
  holdfast: "0.0.1",
  natsjs: "3.4.0",
  natsServer: "2.15.1",
  node: "20.1.0",
  platform: "linux x64",
  cpu: "Abacus",
  cores: 2,
  load: 0.1,
};

/** Samples of every case: twice as much of everything for Holdfast. */
function campaign(node: string, rounds: number): Campaign {
  const cases = CASES.map((of) => {
    const steps = of.works.flatMap(stepsOf);
    const runsOf = (client: ClientName): Run[] =>
      Array.from({ length: rounds }, (_, round) => {
        const value = (client === "holdfast" ? 2 : 1) + round / 100;
        const sample: Sample = Object.fromEntries(of.figures.map((figure) => [figure, value]));
        return Object.fromEntries(steps.map((step) => [step, sample]));
      });
    const profile =
      of.name === "idle-50"
        ? ({ of: "memory", functions: [{ name: "tick", share: 0.25, where: "src/a.ts:1" }] } as const)
        : undefined;
    const runs = new Map(of.clients.map((client) => [client, runsOf(client)]));
    return { of, date: environment.date, runs, profile };
  });
  return { environment: { ...environment, node }, cases };
}

const campaigns = [campaign("20.1.0", 3), campaign("24.2.0", 2)];
const results = campaigns[0].cases.map(resultOf);
const drawn = pictures(results);
const text = page(campaigns, results, drawn, "## What was tried\n\nThis and that.");

describe("docs/performance.md", () => {
  it("says on what, with which versions, when, and how to do it again", () => {
    for (const fact of [
      "2 × Abacus",
      "Node 20.1.0",
      "nats-server 2.15.1",
      "2026-01-02",
      "`npm run bench -- --write`",
    ])
      expect(text).toContain(fact);
  });

  it("has every case with its tables, and every target with what was found", () => {
    const [asked] = text.slice(text.indexOf("## Targets")).split("\n\n!");
    for (const { name, targets } of CASES) {
      expect(text).toContain(`### ${name}\n`);
      expect(asked.match(new RegExp(`^\\| ${name} +\\|`, "gm")) ?? []).toHaveLength(targets.length);
    }
    expect(asked).toMatch(
      /\| publish-128 +\| messages per second at least 3 × that of nats\.js +\| 1\.99 × .* \*\*no\*\*/,
    );
    expect(text).toMatch(/\| Holdfast \/ nats\.js +\| +1\.99 × \(1\.98 – 2\.00\)/);
  });

  it("shows every picture once, and none that is not there", () => {
    const shown = [...text.matchAll(/\]\(performance\/(.*?)\)/g)].map(([, file]) => file);
    expect(shown.toSorted()).toEqual(drawn.map(({ file }) => file).toSorted());
  });

  it("shows where the time goes in what is not reached, what other Nodes give, and what was tried", () => {
    expect(text).toContain("## Where it goes in what is not reached");
    expect(text).toMatch(/\| `tick` +\| +25\.0 % \| src\/a\.ts:1 \|/);
    expect(text).toContain("rate, Node 24");
    expect(text.endsWith("## What was tried\n\nThis and that.\n")).toBe(true);
  });

  it("has the targets of another Node in a chapter of their own, with what it was measured on", () => {
    const chapter = text.slice(text.indexOf("\n## Node 24\n"));
    expect(chapter).toContain("The clients on Node 24.2.0");
    expect(chapter).toContain("2 rounds");
    expect(chapter).toMatch(
      /\| publish-128 +\| messages per second at least 3 × that of nats\.js +\| 2\.00 × /,
    );
    expect(chapter).toMatch(/\| subjects, 10,000 subjects +\|(.* ×.*\|){4}\n/);
  });

  it("says how near a raw socket comes to what is not reached", () => {
    const missed = text.slice(text.indexOf("## Where it goes"));
    expect(missed).toMatch(
      /- time at most 1\/3 × that of nats\.js: 1\.99 × .*; a raw socket in its place: 1\.00 ×/,
    );
  });

  it("names the targets that nobody has measured yet", () => {
    const some = results.filter(({ measured }) => measured.of.name !== "subscriptions");
    const part = page(campaigns.slice(0, 1), some, [], "");
    expect(part).toContain("Not measured yet:");
    expect(part).toMatch(
      /- subscriptions: .*; 100,000 subscriptions: memory per subscription at most 0\.7 ×/,
    );
    expect(part).not.toContain("## Node");
    expect(text).not.toContain("Not measured yet");
  });

  it("says nothing that is not there", () => {
    expect(text).not.toMatch(/undefined|\[object|NaN/);
  });
});

describe("a picture", () => {
  it("shows each client, is the same each time, and needs no mouse", () => {
    const [one] = pictures(results).filter(({ file }) => file === "publish.svg");
    expect(one.svg).toMatch(/^<svg /);
    for (const name of ["nats.js", "Holdfast", "raw socket", "publish-16384"])
      expect(one.svg).toContain(`>${name}</text>`);
    for (const { svg } of drawn) expect(svg).not.toMatch(/NaN|undefined|<style|clip-path/);
    expect(pictures(results).map(({ svg }) => svg)).toEqual(drawn.map(({ svg }) => svg));
  });

  it("has a scale for the clients, and an arrow where the socket is far beyond them", () => {
    const values = (value: number) => ({ colour: "#000", values: [value] });
    const text = svg(
      bars({
        names: ["receive"],
        series: [
          { name: "Holdfast", ...values(4_400_000) },
          { name: "raw socket", ...values(31_500_000), beyond: true },
        ],
        format: FIGURES.rate.format,
        axis: "messages per second",
      }),
      400,
      300,
    );
    const texts = [...text.matchAll(/>([^<>]+)<\/text>/g)].map(([, one]) => one);
    for (const one of ["0", "2.5 M", "5 M", "10 M", "4.40 M", "31.5 M ↑", "messages per second"])
      expect(texts).toContain(one);
    expect(texts).not.toContain("15 M");
  });

  it("of ratios shows the target and the median of each case", () => {
    const [rate] = drawn.filter(({ file }) => file === "rate.svg");
    expect(rate.svg).toMatch(/>publish-128 +1\.99 ×<\/text>/);
    expect(rate.svg).toContain(">target</text>");
  });

  it("is left out when nothing was measured for it", () => {
    const some = results.filter(({ measured }) => measured.of.name === "idle-50");
    expect(pictures(some).map(({ file }) => file)).toEqual(["memory.svg"]);
  });
});

describe("on a terminal", () => {
  it("a case has its figures, its ratios and what became of its targets", () => {
    const [idle] = results.filter(({ measured }) => measured.of.name === "idle-50");
    const shown = terminal(idle);
    expect(shown).toContain("idle-50");
    expect(shown).toMatch(/│ Holdfast +│ +2 B │/);
    expect(shown).toContain("Holdfast / nats.js");
    expect(shown).toMatch(/not reached.*memory per connection at most 0\.7 × that of nats\.js/);
  });
});
