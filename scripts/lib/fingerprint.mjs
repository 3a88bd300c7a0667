import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A hash that changes when a file is added, removed, renamed or written. It looks at names, sizes and times only, not
 * at contents, so that it costs milliseconds.
 *
 * @param {string} base what the paths are relative to
 * @param {string[]} paths files and folders; what does not exist counts as empty
 */
export function fingerprint(base, paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesIn(base, path)).sort()) {
    // An editor may have removed it since it was listed.
    const stat = statSync(join(base, file), { throwIfNoEntry: false });
    hash.update(`${file}\0${stat?.size}\0${stat?.mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/**
 * The files below `path` (itself, if it is a file), relative to `base`.
 *
 * @param {string} base
 * @param {string} path
 * @returns {string[]}
 */
export function filesIn(base, path) {
  const stat = statSync(join(base, path), { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(base, path)).flatMap((name) => filesIn(base, join(path, name)));
}
