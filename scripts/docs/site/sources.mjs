import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { root } from "../../lib/paths.mjs";

/**
 * @typedef {object} Page
 * @property {string} source its file, from the root of the checkout
 * @property {string} site its file on the site, from the root of the site
 */

/** The page that the site begins with. */
const HOME = "docs/guide.md";
/** Pages of the site that are not in docs/. */
const BESIDE = { "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md" };
/** Left out: what is made when it is wanted, what is of machines, and the page's own machinery. */
const LEFT_OUT = /(^|\/)(node_modules|\.vitepress|dist|\.next)(\/|$)/;

/** Every file below a folder of the checkout, from its root. */
export function filesBelow(folder) {
  const home = join(root, folder);
  if (!existsSync(home)) return [];
  return readdirSync(home, { withFileTypes: true })
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (LEFT_OUT.test(path)) return [];
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
    })
    .toSorted();
}

/** @returns {Page[]} every page of the site but the reference */
export function pages() {
  const docs = filesBelow("docs").filter((path) => path.endsWith(".md"));
  const examples = filesBelow("examples").filter((path) => path.endsWith(".md"));
  return [
    ...docs.map((source) => ({ source, site: source === HOME ? "index.md" : named(source.slice(5)) })),
    ...examples.map((source) => ({ source, site: named(source) })),
    ...Object.entries(BESIDE).map(([source, site]) => ({ source, site })),
  ];
}

/** A folder is introduced by its README on GitHub, and by its index on the site. */
const named = (path) => path.replace(/(^|\/)README\.md$/, "$1index.md");

/** @returns {string[]} pictures of the pages */
export const pictures = () => filesBelow("docs").filter((path) => /\.(png|svg)$/.test(path));

/** @param {string} path from the root of the checkout */
export const readSource = (path) => readFileSync(join(root, path), "utf8");

/** Where a link of a page leads, from the root of the checkout, or undefined when it leads away. @param {string} source */
export function resolveLink(source, target) {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(target)) return undefined;
  const [path, anchor] = target.split("#");
  const file = path === "" ? source : posix.join(posix.dirname(source), decodeURI(path));
  return { file: file.replace(/\/$/, ""), anchor };
}
