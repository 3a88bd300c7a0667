import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { campaign, type Observer } from "./campaign.js";
import { readCorpus } from "./corpus.js";
import { good, sample } from "./sample-targets.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("a campaign", () => {
  const observer = (): Observer => ({
    slice: vi.fn(),
    run: vi.fn(),
    idle: vi.fn(),
    failed: vi.fn(),
    round: vi.fn(),
  });

  it("goes on with the others when a target fails, and keeps what has failed", async () => {
    const corpus = mkdtempSync(join(tmpdir(), "holdfast-corpus-"));
    folders.push(corpus);
    const watched = observer();
    const [failed, held] = await campaign([sample, good], {
      seed: 1,
      ms: 150,
      observer: watched,
      stopped: () => false,
      corpus,
    });
    expect(failed.failure?.input).toEqual({ text: "ax" });
    expect(watched.failed).toHaveBeenCalledOnce();
    expect(held.failure).toBeUndefined();
    expect(held.runs).toBeGreaterThan(0);
    const [entry, ...more] = readCorpus("sample", corpus);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ name: failed.failure!.kept, input: { text: "ax" } });
    expect(entry.note).toContain("failed with seed 1");
  });

  it("ends when it is told to", async () => {
    const watched = observer();
    const [{ runs }] = await campaign([good], {
      seed: 1,
      ms: 400,
      observer: watched,
      stopped: () => vi.mocked(watched.idle).mock.calls.length > 0,
    });
    expect(runs).toBeGreaterThan(0);
    expect(watched.slice).toHaveBeenCalledOnce();
  });
});
