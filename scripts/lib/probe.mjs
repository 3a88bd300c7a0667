import { capture } from "./capture.mjs";

const TIMEOUT_MS = 10_000;

/**
 * Runs a file that may not be the program it should be.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, timeout?: number }} options `timeout` in ms (default: 10 s)
 * @returns {Promise<Awaited<ReturnType<typeof capture>> | { problem: string }>} how it ended and what it printed, or why
 *   it could not be run to its end.
 */
export async function attempt(file, args, { env, timeout = TIMEOUT_MS }) {
  const run = await capture(file, args, { env, timeout });
  if (run.error?.code === "ENOENT") return { problem: "there is no such file" };
  if (run.error?.code === "EACCES") return { problem: "it is not an executable file" };
  return run.error ? { problem: run.error.message } : run;
}

/**
 * Whether `file` runs here and says of itself, asked by `--version`, that it is `name` of a version that is recent enough.
 *
 * @param {string} file
 * @param {{ name: string, says: RegExp, oldest: string, env: NodeJS.ProcessEnv }} options `says`: finds the version, of
 *   three numbers, in the answer; `oldest`: the oldest that does.
 * @returns {Promise<{ version: string } | { problem: string }>}
 */
export async function probeVersion(file, { name, says, oldest, env }) {
  const answer = await attempt(file, ["--version"], { env });
  if (answer.problem) return { problem: answer.problem };
  const version = says.exec(answer.output)?.[1];
  if (answer.code !== 0 || !version) return { problem: `it does not answer --version like a ${name}` };
  if (compare(version, oldest) < 0)
    return { problem: `its version is ${version}, and ${oldest} or newer is needed` };
  return { version };
}

function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : left[at] - right[at];
}
