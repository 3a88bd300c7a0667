import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { UserProject } from "../support/package.js";

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));
const HOOKS = ["preinstall", "install", "postinstall"];

interface Manifest {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  exports: Record<string, unknown>;
}
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

let project: UserProject;
let home: string;
beforeAll(async () => {
  project = await UserProject.make();
  home = join(project.dir, "node_modules/holdfast");
}, 60_000);
afterAll(() => project?.[Symbol.dispose]());

describe("the packed package", () => {
  it("is clean for publint", async () => {
    const tarball = new Uint8Array(readFileSync(project.tarball)).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  it("is clean for attw in every resolution of Node, but that CommonJS has to require an ES module", async () => {
    const ignored = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"];
    const args = [project.tarball, ...ignored, "--no-definitely-typed", "--format", "json"];
    const { code, output } = await project.program("@arethetypeswrong/cli/dist/index.js", args);
    const { analysis, problems } = JSON.parse(output);
    expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(manifestOf(home).exports));
    // "node10" is the resolution of TypeScript before `exports` was known.
    const kinds = Object.values<{ kind: string; resolutionKind: string }[]>(problems).flat();
    expect(new Set(kinds.map(({ kind, resolutionKind }) => `${kind} ${resolutionKind}`))).toEqual(
      new Set(["CJSResolvesToESM node16-cjs", "NoResolution node10"]),
    );
    expect(code).toBe(0);
  });

  it("imports nothing but Node's own, its dependencies and its peers; without options, no optional peer", () => {
    const { dependencies: direct = {}, peerDependencies, peerDependenciesMeta = {} } = manifestOf(home);
    const declared = Object.keys({ ...direct, ...peerDependencies });
    const imported = (files: readonly string[]) =>
      new Set(files.flatMap((file) => packagesIn(project.read(file))));
    const code = project.files.filter((file) => /\.(js|d\.ts)$/.test(file));
    expect([...imported(code)].filter((name) => !declared.includes(name))).toEqual([]);
    const optional = declared.filter((name) => peerDependenciesMeta[name]?.optional);
    const main = imported(reachable("dist/index.js"));
    expect(main).toContain("@nats-io/nats-core");
    expect([...main].filter((name) => optional.includes(name))).toEqual([]);
  });

  it("has no install scripts, and brings none", () => {
    for (const folder of [home, ...dependencies(manifestOf(home))]) {
      const { scripts = {} } = manifestOf(folder);
      expect(Object.keys(scripts).filter((name) => HOOKS.includes(name))).toEqual([]);
      expect(existsSync(join(folder, "binding.gyp"))).toBe(false); // npm would build it
    }
  });

  // 0.5 MB of it is cockatiel, 0.3 MB are tables and progress bars of the command line, 0.4 MB is the outbox; lmdb is brought by who wants it.
  it("has its docstrings in the declarations, and not once more in the programs", () => {
    expect(project.read("dist/client/connection.d.ts")).toMatch(/\/\*\*/);
    expect(project.read("dist/client/connection.js")).not.toMatch(/\/\*\*/);
  });

  it("adds less than 5 MB to a project that has nats-core", () => {
    const folders = dependencies(manifestOf(home));
    const bytes = [home, ...folders].map(size).reduce((sum, one) => sum + one);
    expect(folders.length).toBeGreaterThan(1);
    expect(bytes).toBeGreaterThan(300_000);
    expect(bytes).toBeLessThan(5_000_000);
  });
});

const SPECIFIER = /(?:from |import\(|import |require\()"([^"]+)"/g;

/** The packages of others that a file imports. */
function packagesIn(code: string): string[] {
  return [...code.matchAll(SPECIFIER)]
    .map(([, name]) => name)
    .filter((name) => !/^(\.|node:)/.test(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
}

/** The files of the package that a file imports, and what those import, dynamic imports left out. */
function reachable(entry: string, seen = new Set<string>()): string[] {
  if (seen.has(entry)) return [];
  seen.add(entry);
  for (const [, name] of project.read(entry).matchAll(/(?:from |import )"(\.[^"]+)"/g))
    reachable(join(entry, "..", name), seen);
  return [...seen];
}

/** The folders of all packages that npm installs for this one, but nats-core and what comes with it. */
function dependencies({ dependencies: direct = {} }: Manifest): string[] {
  const folders = new Set<string>();
  const add = (names: string[], from: string): void => {
    for (const name of names) {
      const nested = join(from, "node_modules", name);
      const folder = existsSync(nested) ? nested : join(MODULES, name);
      if (folders.has(folder)) continue;
      folders.add(folder);
      add(Object.keys(manifestOf(folder).dependencies ?? {}), folder);
    }
  };
  add(Object.keys(direct), MODULES);
  return [...folders];
}

function size(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe("a CommonJS program", () => {
  it("requires holdfast, and has the same classes as who imports it", async () => {
    await using server = await NatsServer.start();
    project.write(
      "program.cjs",
      `const { connect, TimeoutError } = require("holdfast");
       const { NatsServer } = require("holdfast/testing");
       (async () => {
         console.log(typeof NatsServer.start, TimeoutError === require("@nats-io/nats-core").TimeoutError);
         console.log((await import("holdfast")).connect === connect);
         const nc = await connect({ servers: process.env.NATS_URL });
         nc.subscribe("question", { callback: (_, m) => m.respond(m.string() + "!") });
         console.log((await nc.request("question", "heard")).string());
         await nc.drain();
       })();`,
    );
    const { code, output } = await project.node(["program.cjs"], { NATS_URL: server.url });
    expect(output).toBe("function true\ntrue\nheard!\n");
    expect(code).toBe(0);
  });
});
