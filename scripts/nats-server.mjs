#!/usr/bin/env node
// Prints the path of a usable nats-server, fetching one into the checkout's cache if this machine has none.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { unpackDebianPackage } from "./lib/apt.mjs";
import { withLock } from "./lib/lock.mjs";
import { OLDEST, probe } from "./lib/nats-version.mjs";
import { serverCache } from "./lib/paths.mjs";

const PROGRAM = process.platform === "win32" ? "nats-server.exe" : "nats-server";
const TEMPORARY = "fetching-";

/**
 * Finds a nats-server of version 2.10 or newer: `$NATS_SERVER`, then `PATH`, then the cache; fetches one into the
 * cache if need be (Debian and its relatives). Safe to call from several processes at once.
 *
 * @param {{ env?: NodeJS.ProcessEnv, cache?: string, keyring?: string, say?: (line: string) => void }} options `cache`:
 *   the folder for a fetched server (default `.cache/nats-server` in the checkout); `say` gets lines of progress
 *   (default: stderr).
 * @returns {Promise<{ path: string, version: string }>} Rejects with instructions when there is none to be had.
 */
export async function findNatsServer({
  env = process.env,
  cache = serverCache(env),
  keyring,
  say = (line) => process.stderr.write(`nats-server: ${line}\n`),
} = {}) {
  if (env.NATS_SERVER) {
    const path = resolve(env.NATS_SERVER);
    const found = await probe(path, env);
    if (found.problem) throw new Error(`$NATS_SERVER is set to ${env.NATS_SERVER}, but ${found.problem}.`);
    return { path, version: found.version };
  }
  const cached = join(cache, PROGRAM);
  return (
    (await inPath(env, say)) ??
    (await usable(cached, env)) ??
    (await fetched(cached, { env, cache, keyring, say }))
  );
}

async function inPath(env, say) {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = resolve(folder, PROGRAM);
    if (!folder || !existsSync(path)) continue;
    const found = await probe(path, env);
    if (!found.problem) return { path, version: found.version };
    say(`passing over ${path}: ${found.problem}`);
  }
  return undefined;
}

async function usable(path, env) {
  if (!existsSync(path)) return undefined;
  const found = await probe(path, env);
  return found.problem ? undefined : { path, version: found.version };
}

async function fetched(target, { env, cache, keyring, say }) {
  mkdirSync(cache, { recursive: true });
  const work = async () => {
    const made = await usable(target, env); // by the one that held the lock before
    if (made) return made;
    for (const left of readdirSync(cache).filter((name) => name.startsWith(TEMPORARY)))
      discard(join(cache, left));
    const dir = mkdtempSync(join(cache, TEMPORARY));
    try {
      say(`none found on this machine; fetching one into ${cache}, once`);
      const problem = await unpackDebianPackage("nats-server", {
        dir,
        env,
        keyring,
        say,
        accept: (unpacked) => adopt(unpacked, target, env),
      });
      if (problem) throw new Error(instructions(problem));
      return await usable(target, env);
    } finally {
      discard(dir);
    }
  };
  return withLock(join(cache, "lock"), work, {
    onWait: (owner) => say(`waiting for ${owner}, which is fetching one`),
  });
}

/** Moves the server out of an unpacked package to `target`, in one step, if it runs here and is recent enough. */
async function adopt(unpacked, target, env) {
  for (const folder of ["usr/sbin", "usr/bin"]) {
    const path = join(unpacked, folder, PROGRAM);
    if (!existsSync(path)) continue;
    chmodSync(path, 0o755);
    if (!(await usable(path, env))) continue;
    renameSync(path, target);
    return true;
  }
  return false;
}

/** An apt orphaned by a killed run may still be writing there, so a failure is left to the next run. */
function discard(dir) {
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {}
}

const instructions = (problem) => `no nats-server ${OLDEST} or newer was found, and ${problem}.
Install one in any of these ways and try again:
  - https://docs.nats.io/running-a-nats-service/introduction/installation (binaries for every platform)
  - macOS: brew install nats-server; Windows: choco install nats-server or scoop install nats-server
  - with Go: go install github.com/nats-io/nats-server/v2@latest
or set NATS_SERVER to the path of one.`;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${(await findNatsServer()).path}\n`);
  } catch (error) {
    process.stderr.write(`nats-server: ${error.message}\n`);
    process.exitCode = 1;
  }
}
