import { describe, expect, it } from "vitest";
import type { Result } from "../judge.js";
import { jsonReport } from "./json.js";
import { page } from "./page.js";
import { Progress } from "./progress.js";
import { type Run, summary, verdict } from "./summary.js";

const RIGHT: Result = {
  name: "tls-other-name",
  does: "the server's certificate is for another name",
  kind: "tls",
  codes: ["TLS_FAILED"],
  side: "operator",
  verdict: "right",
  why: "",
  told: {
    kind: "tls",
    code: "TLS_FAILED",
    message: "TLS failed",
    evidence: "the name is a|b <c>\nand more",
    advice: "ask for another certificate",
    docs: "docs/causes/tls.md",
  },
  ms: 12,
};
const WRONG: Result = {
  ...RIGHT,
  name: "network-reset",
  kind: "network",
  side: "network",
  verdict: "wrong-side",
  why: "it is network, and tls does not blame the network",
  also: { kind: "stale", why: "both look alike" },
};
const NOTHING: Result = {
  ...RIGHT,
  name: "tls-b",
  verdict: "no-cause",
  why: "nothing was told",
  told: undefined,
};

const run = (...results: Result[]): Run => ({
  environment: {
    date: "2026-11-23T10:00:00.000Z",
    holdfast: "1.2.3",
    natsjs: "3.0.0",
    natsServer: "2.15.1",
    node: "20.20.2",
    platform: "linux x64",
    cpu: "Some CPU",
    cores: 2,
    load: 1,
  },
  seconds: 42.4,
  results,
});

describe("the page", () => {
  const text = page(run(RIGHT, WRONG, NOTHING));

  it("says when, with what and on what, and the verdict", () => {
    expect(text).toContain("| date | 2026-11-23 |");
    expect(text).toContain("Holdfast 1.2.3, nats-server 2.15.1, Node 20.20.2");
    expect(text).toContain("2 × Some CPU, linux x64");
    expect(text).toContain("**1 of 3 right (33.3 %); 1 without a cause; 1 that blames the wrong side.**");
  });

  it("has a chapter for each kind, and a row for each scenario; also for what failed", () => {
    expect(text.match(/^## .*$/gm)).toEqual(["## In short", "## What is right", "## tls", "## network"]);
    const rows = text.split("\n").filter((line) => /^\| (tls|network)-/.test(line));
    expect(rows).toHaveLength(3);
    expect(rows[1]).toContain("**no**: nothing was told");
    expect(rows[2]).toContain("**no**: it is network, and tls does not blame the network");
  });

  it("keeps its tables whole whatever a server says", () => {
    const row = text.split("\n").find((line) => line.startsWith("| tls-other-name"))!;
    expect(row).toContain("the name is a\\|b &lt;c&gt; and more");
    expect(row.split(/(?<!\\)\|/)).toHaveLength(9);
  });

  it("names what has two right kinds, with the reason", () => {
    expect(text).toContain("In 1 scenario a second kind is right:");
    expect(text).toContain("- `network-reset`: stale; both look alike.");
  });

  it("is made of what is kept", () => {
    const kept = JSON.parse(JSON.stringify(jsonReport(run(RIGHT, WRONG, NOTHING))));
    expect(page(kept)).toBe(text);
    expect(kept).toMatchObject({ all: 3, right: 1, noCause: 1, wrongSide: 1, kept: false });
  });
});

describe("what is printed", () => {
  it("has a line for each scenario, and what is wrong below it", () => {
    let out = "";
    const progress = new Progress([], (part) => {
      out += part;
    });
    progress.ended(RIGHT, 0);
    const before = out.length;
    progress.ended(WRONG, 1);
    expect(out.slice(0, before)).toContain("✔ tls (TLS_FAILED)");
    expect(out.slice(0, before)).not.toContain("TLS failed");
    expect(out.slice(before)).toContain("✖ tls (TLS_FAILED)");
    expect(out.slice(before)).toContain("wrong-side: it is network, and tls does not blame the network");
  });

  it("ends with the verdict", () => {
    expect(verdict({ all: 70, right: 70, wrongSide: 0, noCause: 0, kept: true })).toBe(
      "70 of 70 right (100.0 %); none without a cause; none that blames the wrong side.",
    );
    expect(verdict({ all: 0, right: 0, wrongSide: 2, noCause: 1, kept: false })).toBe(
      "0 of 0 right; 1 without a cause; 2 that blame the wrong side.",
    );
    expect(summary(run(RIGHT))).toContain("✔");
    const crashed: Result = { ...RIGHT, verdict: "crashed", why: "no server" };
    expect(summary(run(crashed))).toContain("could not be played: tls-other-name");
  });
});
