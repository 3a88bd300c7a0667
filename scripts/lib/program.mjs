import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { programCache } from "./paths.mjs";

const TEMPORARY = "fetching-";
const SUFFIX = process.platform === "win32" ? ".exe" : "";

/**
 * @typedef {object} Program what tests run beside Node, and how to come by it
 * @property {string} name what messages and its folder in the cache are called
 * @property {string} needed the name with what is asked of it, as in "nats-server 2.10.0 or newer"
 * @property {string} variable the environment variable that holds the path of one
 * @property {string[]} commands what it is called in `PATH`, the most welcome first
 * @property {string} cached its path in the folder of the cache. The first segment, a file or a folder, is moved there in
 *   one step.
 * @property {(file: string, env: NodeJS.ProcessEnv) => Promise<{ version: string } | { problem: string }>} probe
 *   whether a file is one that works here
 * @property {(offer: Offer, options: { dir: string, env: NodeJS.ProcessEnv, keyring?: string,
 *   say: (line: string) => void }) => Promise<string | undefined>} fetch gets one into `dir`, an empty folder, and
 *   offers it; undefined when an offer was taken, else why there was none
 * @property {string} remedy how users get one, a line for each way
 */

/**
 * Moves what will be the first segment of `cached` from `path` into the cache, if the program in it works.
 *
 * @callback Offer
 * @param {string} path
 * @returns {Promise<{ taken: true } | { taken: false, problem: string }>}
 */

/**
 * Finds a program that works here: in its variable, in `PATH`, in the cache; fetches one into the cache if need be (on
 * Debian). Safe to call from several processes at once; whoever is killed in it leaves nothing that harms the next.
 *
 * @param {Program} program
 * @param {{ env?: NodeJS.ProcessEnv, cache?: string, keyring?: string, say?: (line: string) => void }} options `cache`:
 *   the folder for a fetched one (default `.cache/<name>` in the checkout); `keyring`: Debian's archive keys (default:
 *   the system's); `say` gets lines of progress (default: stderr).
 * @returns {Promise<{ path: string, version: string }>} Rejects with instructions when there is none to be had.
 */
export async function findProgram(
  program,
  {
    env = process.env,
    cache = programCache(env, program.name),
    keyring,
    say = (line) => process.stderr.write(`${program.name}: ${line}\n`),
  } = {},
) {
  const given = env[program.variable];
  if (given) {
    const found = await check(program, resolve(given), env);
    if (found.problem) throw new Error(`$${program.variable} is set to ${given}, but ${found.problem}.`);
    return found;
  }
  return (
    (await inPath(program, env, say)) ??
    (await inCache(program, cache, env)) ??
    (await fetched(program, { env, cache, keyring, say }))
  );
}

/**
 * Prints the path of a program, or why there is none, if `module` is the script that Node was started with.
 *
 * @param {Program} program
 * @param {string} module the `import.meta.url` of the caller
 */
export async function printPath(program, module) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(module)) return;
  try {
    process.stdout.write(`${(await findProgram(program)).path}\n`);
  } catch (error) {
    process.stderr.write(`${program.name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

async function check(program, path, env) {
  const found = await program.probe(path, env);
  return found.problem ? { problem: found.problem } : { path, version: found.version };
}

async function inPath(program, env, say) {
  for (const command of program.commands) {
    for (const folder of (env.PATH ?? "").split(delimiter)) {
      const path = resolve(folder, `${command}${SUFFIX}`);
      if (!folder || !existsSync(path)) continue;
      const found = await check(program, path, env);
      if (!found.problem) return found;
      say(`passing over ${path}: ${found.problem}`);
    }
  }
  return undefined;
}

async function inCache(program, cache, env) {
  const path = join(cache, program.cached);
  if (!existsSync(path)) return undefined;
  const found = await check(program, path, env);
  return found.problem ? undefined : found;
}

async function fetched(program, { env, cache, keyring, say }) {
  mkdirSync(cache, { recursive: true });
  const work = async () => {
    const made = await inCache(program, cache, env); // by the one that held the lock before
    if (made) return made;
    for (const left of readdirSync(cache).filter((name) => name.startsWith(TEMPORARY)))
      discard(join(cache, left));
    const dir = mkdtempSync(join(cache, TEMPORARY));
    try {
      say(`no ${program.name} found on this machine; fetching one into ${cache}, once`);
      const workshop = join(dir, "work");
      mkdirSync(workshop);
      const offer = (path) => adopt(program, path, { cache, aside: join(dir, "replaced"), env });
      const problem = await program.fetch(offer, { dir: workshop, env, keyring, say });
      if (problem) throw new Error(instructions(program, problem));
      return await inCache(program, cache, env);
    } finally {
      discard(dir);
    }
  };
  return withLock(join(cache, "lock"), work, {
    onWait: (owner) => say(`waiting for ${owner}, which is fetching a ${program.name}`),
  });
}

async function adopt(program, path, { cache, aside, env }) {
  const [entry, ...inside] = program.cached.split("/");
  const found = await check(program, join(path, ...inside), env);
  if (found.problem) return { taken: false, problem: found.problem };
  const place = join(cache, entry);
  // What stands there does not work, and a folder cannot take the place of another.
  if (existsSync(place)) renameSync(place, aside);
  renameSync(path, place);
  return { taken: true };
}

/** An apt orphaned by a killed run may still be writing there, so a failure is left to the next run. */
function discard(dir) {
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {}
}

const instructions = ({ needed, remedy, variable }, problem) =>
  `no ${needed} was found, and ${problem}.
Install one in any of these ways and try again:
${remedy}
or set ${variable} to the path of one.`;
