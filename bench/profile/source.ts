import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallFrame } from "./self-time.js";

/** The folder that the benchmark was compiled to; `src/` and `bench/` lie in it as they do in the checkout. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const maps = new Map<string, SourceMap | undefined>();

/** Where a function stands, as people look for it: `src/core/window.ts:120`, `nats-core/lib/parser.js:88`, `node:net:9`. */
export function place({ url, lineNumber, columnNumber }: CallFrame): string {
  // CommonJS modules have paths.
  if (!url.startsWith("file:") && !isAbsolute(url)) return url === "" ? "" : `${url}:${lineNumber + 1}`;
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const packaged = file.split("node_modules/").at(-1)!;
  if (packaged !== file) return `${packaged.replace("@nats-io/", "")}:${lineNumber + 1}`;
  const original = mapOf(file)?.findEntry(lineNumber, columnNumber);
  const line = original !== undefined && "originalLine" in original ? original.originalLine : lineNumber;
  return `${relative(ROOT, file).replace(/\.js$/, original === undefined ? ".js" : ".ts")}:${line + 1}`;
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) {
    const mapFile = `${file}.map`;
    maps.set(
      file,
      existsSync(mapFile) ? new SourceMap(JSON.parse(readFileSync(mapFile, "utf8"))) : undefined,
    );
  }
  return maps.get(file);
}
