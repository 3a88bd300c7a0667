#!/usr/bin/env node
// Prints the path of a usable Chromium, fetching one into the checkout's cache if this machine has none.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAUNCHER, writeLauncher } from "./lib/chromium-launcher.mjs";
import { unpackDebianTree } from "./lib/debian-tree.mjs";
import { attempt } from "./lib/probe.mjs";
import { findProgram, printPath } from "./lib/program.mjs";

/** The first takes 300 MB unpacked, the second 400; playwright-core needs no more than the first. */
const PACKAGES = ["chromium-headless-shell", "chromium"];
/** Without fonts no text is drawn. */
const FONTS = ["fonts-liberation", "fonts-dejavu-core"];

/** It works without a user's session, and for root, as in a container. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Says how wide its own text is, and in what it is drawn. */
const PAGE =
  "data:text/html,<p><span id=a>text</span>" +
  '<script>a.textContent=a.offsetWidth+" wide in "+navigator.userAgent</script>';
/** It starts in half a second; the first time, from a slow disk on a busy machine, in many. */
const START_TIMEOUT_MS = 60_000;

/** @type {import("./lib/program.mjs").Program} */
export const chromium = {
  name: "chromium",
  needed: "Chromium or Chrome that draws a page without a window",
  variable: "CHROMIUM",
  commands: ["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"],
  cached: `browser/${LAUNCHER}`,
  probe,
  fetch: (offer, options) =>
    unpackDebianTree(
      PACKAGES,
      FONTS,
      async (tree) => {
        const missing = writeLauncher(tree);
        return missing ?? (await offer(tree)).problem;
      },
      options,
    ),
  remedy: `  - Debian: apt install chromium; other Linux: the package chromium or google-chrome-stable of your distribution
  - macOS, Windows: https://www.google.com/chrome, and set CHROMIUM to the path of the program
  - anywhere: npx playwright-core install chromium, and set CHROMIUM to the path of what it downloaded`,
};

/**
 * Finds a Chromium that starts without a window and draws text, as `findProgram` does.
 *
 * @param {Parameters<typeof findProgram>[1]} [options]
 */
export const findChromium = (options) => findProgram(chromium, options);

async function probe(file, env) {
  const profile = mkdtempSync(join(tmpdir(), "holdfast-chromium-"));
  try {
    const args = [...FLAGS, `--user-data-dir=${profile}`, "--dump-dom", PAGE];
    const drawn = await attempt(file, args, { env, timeout: START_TIMEOUT_MS });
    if (drawn.problem) return drawn;
    const [, width, version] = />(\d+) wide in [^<]*Chrome\/(\d+(?:\.\d+)*)/.exec(drawn.stdout) ?? [];
    if (!version) return { problem: `it does not draw a page (${reason(drawn)})` };
    return Number(width) > 0 ? { version } : { problem: "it finds no fonts to draw text with" };
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The line about a missing library is the last one; what Chromium misses of a desktop comes before. */
const reason = ({ code, signal, stderr }) =>
  stderr.trim().split("\n").at(-1) || `it ended with ${signal ?? code}`;

await printPath(chromium, import.meta.url);
