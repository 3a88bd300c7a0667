import { spawn } from "node:child_process";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { NatsServer } from "../../src/testing/server.js";
import type { UserProject } from "./package.js";

/** ms after which programs that do not end are killed: all of them, and what is left when the last one is through. */
const ALL_WITHIN = 60_000;
const END_WITHIN = 15_000;

/** One after another in one process, each under its name: starting a process for each would take longest. */
const RUNNER = `
  for (const path of process.argv.slice(2)) {
    console.log("program " + path);
    await import(path).catch(console.log);
  }
  console.log("program none"); // from here on nothing runs any more
`;

/**
 * Runs compiled programs of a user's project on a server of their own, which a program restarts by printing that it should. Resolves
 * with what each has printed, by its name, and under `end` how the process ended.
 *
 * @param paths from the project's folder
 */
export async function runPrograms(
  project: UserProject,
  paths: readonly string[],
): Promise<Map<string, string[]>> {
  await using server = await NatsServer.start({ jetstream: true });
  project.write("runner.mjs", RUNNER);
  const child = spawn(process.execPath, [join(project.dir, "runner.mjs"), ...paths], {
    env: { ...process.env, NATS_URL: server.url, NATS_SERVER: await findBinary(), NODE_OPTIONS: "" },
  });
  const outputs = new Map<string, string[]>();
  let lines: string[] = [];
  const kill = () => child.kill("SIGKILL");
  let overdue = setTimeout(kill, ALL_WITHIN);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line === "please restart the server") void server.restart();
      const [, path] = /^program (.*)$/.exec(line) ?? [];
      if (path === undefined) return void lines.push(line);
      lines = [];
      outputs.set(basename(path, ".js"), lines);
      if (path !== "none") return;
      clearTimeout(overdue);
      overdue = setTimeout(kill, END_WITHIN);
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(overdue);
  return outputs.set("end", [`ended with ${code}`]);
}
