import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { debianSources, lastLine, privateApt, unpack } from "./apt.mjs";
import { capture } from "./capture.mjs";

const DOWNLOAD_TIMEOUT_MS = 480_000;

/**
 * Unpacks a Debian package of this system's own suite together with all that it depends on and that the system lacks, into
 * one tree, without root and without touching the system. What the system has is not fetched: the tree works here alone.
 *
 * @param {string[]} names packages that do, the best first
 * @param {string[]} always packages that come along even if the system has them
 * @param {(tree: string) => Promise<string | undefined>} accept looks at a tree; why it does not do, or undefined
 * @param {{ dir: string, env: NodeJS.ProcessEnv, keyring?: string, say: (line: string) => void }} options `dir`: an
 *   existing empty directory
 * @returns {Promise<string | undefined>} undefined when a tree was accepted, else why none was.
 */
export async function unpackDebianTree(names, always, accept, { dir, env, keyring, say }) {
  const sources = await debianSources({ env, keyring });
  if (typeof sources === "string") return sources;
  const status = await copyStatus(join(dir, "status"), env);
  if (status.problem) return status.problem;
  const work = join(dir, "apt");
  const apt = await privateApt({ work, sources, env, settings: { "Dir::State::status": status.path } });
  if (apt.problem) return apt.problem;
  // One archive of several may fail: what the others have may be enough.
  const update = await apt.update();
  const reasons = update.code === 0 ? [] : [update.error?.message ?? lastLine(update.output)];
  for (const name of names) {
    say(`fetching Debian's package ${name} and what it needs; nothing is installed`);
    // Named ones are fetched even if they are installed: they may be out of reach, or fonts may be left out of an image.
    const args = ["--yes", "--download-only", "--reinstall", "--no-install-recommends"];
    const download = await apt.run(DOWNLOAD_TIMEOUT_MS, "install", ...args, name, ...always);
    if (download.code !== 0) {
      reasons.push(`${name}: ${download.error?.message ?? lastLine(download.output)}`);
      continue;
    }
    const tree = join(dir, name);
    const problem = (await unpackAll(apt.archives, tree, env)) ?? (await accept(tree));
    if (!problem) return undefined;
    reasons.push(`${name}: ${problem}`);
  }
  return `apt could not supply it (${reasons.join("; ")})`;
}

/** apt locks the folder of dpkg's record of what is installed, and only root may do that in the system's. */
async function copyStatus(path, env) {
  const asked = await capture("apt-config", ["shell", "STATUS", "Dir::State::status/f"], {
    env,
    timeout: 30_000,
  });
  const original = /^STATUS='(.+)'$/m.exec(asked.stdout)?.[1];
  if (!original) return { problem: "apt-config does not tell where dpkg keeps its status" };
  try {
    cpSync(original, path);
    return { path };
  } catch (error) {
    return { problem: `dpkg's status could not be read (${error.code})` };
  }
}

/** Each package goes when it is unpacked, so that both are never there at full size. */
async function unpackAll(archives, tree, env) {
  for (const name of readdirSync(archives).filter((entry) => entry.endsWith(".deb"))) {
    if (!(await unpack(join(archives, name), tree, env))) return `${name} could not be unpacked`;
    rmSync(join(archives, name));
  }
  return undefined;
}
