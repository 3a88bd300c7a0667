import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Sees to it that no server and no folder outlives this process, however it ends.
 *
 * An orderly end (also after an uncaught exception) runs the `exit` handler. Every other end, by any signal, closes the
 * pipe to a small shell, which then kills the servers named by the `pid` files and removes the folders. So there is no
 * signal handler here, and what a signal does to this process stays as it was.
 */

const WATCHDOG = `
trap "" INT TERM HUP
while read -r _; do :; done
for file in "$1"/*/pid; do
  [ -e "$file" ] && read -r pid < "$file" && kill -9 "$pid"
done 2> /dev/null
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

const running = new Set<ChildProcess>();
let root: string | undefined;

/** Makes a folder: for one server, with its configuration, its store, and its `pid` file, or for certificates. */
export function makeDir(kind: "server" | "certificates"): string {
  root ??= prepare();
  return mkdtempSync(join(root, `${kind}-`));
}

/** Takes a server that was just started into care, until it is gone. `dir` is its folder. */
export function watchOver(server: ChildProcess, dir: string): void {
  const pidFile = join(dir, "pid");
  running.add(server);
  writeFileSync(pidFile, `${server.pid}\n`);
  server.once("exit", () => {
    running.delete(server);
    // At once, because the system may give the pid to another process.
    rmSync(pidFile, { force: true });
  });
}

/** Removes such a folder; the server that it belongs to must be gone. */
export function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

function prepare(): string {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-nats-"));
  const watchdog = spawn("sh", ["-c", WATCHDOG, "holdfast-nats-watchdog", dir], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // out of reach of a signal to our process group
    cwd: "/",
  });
  watchdog.on("error", () => {}); // no shell, no watchdog
  watchdog.stdin.on("error", () => {});
  watchdog.unref();
  (watchdog.stdin as unknown as { unref?: () => void }).unref?.();
  process.once("exit", () => {
    for (const server of running) server.kill("SIGKILL");
    try {
      rmSync(dir, { recursive: true, force: true });
    } catch {
      // A server may write its last file just now; the watchdog removes the rest.
    }
  });
  return dir;
}
