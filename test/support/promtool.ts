import { spawn } from "node:child_process";
import type { Ended } from "./tools.js";

/** Far longer than any call takes, also on a machine that does other things. */
const TIMEOUT_MS = 20_000;

/**
 * Runs promtool, such as `promtool(["test", "rules", file])` or `promtool(["check", "metrics"], { input })`.
 *
 * @param options `input`: what it gets on stdin (default: nothing); `cwd`: its working folder (default: this process's).
 * @returns however it ended. Rejects when there is no promtool, so that the test fails and says so, or when it hangs.
 */
export async function promtool(
  args: string[],
  options: { input?: string; cwd?: string } = {},
): Promise<Ended> {
  const program = process.env.PROMTOOL;
  if (!program) {
    throw new Error(
      "PROMTOOL is not set: run this test by `npm test -- <its file>`, which finds or fetches a promtool, " +
        'or set it: export PROMTOOL="$(node scripts/promtool.mjs)"',
    );
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, stdio: "pipe", timeout: TIMEOUT_MS });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === null) reject(new Error(`promtool ${args.join(" ")} was ended by ${signal}: ${output}`));
      else resolve({ code, output });
    });
    child.stdin.on("error", () => {}); // it may end without reading all
    child.stdin.end(options.input ?? "");
  });
}
