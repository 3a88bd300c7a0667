import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fold, unfold } from "./text.js";

/** A file of the corpus: `fuzz/corpus/<target>/<name>.json`. */
export interface Entry {
  readonly name: string;
  /** Why it is there. */
  readonly note: string;
  readonly input: unknown;
}

/** Entries that the fuzzer itself has saved begin with this. */
const FOUND = "found-";

/** The corpus lies in the sources, also for a program that was compiled to elsewhere. */
function findCorpus(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "fuzz", "corpus"))) {
    if (folder === dirname(folder)) throw new Error("there is no fuzz/corpus above this program");
    folder = dirname(folder);
  }
  return join(folder, "fuzz", "corpus");
}

export const CORPUS = findCorpus();

/** The entries of a target, by name. @throws when a file is no entry; its name is in the text */
export function readCorpus(target: string, corpus = CORPUS): Entry[] {
  const folder = join(corpus, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => readEntry(folder, file));
}

function readEntry(folder: string, file: string): Entry {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(folder, file), "utf8"));
  } catch (cause) {
    throw new Error(`${join(folder, file)} is not JSON`, { cause });
  }
  const { note, input } = content as { note?: unknown; input?: unknown };
  if (typeof note !== "string" || input === undefined)
    throw new Error(`${join(folder, file)} needs "note" and "input"`);
  return { name: file.slice(0, -".json".length), note, input: unfold(input) };
}

/** What there is to mutate: hand-written inputs only, so that a seed gives the same run after something was found. */
export function seedsOf(entries: readonly Entry[]): unknown[] {
  return entries.filter(({ name }) => !name.startsWith(FOUND)).map(({ input }) => input);
}

/** Keeps an input that has failed, under its hash; returns its name. */
export function save(target: string, note: string, input: unknown, corpus = CORPUS): string {
  const hash = createHash("sha256").update(JSON.stringify(input)).digest("hex").slice(0, 12);
  const folder = join(corpus, target);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${FOUND}${hash}.json`),
    `${ascii(JSON.stringify({ note, input: fold(input) }, null, 2))}\n`,
  );
  return `${FOUND}${hash}`;
}

/** JSON in which every character that an editor might not show is written as an escape. */
function ascii(json: string): string {
  return json.replace(/[^\n -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
