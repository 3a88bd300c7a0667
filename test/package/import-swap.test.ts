import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserProject } from "../support/package.js";
import { runPrograms } from "../support/run-programs.js";

const FOLDER = fileURLToPath(new URL("programs/", import.meta.url));
const OFFICIAL = '"@nats-io/transport-node"';
const PACKAGES = ["transport-node", "jetstream", "kv", "obj", "services"].map((name) => `@nats-io/${name}`);
/** What holdfast/testing makes certificates with. */
const CERTIFICATES = ["@peculiar/x509", "reflect-metadata"];

const programs = readdirSync(FOLDER)
  .toSorted()
  .map((file) => ({ name: file.replace(".ts", ""), code: readFileSync(join(FOLDER, file), "utf8") }));

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

/** What each program prints with this client. */
function run(client: "official" | "holdfast"): Promise<Map<string, string[]>> {
  return runPrograms(
    project,
    programs.map(({ name }) => `./out/${client}/${name}.js`),
  );
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
