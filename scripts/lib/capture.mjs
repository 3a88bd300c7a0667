import { spawn } from "node:child_process";

/**
 * Runs a program to its end and collects what it printed. Never rejects: a program that cannot be started at all has
 * `code: null` and `error` set.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} options `timeout` in ms (default: none), after
 *   which the program is killed and `error` says so.
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, output: string, error?: Error }>}
 *   `output` is both streams in the order in which they arrived.
 */
export function capture(command, args, { cwd, env, timeout } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const result = { code: null, signal: null, stdout: "", stderr: "", output: "" };
    let timer;
    if (timeout) {
      timer = setTimeout(() => {
        result.error = new Error(`${command} was still running after ${timeout / 1000} s`);
        child.kill("SIGKILL");
        // A grandchild may hold the pipes open; what it still prints is not waited for.
        child.stdout.destroy();
        child.stderr.destroy();
      }, timeout);
    }
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        result[name] += text;
        result.output += text;
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ ...result, error });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ ...result, code, signal });
    });
  });
}
