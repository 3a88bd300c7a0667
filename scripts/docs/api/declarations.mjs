import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { typecheck } from "../../lib/compile.mjs";
import { root } from "../../lib/paths.mjs";

/**
 * Makes the declarations of the package as they are published, and removes them again.
 *
 * @template T
 * @param {string[]} flags more arguments for tsc
 * @param {(read: (path: string) => string, entries: { name: string, declarations: string }[]) => T} use `read`: a file of declarations by its path;
 *   `entries`: those of the package that have types, the main one first: `holdfast`, `holdfast/testing` …
 * @returns {Promise<T>} Rejects when there are no declarations to be had.
 */
export async function withDeclarations(flags, use) {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-api-"));
  try {
    const { ok, output } = await typecheck(
      "tsconfig.build.json",
      ...["--emitDeclarationOnly", "--stripInternal", "--noCheck", "--sourceMap", "false"],
      ...flags,
      "--outDir",
      dir,
    );
    if (!ok) throw new Error(`tsc makes no declarations for docs/api: ${output}`);
    return use((path) => readFileSync(join(dir, path), "utf8"), entries());
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function entries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, { types }]) => types !== undefined)
    .map(([key, { types }]) => ({ name: name + key.slice(1), declarations: types.replace("./dist/", "") }));
}
