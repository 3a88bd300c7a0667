import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const UPDATE_TIMEOUT_MS = 120_000;

/**
 * @typedef {object} Source the component main of a suite
 * @property {string} uri
 * @property {string} suite
 * @property {string} keyring the keys against which its signature is verified
 */

/**
 * The Debian archives in the system's own configuration, those first that are known to be Debian's.
 *
 * @param {{ env: NodeJS.ProcessEnv, keyring?: string }} options `keyring`: default Debian's archive keyring
 * @returns {Promise<Source[] | string>} or why there is none
 */
export async function debianSources({ env, keyring = KEYRING }) {
  const known = await indexTargets(env);
  if (typeof known === "string") return known;
  // A system whose lists were never updated knows no origins; what is not Debian's then fails for its signature.
  const all = await indexTargets(env, "--no-release-info");
  const originOf = new Map(known.map(({ uri, suite, origin }) => [`${uri} ${suite}`, origin]));
  const sources = [...known, ...(typeof all === "string" ? [] : all)]
    .filter(({ uri, component }) => /^(https?|ftp|file|mirror)/.test(uri) && component === "main")
    .filter(({ uri, suite }) => (originOf.get(`${uri} ${suite}`) ?? "Debian") === "Debian")
    .map(({ uri, suite }) => [`${uri} ${suite}`, { uri, suite, keyring }]);
  if (sources.length === 0) return "apt is not configured for a Debian mirror";
  if (!existsSync(keyring)) return "this system has apt, but not Debian's archive keyring";
  return [...new Map(sources).values()];
}

/** What apt is configured to fetch lists from, or why it does not tell. */
async function indexTargets(env, ...more) {
  const format = ["REPO_URI", "COMPONENT", "RELEASE", "ORIGIN"].map((field) => `$(${field})`).join("\t");
  const args = [...more, "indextargets", "--format", format];
  const answer = await capture("apt-get", args, { env, timeout: 30_000 });
  if (answer.error) return "there is no apt-get here";
  if (answer.code !== 0) return `apt-get indextargets failed (${lastLine(answer.output)})`;
  return answer.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))
    .map(([uri, component, suite, origin]) => ({ uri, component, suite, origin }));
}

/**
 * An apt that needs no root and does not touch the system's: its lists, caches and sources are in a folder of its own.
 *
 * @param {{ work: string, sources: Source[], env: NodeJS.ProcessEnv, settings?: Record<string, string> }} options `work`:
 *   its folder, which need not exist; `settings`: more of apt's configuration
 * @returns {Promise<{ archives: string, update: () => ReturnType<typeof capture>,
 *   run: (timeout: number, ...args: string[]) => ReturnType<typeof capture> } | { problem: string }>} `archives`: where it
 *   puts the packages of an installation; `run` runs apt-get in `work`, for `timeout` ms at most
 */
export async function privateApt({ work, sources, env, settings = {} }) {
  const architecture = await capture("dpkg", ["--print-architecture"], { env, timeout: 30_000 });
  if (architecture.code !== 0) return { problem: "dpkg does not work here" };
  const archives = join(work, "archives");
  for (const path of [join(work, "lists"), archives]) mkdirSync(join(path, "partial"), { recursive: true });
  const lines = sources.map(
    ({ uri, suite, keyring }) =>
      `deb [arch=${architecture.stdout.trim()} signed-by=${keyring}] ${uri} ${suite} main\n`,
  );
  // Readable for the owner alone: a mirror's address may contain a password.
  writeFileSync(join(work, "sources.list"), lines.join(""), { mode: 0o600 });
  const config = join(work, "apt.conf");
  writeFileSync(config, configuration(work, archives, settings));
  const run = (timeout, ...args) =>
    capture("apt-get", ["-qq", "-c", config, ...args], { cwd: work, env, timeout });
  return { archives, run, update: () => run(UPDATE_TIMEOUT_MS, "update") };
}

/** Read by apt after the system's own configuration (which may hold a needed proxy), and so stronger. */
function configuration(work, archives, more) {
  const settings = {
    "Dir::State": work,
    "Dir::State::Lists": join(work, "lists"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": work,
    "Dir::Cache::Archives": archives,
    "Dir::Etc::sourcelist": join(work, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "20",
    "Acquire::https::Timeout": "20",
    // apt's unprivileged download user cannot write into a checkout of root's.
    ...(process.getuid?.() === 0 ? { "APT::Sandbox::User": "root" } : {}),
    ...more,
  };
  return [
    // The system's hooks clean or index the system's own caches: not ours to trigger.
    "#clear APT::Update::Pre-Invoke;",
    "#clear APT::Update::Post-Invoke;",
    "#clear APT::Update::Post-Invoke-Success;",
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
    "",
  ].join("\n");
}

/**
 * Unpacks a package: its files, below `into`, and nothing of its scripts.
 *
 * @param {string} file
 * @param {string} into
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether that worked
 */
export async function unpack(file, into, env) {
  mkdirSync(into, { recursive: true });
  return (await capture("dpkg", ["-x", file, into], { env, timeout: 120_000 })).code === 0;
}

/** The line of a failed program's output that says most. */
export const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";
