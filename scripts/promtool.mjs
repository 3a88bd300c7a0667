#!/usr/bin/env node
// Prints the path of a usable promtool, fetching one into the checkout's cache if this machine has none.
import { unpackDebianPackage } from "./lib/debian-package.mjs";
import { attempt, probeVersion } from "./lib/probe.mjs";
import { findProgram, printPath } from "./lib/program.mjs";

/** The first that could test rules. */
const OLDEST = "2.5.0";
/** Newest first. Since Debian 13 it has a package of its own. */
const PACKAGES = [
  ...["sid", "testing", "trixie"].map((suite) => ({ name: "promtool", suite })),
  { name: "prometheus", suite: "bookworm" },
];

/** @type {import("./lib/program.mjs").Program} */
export const promtool = {
  name: "promtool",
  needed: `promtool ${OLDEST} or newer`,
  variable: "PROMTOOL",
  commands: ["promtool"],
  cached: "promtool",
  probe,
  fetch: (offer, options) => unpackDebianPackage(PACKAGES, ["usr/bin/promtool"], offer, options),
  remedy: `  - https://prometheus.io/download (promtool is in the archive of prometheus, for every platform)
  - macOS: brew install prometheus; Debian, Ubuntu: apt install promtool, or prometheus where that is not known
  - with Go: go install github.com/prometheus/prometheus/cmd/promtool@latest`,
};

/**
 * Finds a promtool that can do `promtool test rules`, as `findProgram` does.
 *
 * @param {Parameters<typeof findProgram>[1]} [options]
 */
export const findPromtool = (options) => findProgram(promtool, options);

async function probe(file, env) {
  const found = await probeVersion(file, {
    name: "promtool",
    says: /promtool, version v?(\d+\.\d+\.\d+)/,
    oldest: OLDEST,
    env,
  });
  if (found.problem) return found;
  const help = await attempt(file, ["test", "rules", "--help"], { env });
  return help.code === 0 ? found : { problem: "it has no command `test rules`" };
}

await printPath(promtool, import.meta.url);
