import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readNode } from "./other-node.js";

const dir = mkdtempSync(join(tmpdir(), "holdfast-node-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** An executable that says so. */
function saying(text: string, status = 0): string {
  const file = join(dir, `says-${text.replaceAll(/\W/g, "-")}-${status}`);
  writeFileSync(file, `#!/bin/sh\necho '${text}'\nexit ${status}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe("another Node", () => {
  it("says its version", () => {
    expect(readNode(process.execPath)).toEqual({ path: process.execPath, version: process.versions.node });
    expect(readNode(saying("v24.3.0")).version).toBe("24.3.0");
  });

  it("is refused when there is none, or it is no Node that would do", () => {
    const plain = join(dir, "plain");
    writeFileSync(plain, "");
    expect(() => readNode(join(dir, "missing"))).toThrow(/^There is no file ".*missing"\.$/);
    expect(() => readNode(plain)).toThrow(/cannot be run \(EACCES\)/);
    expect(() => readNode(saying("hello"))).toThrow("does not say a version as Node does");
    expect(() => readNode(saying("v24.3.0", 1))).toThrow("does not say a version as Node does");
    expect(() => readNode(saying("v18.20.1"))).toThrow("is Node 18.20.1; Holdfast needs 20.19 or newer");
    expect(() => readNode(saying("v20.18.0"))).toThrow("20.19 or newer");
  });
});
