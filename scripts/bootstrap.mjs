// Brings a fresh clone, or one that has changed, to the point where a command can run.
import { join } from "node:path";
import { build, isBuilt } from "./lib/compile.mjs";
import { dependenciesAreCurrent, installDependencies } from "./lib/dependencies.mjs";
import { withLock } from "./lib/lock.mjs";
import { cache, root } from "./lib/paths.mjs";
import { findProgram } from "./lib/program.mjs";

const lock = join(cache, "bootstrap.lock");
const sayOnStderr = (line) => process.stderr.write(`holdfast: ${line}\n`);

/**
 * Installs dependencies, builds `targets` and finds `programs`, each only if need be: says what it does, and takes
 * well below 300 ms when there is nothing to do (and no browser to try out). Several at once wait for each other.
 *
 * @param {{ targets?: import("./lib/compile.mjs").Target[], programs?: import("./lib/program.mjs").Program[],
 *   say?: (line: string) => void }} options `targets`: what to build (default: nothing); `programs`: what else is needed
 *   (default: nothing).
 * @returns {Promise<NodeJS.ProcessEnv>} the path of each program, under the name of its variable. Rejects, with a message
 *   for the user, when a part fails.
 */
export async function bootstrap({ targets = [], programs = [], say = sayOnStderr } = {}) {
  await once(
    () => dependenciesAreCurrent(root),
    say,
    async () => {
      say("installing dependencies (npm ci)");
      await installDependencies(root);
    },
  );
  for (const target of targets) {
    await once(
      () => isBuilt(target),
      say,
      async () => {
        say(`building ${target.out}`);
        const { ok, output } = await build(target);
        if (!ok) throw new Error(`the build of ${target.out} failed:\n${output}`);
      },
    );
  }
  const found = programs.map(async (program) => [
    program.variable,
    (await findProgram(program, { say })).path,
  ]);
  return Object.fromEntries(await Promise.all(found));
}

/**
 * Runs `work` while no other bootstrap works on this checkout.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const alone = (work, say = sayOnStderr) =>
  withLock(lock, work, { onWait: (owner) => say(`waiting for ${owner}, which is preparing this checkout`) });

/** Does `work` unless it is done, or was done by the bootstrap that was waited for. */
async function once(isDone, say, work) {
  if (isDone()) return;
  await alone(async () => {
    if (!isDone()) await work();
  }, say);
}
