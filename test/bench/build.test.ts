import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildRevision } from "../../bench/compare/build.js";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const TSCONFIG = {
  compilerOptions: { target: "ES2023", module: "NodeNext", rootDir: ".", outDir: "built", types: [] },
  include: ["src"],
};

let root: string;
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
    cwd: root,
    encoding: "utf8",
  });
const kept = () => readdirSync(join(root, ".cache", "bench-base"));

/** Commits what Holdfast's index is. */
function commit(index: string): string {
  writeFileSync(join(root, "src", "index.ts"), index);
  git("add", "-A");
  git("commit", "-qm", "state");
  return git("rev-parse", "HEAD").trim();
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-revisions-"));
  mkdirSync(join(root, "src"));
  symlinkSync(NODE_MODULES, join(root, "node_modules"), "dir");
  writeFileSync(join(root, ".gitignore"), "node_modules\n.cache\n");
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "tsconfig.tools.json"), JSON.stringify(TSCONFIG));
  git("init", "-q");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it("builds what a revision was, and that once", async () => {
  const first = commit("export const what: string = 'first';\n");
  commit("export const what: string = 'second';\n");
  const { library, commit: short } = await buildRevision("HEAD~1", root);
  expect(first.startsWith(short)).toBe(true);
  expect((await import(/* @vite-ignore */ library)).what).toBe("first");
  const file = fileURLToPath(library);
  const { mtimeMs } = statSync(file);
  expect((await buildRevision(first, root)).library).toBe(library);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});

it("says what it cannot build, and leaves nothing half done", async () => {
  await expect(buildRevision("no-such-branch", root)).rejects.toThrow(
    'git knows no commit "no-such-branch" here',
  );
  await expect(buildRevision("--help", root)).rejects.toThrow('git knows no commit "--help" here');
  const before = existsSync(join(root, ".cache")) ? kept() : [];
  commit("export const = ;\n");
  await expect(buildRevision("HEAD", root)).rejects.toThrow(/it does not compile: src\/index\.ts/);
  expect(kept()).toEqual(before);
});
