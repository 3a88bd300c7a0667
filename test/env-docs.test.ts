import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { WITHOUT_VARIABLE } from "../src/client/env/variables.js";
import { optionsFromEnv } from "../src/index.js";

const PAGE = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));

/** The page, with what stands between its two markers called `name` replaced. */
function filled(page: string, name: string, content: string): string {
  const between = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[^]*?(<!-- end of ${name} -->)`);
  expect(page).toMatch(between);
  return page.replace(between, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}

/** Options that no variable sets, those with the same reason together. */
function withoutVariable(): string {
  const reasons = new Map<string, string[]>();
  for (const [option, why] of Object.entries(WITHOUT_VARIABLE)) {
    reasons.set(why, [...(reasons.get(why) ?? []), `\`${option}\``]);
  }
  const rows = [...reasons].map(([why, options]) => `| ${options.join(", ")} | ${why} |`);
  return ["| option | why |", "|---|---|", ...rows].join("\n");
}

describe("docs/configuration.md [R8]", () => {
  it("has the table of all variables, and of the options without one", () => {
    const page = readFileSync(PAGE, "utf8");
    const variables = optionsFromEnv.describe({ format: "markdown" });
    const expected = filled(filled(page, "variables", variables), "options", withoutVariable());
    if (process.env.HOLDFAST_WRITE) writeFileSync(PAGE, expected);
    else expect(page).toBe(expected);
  });

  it("names no variable that there is not", () => {
    const known = optionsFromEnv.describe();
    const elsewhere = ["NATS_PORT", "NATS_SERVICE_HOST", "NATS_RECONECT_TIME_WAIT", "NATS_USERNAME"];
    const page = readFileSync(PAGE, "utf8").replaceAll("NATS_BACKOFF_*", "");
    const named = [...page.matchAll(/\bNATS_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name) && !elsewhere.includes(name))).toEqual([]);
  });
});
