import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);
const script = (path: string) => fileURLToPath(new URL(path, ROOT));

const { bootstrap } = (await import(script("scripts/bootstrap.mjs"))) as {
  bootstrap: (options: { targets: unknown[] }) => Promise<unknown>;
};
const { page } = (await import(script("scripts/lib/compile.mjs"))) as { page: unknown };

/** Compiles the dashboard's page, unless that was done: the server looks for it where this puts it. */
export async function buildPage(): Promise<void> {
  await bootstrap({ targets: [page] });
}
