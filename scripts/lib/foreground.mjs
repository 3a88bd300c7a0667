import { spawn } from "node:child_process";
import { constants } from "node:os";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"];
/** A signal that arrives again this soon is the same one: a terminal sends it to npm and to us, and npm sends it on. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Runs Node with `args` in place of this process: same stdin, stdout and stderr, signals passed on.
 *
 * The child gets a process group of its own, so that Ctrl-C in a terminal, `timeout` and `kill` of a group reach it through us
 * alone, exactly once. In turn it must not outlive us: see lifeline.mjs.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<number>} its exit code; 128 + number for a signal, as in a shell
 */
export function foreground(args, { env = process.env, cwd } = {}) {
  const lifeline = new URL("lifeline.mjs", import.meta.url).href;
  const child = spawn(process.execPath, ["--import", lifeline, ...args], {
    cwd,
    env: { ...env, HOLDFAST_LIFELINE: "3" },
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    detached: true,
  });
  const last = {};
  const forwardOnce = (signal) => {
    const now = performance.now();
    if (now - (last[signal] ?? -Infinity) < SAME_SIGNAL_MS) return;
    last[signal] = now;
    child.kill(signal);
  };
  const handlers = {
    ...Object.fromEntries(ENDING.map((signal) => [signal, forwardOnce])),
    // What else a terminal sends to the group in its foreground: a new size, Ctrl-Z, and `fg`.
    SIGWINCH: (signal) => child.kill(signal),
    SIGTSTP() {
      child.kill("SIGSTOP");
      process.kill(process.pid, "SIGSTOP");
    },
    SIGCONT: (signal) => child.kill(signal),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
  });
}
