import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../lib/paths.mjs";
import { anchorsOf, linksOf } from "./markdown-links.mjs";
import { readSource, resolveLink } from "./sources.mjs";

/**
 * The links of these files that lead to no file of the checkout, or to no heading of it.
 *
 * @param {string[]} files markdown, from the root of the checkout
 * @param {(path: string) => string} read for tests
 * @returns {string[]} one line each
 */
export function deadLinks(files, read = readSource) {
  const anchors = new Map();
  const hasAnchor = (file, anchor) => {
    if (!anchors.has(file)) anchors.set(file, anchorsOf(read(file)));
    return anchors.get(file).has(anchor);
  };
  return files.flatMap((source) =>
    linksOf(read(source)).flatMap(({ target, line }) => {
      const place = `${source}:${line}: ${target}`;
      const found = resolveLink(source, target);
      if (found === undefined) return [];
      const path = join(root, found.file);
      if (found.file.startsWith("..") || !existsSync(path)) return [`${place} leads to no file`];
      if (found.anchor === undefined || statSync(path).isDirectory() || !path.endsWith(".md")) return [];
      return hasAnchor(found.file, found.anchor) ? [] : [`${place} leads to no heading`];
    }),
  );
}
