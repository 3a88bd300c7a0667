import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder on disk for as long as this process lives. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Outboxes of the build that is measured. */
export async function outboxesOf(
  library: string | undefined,
): Promise<typeof import("../../src/outbox/index.js")> {
  if (library === undefined) return import("../../src/outbox/index.js");
  return import(new URL("./outbox/index.js", library).href);
}
