import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assemble, configure } from "./assemble.mjs";
import { writeReference } from "./reference.mjs";

/**
 * Builds the site of the guide. Nothing is fetched, neither now nor when somebody looks at it.
 *
 * @param {object} options
 * @param {string} options.dir a folder in the checkout (VitePress finds its packages from there); emptied first, the pages are laid out in it
 * @param {string} options.out where the site goes; emptied first
 * @param {string} [options.base] the path that it is served under; default `/`
 * @param {(source: string) => boolean} [options.wanted] which pages; for tests
 * @returns {Promise<{ pages: import("./sources.mjs").Page[], reference: Awaited<ReturnType<typeof writeReference>> }>} rejects when a link
 *   leads nowhere, the sources do not compile, or a page cannot be shown
 */
export async function buildSite({ dir, out, base = "/" }) {
  const pages = assemble(dir);
  const reference = await writeReference(join(dir, "reference"));
  configure(dir, pages, reference.entries);
  writeFileSync(join(dir, ".vitepress", "reference.json"), JSON.stringify(reference)); // for who looks at what was made
  const { build } = await import("vitepress");
  await build(dir, { base, outDir: out });
  return { pages, reference };
}
