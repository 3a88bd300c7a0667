import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, as its claim names it. */
export interface NamedProcess {
  readonly pid: number;
  readonly host: string;
  /** See {@link processMark}; undefined: its system has none. */
  readonly mark: string | undefined;
}

const BOOT = "/proc/sys/kernel/random/boot_id";
/** Of /proc/<pid>/stat, counted from what comes behind the name, which may have anything in it. */
const STATE = 0;
const START = 19;

/**
 * What tells this process from all others, also from one that gets its pid later, in another container, or after a restart of the machine: boot, namespace of pids, start.
 * Undefined where the system does not tell (it is Linux's).
 */
export function processMark(): string | undefined {
  const world = ownWorld();
  const start = statOf("self")?.start;
  return world === undefined || start === undefined ? undefined : `${world.boot} ${world.pids} ${start}`;
}

/** Whether a process that has claimed something still runs; undefined: that cannot be known from here, as of one in another container. */
export function stillRuns({ pid, host, mark }: NamedProcess): boolean | undefined {
  const [boot, pids, start] = (mark ?? "").split(" ");
  const world = ownWorld();
  if (start !== undefined && world !== undefined) {
    // A disk that machines have in turns, or one machine before and after a restart.
    if (boot !== world.boot) return false;
    if (pids !== world.pids) return undefined;
    if (!exists(pid)) return false;
    const found = statOf(String(pid));
    // It is somebody else's, and hidden.
    if (found === undefined) return undefined;
    return found.start === start && found.state !== "Z" && found.state !== "X";
  }
  return host === hostname() && !exists(pid) ? false : undefined;
}

function ownWorld(): { boot: string; pids: string } | undefined {
  try {
    return { boot: readFileSync(BOOT, "utf8").trim(), pids: readlinkSync("/proc/self/ns/pid") };
  } catch {
    return undefined;
  }
}

function statOf(pid: string): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[STATE], start: fields[START] };
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  // 0 and negative ones are groups.
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
