import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readSmallFile } from "./small-file.js";

const dir = mkdtempSync(join(tmpdir(), "holdfast-small-"));
const file = join(dir, "file");
afterAll(() => rmSync(dir, { recursive: true }));

it.each([0, 1, 16 * 1024, 100_000, 1024 * 1024])("a file of %d bytes is read whole", (size) => {
  const bytes = Buffer.alloc(size, "abc");
  writeFileSync(file, bytes);
  expect(readSmallFile(file).equals(bytes)).toBe(true);
});

it("one that is larger, or never ends, is refused", () => {
  writeFileSync(file, Buffer.alloc(1024 * 1024 + 1));
  for (const path of [file, ...(existsSync("/dev/zero") ? ["/dev/zero"] : [])])
    expect(() => readSmallFile(path)).toThrow(expect.objectContaining({ code: "EFBIG" }));
});

it("one that is none is an error of the system", () => {
  expect(() => readSmallFile(join(dir, "none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  expect(() => readSmallFile(dir)).toThrow(expect.objectContaining({ code: "EISDIR" }));
});
