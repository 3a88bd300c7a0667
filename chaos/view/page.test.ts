import { describe, expect, it } from "vitest";
import { settleAccount } from "../account.js";
import { parseOptions } from "../options.js";
import { type Story, tell } from "../story.js";
import type { Result } from "../suite.js";
import { brokenPromises } from "../verdict.js";
import { page } from "./page.js";
import { complaints } from "./progress.js";
import { type Run, summary } from "./summary.js";

const options = parseOptions(["--only", "kill,reset,latency+reset"]);

function resultOf(story: Story): Result {
  const evidence = tell(story);
  const account = settleAccount(evidence);
  const { trouble, subject } = evidence;
  const broken = subject.client === "holdfast" ? brokenPromises(account, evidence) : [];
  return { trouble, subject, account, broken, evidence };
}

function run(...results: Result[]): Run {
  return {
    command: "npm run chaos -- --seed 1",
    options,
    minutes: 18.6,
    environment: {
      date: "2026-01-02T03:04:05Z",
      holdfast: "1.2.3",
      natsjs: "3.4.0",
      natsServer: "2.15.1",
      node: "20.1.1",
      platform: "linux x64",
      cpu: "a processor",
      cores: 2,
      load: 0.5,
    },
    results,
  };
}

const words = [
  { at: 103, cause: "network", code: "CONNECTION_LOST", settled: 5, accepted: 9 },
  { at: 112, word: "up" as const },
];
const well = resultOf({ fault: "reset", words, heard: { 6: 2 } });
const natsjs = resultOf({
  fault: "reset",
  subject: { client: "natsjs", delivery: "at-most-once" },
  heard: { 7: 0 },
});
const encrypted = resultOf({
  fault: "tls:strip-tls",
  subject: { client: "natsjs", delivery: "at-most-once" },
  inClear: true,
});
const pair = resultOf({ fault: "latency+reset", words });
const crashed: Result = {
  trouble: well.trouble,
  subject: well.subject,
  crash: "the publisher process ended",
};

describe("the page", () => {
  const text = page(run(well, natsjs, pair, encrypted));
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row: string | undefined) =>
    row
      ?.split("|")
      .map((cell) => cell.trim())
      .slice(1, -1);

  it("says when, with what, on what, and how to have it again", () => {
    for (const fact of [
      "2026-01-02",
      "Holdfast 1.2.3",
      "nats.js 3.4.0",
      "nats-server 2.15.1",
      "Node 20.1.1",
    ]) {
      expect(text).toContain(fact);
    }
    expect(text).toContain("2 × a processor");
    expect(text).toContain("`npm run chaos -- --seed 1`");
  });

  it("has a row for each client in each fault, the fault named once", () => {
    const first = rows.findIndex((row) => cells(row)?.[0] === "reset");
    expect(cells(rows[first])).toEqual([
      ...["reset", "Holdfast", "1", "1,000", "1,000", "1,000", "0", "0", "1"],
      ...["3.0 ms", "12 ms", "network (CONNECTION_LOST)"],
    ]);
    expect(cells(rows[first + 1])).toEqual([
      ...["", "nats.js", "1", "1,000", "–", "999", "0", "**1**", "0", "–", "–", ""],
    ]);
  });

  it("has a sentence for each fault, and pairs in a part of their own", () => {
    expect(text).toContain("- **kill**: SIGKILL; started again");
    expect(text.indexOf("| latency+reset")).toBeGreaterThan(text.indexOf("## Two at the same time"));
  });

  it("has a part for what happens over TLS", () => {
    const [before, after] = text.split("## Over TLS");
    expect(before).not.toContain("| tls:");
    expect(after).toContain("- **strip-tls**: ");
    expect(after).toMatch(/\| tls:strip-tls +\| nats\.js /);
    expect(after).toContain("- tls:strip-tls, nats.js: it went on without TLS");
    expect(page(run(well))).toMatch(/## Over TLS\n\nNothing was tried\.\n$/);
  });

  it("says what went wrong", () => {
    expect(text).toContain("Holdfast lost nothing in any of them");
    const bad = page(run(resultOf({ fault: "kill", heard: { 500: 0 } }), crashed));
    expect(bad).toContain("**Holdfast did not keep its promises in: kill (Holdfast), reset (Holdfast).**");
    expect(bad).toContain("- kill, Holdfast: **messages were lost: 1**");
    expect(bad).toContain("- reset, Holdfast: the publisher process ended");
    const open = page(run(resultOf({ fault: "tls:strip-tls", inClear: true })));
    expect(open).toContain("- tls:strip-tls, Holdfast: **its link was not encrypted**");
  });

  it("has no holes in it", () => {
    expect(text).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });
});

describe("the end of a run", () => {
  it("has the totals and the verdict", () => {
    expect(summary(run(well, natsjs))).toContain("Holdfast kept its promises");
    expect(summary(run(well, crashed))).toContain("1 of 2 trials failed: reset (seed 1)");
  });

  it("says so when the rate was not kept", () => {
    expect(summary(run(well))).not.toContain("The rate was not kept");
    const slow = resultOf({ publisher: { elapsed: 2000 } });
    expect(summary(run(slow))).toContain("The rate was not kept");
  });
});

describe("a trial that failed", () => {
  it("names what was lost and when, the last events, and how to have it again", () => {
    const text = complaints(resultOf({ fault: "reset", words, heard: { 512: 0 } }), options).join("\n");
    expect(text).toContain("messages were lost: 1");
    expect(text).toContain("lost: 512 (0.512 s)");
    expect(text).toContain("injected at 0.100 s");
    expect(text).toContain("0.103 s  down, network CONNECTION_LOST, 5 of 9 settled");
    expect(text).toContain("npm run chaos -- --only reset --seed 1");
    expect(complaints(crashed, options).join()).toContain("the publisher process ended");
  });

  it("is none when nothing is wrong, or nothing was promised", () => {
    expect(complaints(well, options)).toEqual([]);
    expect(complaints(natsjs, options)).toEqual([]);
  });
});
