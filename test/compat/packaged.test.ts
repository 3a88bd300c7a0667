import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { Child } from "../support/child.js";
import { UserProject } from "../support/package.js";
import { pageText, programsOn } from "../support/page-programs.js";
import { runPrograms } from "../support/run-programs.js";
import { until } from "../support/until.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MODULES = here("../../node_modules");
const OFFICIAL = ["jetstream", "kv", "obj", "services"].map((name) => `@nats-io/${name}`);
const IMPORT = 'from "nats"';

const programs = readdirSync(here("programs"))
  .toSorted()
  .map((file) => ({ name: file.replace(".ts", ""), code: readFileSync(here(`programs/${file}`), "utf8") }));

const page = pageText("compat.md");
const examples = programsOn(page).filter(({ code }) => code.includes("await connect("));
/** The files that the page tells to make. */
const files = [...page.matchAll(/`(nats\/[\w.]+)`\n\n```\w+\n([\s\S]*?)```/g)].map(([, path, text]) => ({
  path,
  text,
}));

/** Types of how `nats` 2 is made inside, which no program needs. */
const INTERNAL =
  /^(DispatchedFn|IngestionFilterFn|IngestionFilterFnResult|MsgAdapter|ProtocolFilterFn|Typed\w+|JetStreamSubscriptionOptions)$/;
/** The types that `nats` 2 exports. */
const typeNames = ["nats-base-client", "jetstream"].flatMap((part) => {
  const text = readFileSync(join(MODULES, `nats/lib/${part}/mod.d.ts`), "utf8");
  return [...text.matchAll(/export type \{(.*?)\}/gs)].flatMap(([, names]) =>
    (names.match(/\w+/g) ?? []).filter((name) => !INTERNAL.test(name)),
  );
});

let project: UserProject;
beforeAll(async () => {
  project = await UserProject.make([...OFFICIAL, "nats", "@types/node", "undici-types"]);
}, 60_000);
afterAll(() => project?.[Symbol.dispose]());

/** Starts a program of the project. */
function start(file: string, url: string, args: string[] = []): ChildProcessWithoutNullStreams {
  const env = { ...process.env, NATS_URL: url, NODE_OPTIONS: "" };
  return spawn(process.execPath, [join(project.dir, file), ...args], { env });
}

describe("programs written for nats 2, with nothing changed but the import", () => {
  let compiled: { code: number; output: string };
  let theirs: Map<string, string[]>;
  let ours: Map<string, string[]>;
  beforeAll(async () => {
    for (const { name, code } of programs) {
      project.write(`src/nats/${name}.ts`, code);
      project.write(`src/compat/${name}.ts`, code.replaceAll(IMPORT, 'from "holdfast/compat"'));
    }
    for (const { file, code } of examples) project.write(`src/${file}.ts`, code);
    project.write("src/types.ts", `export type { ${typeNames.join(", ")} } from "holdfast/compat";`);
    const paths = programs.flatMap(({ name }) => [`src/nats/${name}.ts`, `src/compat/${name}.ts`]);
    // The types of @nats-io/services 3.0.0-25 do not compile without those of a browser.
    const others = ["src/types.ts", ...examples.map(({ file }) => `src/${file}.ts`)];
    compiled = await project.compile("--skipLibCheck", ...paths, ...others);
    const inFolder = (folder: string) => programs.map(({ name }) => `./out/${folder}/${name}.js`);
    [theirs, ours] = await Promise.all([
      runPrograms(project, inFolder("nats")),
      runPrograms(project, [...inFolder("compat"), ...examples.map(({ file }) => `./out/${file}.js`)]),
    ]);
  }, 60_000);

  it("there are some, and each imports it", () => {
    expect(programs.length).toBeGreaterThan(5);
    expect(programs.filter(({ code }) => !code.includes(IMPORT))).toEqual([]);
  });

  it("compile, and so do the examples of docs/compat.md, and an import of every type of nats 2", () => {
    expect(typeNames.length).toBeGreaterThan(100);
    expect(compiled).toEqual({ code: 0, output: "" });
  });

  it.each(programs)("$name prints the same", ({ name }) => {
    expect(theirs.get(name)?.length).toBeGreaterThan(1);
    expect(ours.get(name)).toEqual(theirs.get(name));
  });

  it.each(examples)("docs/compat.md: $file does what it says", ({ file, prints }) => {
    expect(prints.length).toBeGreaterThan(0);
    expect(ours.get(file)).toEqual(prints);
  });

  // Nothing is said of nats's own process: it is kept by what a consumer has left behind.
  it("and nothing keeps their process from ending", () => {
    expect(ours.get("end")).toEqual(["ended with 0"]);
  });
});

