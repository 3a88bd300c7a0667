import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readCorpus, save, seedsOf } from "./corpus.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("the corpus", () => {
  it("gives back what was saved, found inputs not as something to mutate", () => {
    const corpus = mkdtempSync(join(tmpdir(), "holdfast-corpus-"));
    folders.push(corpus);
    const input = { text: `\0é\u{1f600}${"y".repeat(500)}\ud800`, list: [1, null, { a: "b" }] };
    const name = save("some", "why", input, corpus);
    expect(save("some", "why", input, corpus)).toBe(name);
    const entries = readCorpus("some", corpus);
    expect(entries).toEqual([{ name, note: "why", input }]);
    expect(seedsOf(entries)).toEqual([]);
    expect(readCorpus("none", corpus)).toEqual([]);
  });

  it("says which file is no entry", () => {
    const corpus = mkdtempSync(join(tmpdir(), "holdfast-corpus-"));
    folders.push(corpus);
    save("some", "why", 1, corpus);
    writeFileSync(join(corpus, "some", "bad.json"), "{");
    expect(() => readCorpus("some", corpus)).toThrow("bad.json is not JSON");
    writeFileSync(join(corpus, "some", "bad.json"), '{"note":"no input"}');
    expect(() => readCorpus("some", corpus)).toThrow(/bad\.json needs "note" and "input"/);
  });
});
