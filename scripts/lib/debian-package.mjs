import { chmodSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { debianSources, privateApt, unpack } from "./apt.mjs";

const DOWNLOAD_TIMEOUT_MS = 180_000;

/**
 * Gets a program that needs no other package out of a Debian package, from the mirror that this system's apt is
 * configured for, without root and without touching the system.
 *
 * @param {{ name: string, suite: string }[]} packages where it may be, the best first. A mirror need not carry all suites.
 * @param {string[]} files where it may be in a package
 * @param {import("./program.mjs").Offer} offer
 * @param {{ dir: string, env: NodeJS.ProcessEnv, keyring?: string, say: (line: string) => void }} options `dir`: an
 *   existing empty directory
 * @returns {Promise<string | undefined>} undefined when one was taken, else why none was.
 */
export async function unpackDebianPackage(packages, files, offer, { dir, env, keyring, say }) {
  const configured = await debianSources({ env, keyring });
  if (typeof configured === "string") return configured;
  // Not -security, -updates, -backports: those archives have no suites with the names of ours.
  const base = configured.filter(({ suite }) => /^[a-z]+$/.test(suite));
  const mirrors = [...new Map(base.map((source) => [source.uri, source])).values()];
  if (mirrors.length === 0) return "apt is not configured for a Debian mirror";
  const reasons = [];
  for (const [at, mirror] of mirrors.entries()) {
    for (const { name, suite } of packages) {
      say(`fetching Debian's package ${name} (${suite}); nothing is installed`);
      const work = join(dir, `${at}-${suite}`);
      const problem = await take({ name, files, offer, work, source: { ...mirror, suite }, env });
      if (!problem) return undefined;
      reasons.push(`${suite}: ${problem}`);
    }
  }
  return `apt could not supply it (${reasons.join("; ")})`;
}

/** One suite: lists, package, unpacked, offered. Returns what went wrong. */
async function take({ name, files, offer, work, source, env }) {
  const settings = {
    // What the user says about the system's own suite does not hold for this one.
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "APT::Default-Release": "",
    "APT::Update::Error-Mode": "any",
  };
  const apt = await privateApt({ work, sources: [source], env, settings });
  if (apt.problem) return apt.problem;
  const update = await apt.update();
  if (update.code !== 0) return update.error?.message ?? "the mirror does not carry it";
  const download = await apt.run(DOWNLOAD_TIMEOUT_MS, "download", name);
  const archive = readdirSync(work).find((entry) => entry.endsWith(".deb"));
  if (download.code !== 0 || !archive) return download.error?.message ?? "the package could not be fetched";
  const unpacked = join(work, "unpacked");
  if (!(await unpack(join(work, archive), unpacked, env))) return "the package could not be unpacked";
  const file = files.map((path) => join(unpacked, path)).find((path) => existsSync(path));
  if (!file) return "the package does not contain it";
  chmodSync(file, 0o755);
  const { taken, problem } = await offer(file);
  return taken ? undefined : problem;
}