describe("the package", () => {
  it("can be required", async () => {
    const { code, output } = await project.node([
      "--no-warnings",
      "-p",
      'typeof require("holdfast/compat").connect + require("holdfast/compat").ErrorCode.NoResponders',
    ]);
    expect({ code, output }).toEqual({ code: 0, output: "function503\n" });
  });

  it("loads nothing of JetStream before it is asked for, and names what is missing then", async () => {
    await using server = await NatsServer.start();
    project.write(
      "without.cjs",
      `const Module = require("node:module");
       const resolve = Module._resolveFilename;
       Module._resolveFilename = function (name, ...rest) {
         if (!/^@nats-io\\/(jetstream|kv|obj|services)$/.test(name)) return resolve.call(this, name, ...rest);
         throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: "MODULE_NOT_FOUND" });
       };`,
    );
    project.write(
      "missing.mjs",
      `import { AckPolicy, connect, NatsError } from "holdfast/compat";
       const nc = await connect({ servers: ${JSON.stringify(server.url)} });
       const tell = (e) => console.log(e instanceof NatsError, e.code, e.message);
       try { nc.jetstream(); } catch (e) { tell(e); }
       await nc.jetstreamManager().catch(tell);
       await nc.services.add({ name: "x", version: "1.0.0" }).catch(tell);
       console.log(AckPolicy.Explicit);
       await nc.close();`,
    );
    const { output } = await project.node(["--require", "./without.cjs", "missing.mjs"]);
    const needs = (call: string, name: string) =>
      `true PACKAGE_MISSING ${call} needs the package ${name}: npm install ${name}`;
    expect(output.trimEnd().split("\n")).toEqual([
      needs("nc.jetstream()", "@nats-io/jetstream"),
      needs("nc.jetstreamManager()", "@nats-io/jetstream"),
      needs("nc.services.add()", "@nats-io/services"),
      "explicit",
    ]);
  });
});

/** Links a package of this checkout. */
function link(path: string, name: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(MODULES, name), path, "dir");
}

describe("NestJS's own NATS transport, on the package alias of docs/compat.md", () => {
  const COPIED = ["common", "core", "microservices"].map((name) => `@nestjs/${name}`);
  const dependencies = COPIED.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
    return Object.keys(manifest.dependencies);
  });
  const LINKED = new Set([...dependencies, "rxjs", "reflect-metadata"]);

  beforeAll(() => {
    const modules = join(project.dir, "nest/node_modules");
    // Copied, so that they resolve what they load from this project and not from ours.
    for (const name of COPIED) cpSync(join(MODULES, name), join(modules, name), { recursive: true });
    for (const name of LINKED) link(join(modules, name), name);
    for (const { path, text } of files) project.write(`nest/${path}`, text);
    // What npm makes of "file:./nats".
    symlinkSync("../nats", join(modules, "nats"), "dir");
    project.write("nest/service.mjs", readFileSync(here("nest-service.mjs"), "utf8"));
  });

  it("the page has the three files", () => expect(files.map(({ path }) => path)).toHaveLength(3));

  it("requests, queue groups, headers, events; and nothing that was taken is lost when the server is killed", async () => {
    await using server = await NatsServer.start();
    const process = start("nest/service.mjs", server.url);
    using service = new Child(process);
    const told = (what: string) => service.lines.findLast((line) => line.startsWith(`${what} `));
    const tell = async (command: string, what: string): Promise<unknown> => {
      const before = service.lines.length;
      process.stdin.write(`${command}\n`);
      await until(
        () =>
          service.lines.slice(before).some((line) => line.startsWith(`${what} `)) ||
          service.code !== undefined,
        () => `${what}; it has said ${service.lines.join("; ")}`,
      );
      return JSON.parse(told(what)!.slice(what.length + 1));
    };
    const settled = async (command: string, what: string, wanted: (value: never) => boolean) => {
      const deadline = performance.now() + 10_000;
      while (!wanted((await tell(command, what)) as never)) {
        if (performance.now() > deadline) throw new Error(`${what} did not come: ${service.lines.at(-1)}`);
      }
    };

    await service.said("ready true");
    const answers = [6, 9, "whoami.x acme", "error no", expect.stringContaining("error Empty response")];
    expect(await tell("ask", "answers")).toEqual(answers);

    await tell("emit", "emitting");
    await settled("taken", "taken", ([plain]: number[]) => plain > 20);
    await server.kill();
    await settled("state", "state", (state: string) => state !== "connected");
    await tell("down", "asked");
    const during = (await tell("taken", "taken")) as number[];
    await settled("taken", "taken", ([, steady]: number[]) => steady > during[1] + 50);
    await server.restart();
    await settled("state", "state", (state: string) => state === "connected");
    const [plain] = (await tell("taken", "taken")) as number[];
    await settled("taken", "taken", ([now]: number[]) => now > plain + 20);

    const result = (await tell("stop", "result")) as {
      missing: number[][];
      doubled: number[];
      taken: number[];
      refused: number;
    };
    expect(result.missing).toEqual([[], []]);
    // Without the queue group each event would come twice, and not only what was unconfirmed when the server died.
    expect(result.doubled[1]).toBeLessThan(result.taken[1] / 2);
    expect(result.refused).toBeGreaterThan(0);
    expect(result.taken[1]).toBeGreaterThan(result.taken[0]);
    await until(() => told("late answer") !== undefined, "the answer to what was asked while it was down");
    expect(told("late answer")).toBe("late answer 30");
    expect(await tell("ask", "answers")).toEqual(answers);
    process.stdin.end();
    await service.ended();
    expect(service.code).toBe(0);
  });
});
