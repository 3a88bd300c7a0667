import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { NatsServer } from "../../src/testing/server.js";
import { UserProject } from "../support/package.js";

const FOLDER = fileURLToPath(new URL("programs/", import.meta.url));
const OFFICIAL = '"@nats-io/transport-node"';
const PACKAGES = ["transport-node", "jetstream", "kv", "obj", "services"].map((name) => `@nats-io/${name}`);
/** What holdfast/testing makes certificates with. */
const CERTIFICATES = ["@peculiar/x509", "reflect-metadata"];

const programs = readdirSync(FOLDER)
  .toSorted()
  .map((file) => ({ name: file.replace(".ts", ""), code: readFileSync(join(FOLDER, file), "utf8") }));

/** Runs the programs one after another in one process, each under its name: starting a process for each would take longest. */
const RUNNER = `
  for (const name of process.argv.slice(2)) {
    console.log("program " + name);
    await import("./" + name + ".js").catch(console.log);
  }
  console.log("program none"); // from here on nothing runs any more
`;

let project: UserProject;
let compiled: { code: number; output: string };
let printed: { official: Map<string, string[]>; holdfast: Map<string, string[]> };

beforeAll(async () => {
  project = await UserProject.make([...PACKAGES, ...CERTIFICATES, "@types/node", "undici-types"]);
  for (const { name, code } of programs) {
    project.write(`src/official/${name}.ts`, code);
    project.write(`src/holdfast/${name}.ts`, code.replaceAll(OFFICIAL, '"holdfast"'));
  }
  const files = programs.flatMap(({ name }) => [`src/official/${name}.ts`, `src/holdfast/${name}.ts`]);
  // The types of @nats-io/services 3.0.0-25 do not compile without those of a browser.
  compiled = await project.compile("--skipLibCheck", ...files);
  const [official, holdfast] = await Promise.all([run("official"), run("holdfast")]);
  printed = { official, holdfast };
}, 90_000);
afterAll(() => project?.[Symbol.dispose]());

/** Runs all programs on a server of their own. Resolves with what each of them printed. */
async function run(client: "official" | "holdfast"): Promise<Map<string, string[]>> {
  await using server = await NatsServer.start({ jetstream: true });
  project.write(`out/${client}/runner.js`, RUNNER);
  const file = join(project.dir, "out", client, "runner.js");
  const child = spawn(process.execPath, [file, ...programs.map(({ name }) => name)], {
    env: { ...process.env, NATS_URL: server.url, NATS_SERVER: await findBinary(), NODE_OPTIONS: "" },
  });
  const printed = new Map<string, string[]>();
  let lines: string[] = [];
  let overdue: NodeJS.Timeout | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line === "please restart the server") void server.restart();
      const [, name] = /^program (.*)$/.exec(line) ?? [];
      if (name === undefined) lines.push(line);
      else {
        lines = [];
        printed.set(name, lines);
        if (name === "none") overdue = setTimeout(() => child.kill("SIGKILL"), 15_000);
      }
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(overdue);
  return printed.set("end", [`ended with ${code}`]);
}

describe("programs written for nats.js, with nothing changed but the import", () => {
  it("there are some, and each imports it", () => {
    expect(programs.length).toBeGreaterThan(12);
    expect(programs.filter(({ code }) => !code.includes(OFFICIAL))).toEqual([]);
  });

  it("compile", () => expect(compiled).toEqual({ code: 0, output: "" }));

  it.each(programs)("$name prints the same", ({ name }) => {
    const official = printed.official.get(name);
    expect(official?.length).toBeGreaterThan(1);
    expect(official?.filter((line) => /^\s+at /.test(line))).toEqual([]); // no stack: it has run to its end
    expect(printed.holdfast.get(name)).toEqual(official);
  });

  it("and nothing keeps their process from ending", () => {
    expect(printed.official.get("end")).toEqual(["ended with 0"]);
    expect(printed.holdfast.get("end")).toEqual(["ended with 0"]);
  });
});
