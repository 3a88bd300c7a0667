import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a file of this checkout. */
export const inCheckout = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** An empty folder for one test, with a `bin` that the test fills with fake programs. */
export interface Sandbox extends Disposable {
  readonly dir: string;
  readonly bin: string;
  /** Writes an executable shell script. Inside, the usual tools are found; `PATH` of the test does not matter. */
  program(name: string, script: string, folder?: string): string;
}

export function sandbox(): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-scripts-"));
  const bin = join(dir, "bin");
  mkdirSync(bin);
  return {
    dir,
    bin,
    program(name, script, folder = bin) {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
