import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";

const STAMP = join("node_modules", ".holdfast-stamp");

/**
 * Whether `node_modules` is what `package-lock.json` asks for: by our stamp, or, where someone ran npm by hand, by npm's own
 * record of what it installed (which then gets the stamp).
 *
 * @param {string} root
 */
export function dependenciesAreCurrent(root) {
  if (!existsSync(join(root, "node_modules"))) return false;
  const wanted = lockHash(root);
  const stamp = join(root, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  if (!installedMatchesLock(root)) return false;
  writeFileSync(stamp, wanted);
  return true;
}

/**
 * Runs `npm ci`, silently unless it fails.
 *
 * @param {string} root
 */
export async function installDependencies(root) {
  // Under `npm run`, the very npm that runs us; NODE_ENV=production must not leave the tools out.
  const npm = process.env.npm_execpath?.endsWith(".js")
    ? [process.execPath, process.env.npm_execpath]
    : ["npm"];
  const args = [...npm.slice(1), "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = await capture(npm[0], args, { cwd: root });
  if (run.error) throw new Error(`npm could not be started: ${run.error.message}`);
  // Where package.json and the lock file disagree, npm adds a page about its options to the one line that matters.
  const [reason] = run.output.split("npm error Clean install a project");
  if (run.code !== 0) throw new Error(`npm ci failed:\n${reason.trim()}`);
  writeFileSync(join(root, STAMP), lockHash(root));
}

const lockHash = (root) =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");

function installedMatchesLock(root) {
  // npm writes this file last, so it is missing when an install was cut short.
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const { packages: installed } = JSON.parse(readFileSync(record, "utf8"));
  const { packages: locked } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const mayBeAbsent = (entry) => entry.optional || entry.devOptional || entry.peer;
  return (
    Object.entries(installed).every(([path, entry]) => locked[path]?.version === entry.version) &&
    Object.entries(locked).every(([path, entry]) => path === "" || installed[path] || mayBeAbsent(entry))
  );
}
