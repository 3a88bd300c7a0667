import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;
const HEARTBEAT_MS = 5_000;
/** A holder on another host (a container that shares the checkout) counts as dead when its heartbeat is this old. */
const FOREIGN_STALE_MS = 60_000;
/** Far longer than the few system calls for which an unreadable lock or a breaker may legitimately exist. */
const UNFINISHED_STALE_MS = 10_000;

/**
 * Runs `work` while this process alone, among all on this checkout, holds the lock `file`. A lock whose owner is dead
 * is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{ timeout?: number, onWait?: (owner: string) => void }} options `timeout`: ms to wait for another holder
 *   (default 10 minutes), then it rejects; `onWait` is called once if there is another holder.
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { timeout = 600_000, onWait } = {}) {
  await acquire(file, timeout, onWait);
  const release = () => rmSync(file, { force: true });
  const heartbeat = setInterval(() => touch(file), HEARTBEAT_MS);
  heartbeat.unref();
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.off("exit", release);
    release();
  }
}

async function acquire(file, timeout, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() });
  const deadline = performance.now() + timeout;
  let told = false;
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isStale(file)) {
      breakStale(file);
      continue;
    }
    const owner = describe(file);
    if (performance.now() > deadline) {
      throw new Error(
        `waited ${timeout / 1000} s for ${owner}, which holds ${file}; delete that file if it is not at work`,
      );
    }
    if (!told) {
      told = true;
      onWait?.(owner);
    }
    await sleep(POLL_MS);
  }
}

function isStale(file) {
  const age = ageOf(file);
  if (age === undefined) return false; // released meanwhile
  const owner = read(file);
  if (!owner) return age > UNFINISHED_STALE_MS;
  if (owner.host !== hostname()) return age > FOREIGN_STALE_MS;
  return !isAlive(owner.pid) || startOf(owner.pid) !== owner.started;
}

/** Two waiters may both have seen the same stale lock: only the one in the breaker looks again and removes it. */
function breakStale(file) {
  const breaker = `${file}.breaking`;
  try {
    mkdirSync(breaker);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if ((ageOf(breaker) ?? 0) > UNFINISHED_STALE_MS) rmSync(breaker, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(file)) rmSync(file, { force: true });
  } finally {
    rmdirSync(breaker);
  }
}

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
};

const describe = (file) => `process ${read(file)?.pid ?? "(unknown)"}`;

const ageOf = (path) => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && Date.now() - stat.mtimeMs;
};

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Someone removed the lock by hand; the work goes on.
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** When the process started, in ticks since boot; null where there is no /proc. Tells a process from a later one with the same pid. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return null;
  }
}
