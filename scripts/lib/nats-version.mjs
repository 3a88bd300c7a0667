import { capture } from "./capture.mjs";

/** The oldest nats-server that Holdfast is tested with. */
export const OLDEST = "2.10.0";

/**
 * Whether `file` is a nats-server that runs here and is recent enough.
 *
 * @param {string} file
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ version: string } | { problem: string }>}
 */
export async function probe(file, env) {
  const run = await capture(file, ["--version"], { env, timeout: 10_000 });
  if (run.error?.code === "ENOENT") return { problem: "there is no such file" };
  if (run.error?.code === "EACCES") return { problem: "it is not an executable file" };
  if (run.error) return { problem: run.error.message };
  const version = /nats-server:? v?(\d+\.\d+\.\d+)/i.exec(run.stdout)?.[1];
  if (run.code !== 0 || !version) return { problem: "it does not answer --version like a nats-server" };
  if (compare(version, OLDEST) < 0)
    return { problem: `its version is ${version}, and ${OLDEST} or newer is needed` };
  return { version };
}

function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : left[at] - right[at];
}
