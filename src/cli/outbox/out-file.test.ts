import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OutFile } from "./out-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-out-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file that is written out", () => {
  it("has its name when it is whole, and is its owner's alone", () => {
    const path = join(folder, "out.jsonl");
    const file = new OutFile(path);
    file.write("one\n");
    file.write("äöü\n");
    expect(readdirSync(folder)).not.toContain("out.jsonl");
    file.finish();
    file.abandon();
    expect(readdirSync(folder)).toEqual(["out.jsonl"]);
    expect(readFileSync(path, "utf8")).toBe("one\näöü\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves what was there before when it is abandoned", () => {
    const path = join(folder, "out.jsonl");
    writeFileSync(path, "before");
    const file = new OutFile(path);
    file.write("half");
    file.abandon();
    file.abandon();
    expect(readdirSync(folder)).toEqual(["out.jsonl"]);
    expect(readFileSync(path, "utf8")).toBe("before");
  });

  it("leaves nothing when its name cannot be given", () => {
    const file = new OutFile(join(folder, "taken"));
    file.write("x");
    rmSync(folder, { recursive: true });
    expect(() => file.finish()).toThrow("ENOENT");
    file.abandon();
  });

  it("says so when it cannot be begun", () => {
    expect(() => new OutFile(join(folder, "no", "such", "folder"))).toThrow("ENOENT");
  });
});
