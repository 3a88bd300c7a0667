import { spawnSync } from "node:child_process";

/** A Node other than the one that runs the benchmark: the clients are measured with it. */
export interface OtherNode {
  /** Of its executable. */
  readonly path: string;
  /** "24.3.0". */
  readonly version: string;
}

/** The oldest one that Holdfast runs on: major and minor version. */
const OLDEST = [20, 19] as const;
const PATIENCE_MS = 10_000;

/**
 * Asks an executable for its version.
 *
 * @throws Error that says what is wrong with it, for whoever wrote the path
 */
export function readNode(path: string): OtherNode {
  const { error, status, stdout } = spawnSync(path, ["--version"], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  if (error !== undefined) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Error(`There is no file "${path}".`);
    throw new Error(`"${path}" cannot be run (${code ?? error.message}).`);
  }
  const [, version] = /^v(\d+\.\d+\.\d+\S*)\s*$/.exec(stdout) ?? [];
  if (status !== 0 || version === undefined)
    throw new Error(`"${path}" does not say a version as Node does.`);
  if (isOld(version))
    throw new Error(`"${path}" is Node ${version}; Holdfast needs ${OLDEST.join(".")} or newer.`);
  return { path, version };
}

function isOld(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
