import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { chromium } from "../chromium.mjs";
import { natsServer } from "../nats-server.mjs";
import { promtool } from "../promtool.mjs";
import { capture } from "./capture.mjs";
import { root } from "./paths.mjs";

/** Programs that few tests need, and the modules by which tests reach them. */
const BY_MODULE = new Map([
  [join(root, "test", "support", "promtool.ts"), promtool],
  [join(root, "test", "support", "chromium.ts"), chromium],
]);

/**
 * The programs for a run of vitest: all for a run of all tests; for a part of them, a nats-server and what this part
 * imports. Where that cannot be told, all.
 *
 * @param {string[]} args handed to vitest
 * @returns {Promise<import("./program.mjs").Program[]>}
 */
export async function programsFor(args) {
  const files = args.length > 0 && (await selected(args));
  if (!files) return [natsServer, ...BY_MODULE.values()];
  const reached = new Set();
  for (const file of files) follow(file, reached);
  return [
    natsServer,
    ...[...BY_MODULE].filter(([module]) => reached.has(module)).map(([, program]) => program),
  ];
}

/** The test files that vitest would run, or undefined. */
async function selected(args) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const run = await capture(process.execPath, [vitest, "list", ...args, "--filesOnly", "--json"], {
    cwd: root,
  });
  try {
    return JSON.parse(run.stdout).map(({ file }) => resolve(root, file));
  } catch {
    return undefined;
  }
}

/** Adds a file, and what it imports from `test/` by a relative path, to `reached`. Nothing else imports from there. */
function follow(file, reached) {
  if (reached.has(file)) return;
  reached.add(file);
  if (!existsSync(file)) return;
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import\(?)\s*"(\.[^"]+)"/g)) {
    const imported = resolve(dirname(file), specifier).replace(/\.js$/, ".ts");
    if (imported.startsWith(join(root, "test"))) follow(imported, reached);
  }
}
