import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Newest first. A mirror need not carry all of them; Debian 12's nats-server is older than what is needed. */
const SUITES = ["sid", "testing", "trixie"];
const UPDATE_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;

/**
 * Unpacks a Debian package from the mirror that this system's apt is configured for, without root and without
 * touching the system: apt works on lists, caches and a sources file of its own inside `dir`. Signatures are verified
 * against Debian's archive keyring.
 *
 * @param {string} name the package
 * @param {{ dir: string, env: NodeJS.ProcessEnv, keyring?: string, say: (line: string) => void,
 *   accept: (unpacked: string) => Promise<boolean> }} options `dir`: an existing empty directory; `accept` looks at the
 *   folder into which a suite's package was unpacked: false means that an older suite is tried.
 * @returns {Promise<string | undefined>} undefined when a suite's package was accepted, else why none was.
 */
export async function unpackDebianPackage(name, { dir, env, keyring = KEYRING, say, accept }) {
  const mirrors = await debianMirrors(env);
  if (typeof mirrors === "string") return mirrors;
  if (!existsSync(keyring)) return "this system has apt, but not Debian's archive keyring";
  const reasons = [];
  for (const mirror of mirrors) {
    for (const suite of SUITES) {
      say(`fetching Debian's package ${name} (${suite}); nothing is installed`);
      const work = join(dir, `${mirrors.indexOf(mirror)}-${suite}`);
      const result = await unpackFrom({ name, mirror, suite, keyring, work, env });
      if (!result.problem && (await accept(result.unpacked))) return undefined;
      reasons.push(`${suite}: ${result.problem ?? "its version does not do"}`);
    }
  }
  return `apt could not supply it (${reasons.join("; ")})`;
}

/** The addresses of the Debian main archive in the system's own configuration, or why there is none. */
async function debianMirrors(env) {
  const fields = ["REPO_URI", "COMPONENT", "RELEASE", "ORIGIN"];
  const format = fields.map((field) => `$(${field})`).join("\t");
  const ask = (...more) =>
    capture("apt-get", [...more, "indextargets", "--format", format], { env, timeout: 30_000 });
  let answer = await ask();
  if (answer.error) return "there is no apt-get here";
  // A system whose lists were never updated knows no origins; then the suite's name has to tell.
  if (answer.code === 0 && answer.stdout.trim() === "") answer = await ask("--no-release-info");
  if (answer.code !== 0) return `apt-get indextargets failed (${lastLine(answer.output)})`;
  const mirrors = answer.stdout
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([uri, component]) => /^(https?|ftp|file|mirror)/.test(uri) && component === "main")
    .filter(([, , suite]) => /^[a-z]+$/.test(suite)) // not -security, -updates, -backports
    .filter(([, , , origin]) => origin === "Debian" || origin === "$(ORIGIN)")
    .map(([uri]) => uri);
  return mirrors.length > 0 ? [...new Set(mirrors)] : "apt is not configured for a Debian mirror";
}

/** One suite: lists, package, unpacked. Returns the folder, or what went wrong. */
async function unpackFrom({ name, mirror, suite, keyring, work, env }) {
  const lists = join(work, "lists");
  const unpacked = join(work, "unpacked");
  for (const path of [join(lists, "partial"), join(work, "archives", "partial"), unpacked]) {
    mkdirSync(path, { recursive: true });
  }
  const architecture = await capture("dpkg", ["--print-architecture"], { env, timeout: 30_000 });
  if (architecture.code !== 0) return { problem: "dpkg does not work here" };
  // Readable for the owner alone: a mirror's address may contain a password.
  writeFileSync(
    join(work, "sources.list"),
    `deb [arch=${architecture.stdout.trim()} signed-by=${keyring}] ${mirror} ${suite} main\n`,
    { mode: 0o600 },
  );
  const config = join(work, "apt.conf");
  writeFileSync(config, privateConfig(work));
  const apt = (timeout, ...args) =>
    capture("apt-get", ["-qq", "-c", config, ...args], { cwd: work, env, timeout });

  const update = await apt(UPDATE_TIMEOUT_MS, "update");
  if (update.code !== 0) return { problem: update.error?.message ?? "the mirror does not carry it" };
  const download = await apt(DOWNLOAD_TIMEOUT_MS, "download", name);
  const file = readdirSync(work).find((entry) => entry.endsWith(".deb"));
  if (download.code !== 0 || !file)
    return { problem: download.error?.message ?? "the package could not be fetched" };
  const extract = await capture("dpkg", ["-x", join(work, file), unpacked], { env, timeout: 60_000 });
  return extract.code === 0 ? { unpacked } : { problem: "the package could not be unpacked" };
}

/** Read by apt after the system's own configuration (which may hold a needed proxy), and so stronger. */
function privateConfig(work) {
  const settings = {
    "Dir::State": work,
    "Dir::State::Lists": join(work, "lists"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": work,
    "Dir::Cache::Archives": join(work, "archives"),
    "Dir::Etc::sourcelist": join(work, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "APT::Default-Release": "",
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "20",
    "Acquire::https::Timeout": "20",
    // apt's unprivileged download user cannot write into a checkout of root's.
    ...(process.getuid?.() === 0 ? { "APT::Sandbox::User": "root" } : {}),
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

const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";
