import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, posix } from "node:path";
import { root } from "../../lib/paths.mjs";
import { deadLinks } from "./dead-links.mjs";
import { anchorsOf, mapLinks } from "./markdown-links.mjs";
import { filesBelow, pages, pictures, readSource, resolveLink } from "./sources.mjs";

/**
 * Lays out a folder that VitePress makes the site of: pages of docs/, of examples/ and beside them, with links that hold there. Where a
 * page has nothing but a link to a file or a folder of examples/ in a paragraph, its code is shown.
 *
 * @param {string} dir emptied first
 * @returns {(import("./sources.mjs").Page & { title: string })[]}
 */
export function assemble(dir) {
  const all = pages();
  const dead = deadLinks(all.map(({ source }) => source));
  if (dead.length > 0) throw new Error(`links of the pages lead nowhere:\n  ${dead.join("\n  ")}`);
  rmSync(dir, { recursive: true, force: true });
  const places = new Map([...placesOfExamples(all), ...all.map(({ source, site }) => [source, site])]);
  const write = (path, text) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const { source, site } of all)
    write(site, siteLinks(withExamples(readSource(source), source), { source, site }, places));
  for (const source of pictures()) {
    const to = join(dir, source.slice("docs/".length));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(root, source), to);
  }
  write(".vitepress/theme/index.mjs", `export { default } from ${ours("theme/index.mjs")};\n`);
  return all.map((page) => ({ ...page, title: titleOf(page.source) }));
}

/** The configuration of the laid-out site: that of docs/.vitepress, for these pages. */
export function configure(dir, pages, entries) {
  const site = JSON.stringify({ pages, entries });
  const text = `import { siteConfig } from ${ours("config.mjs")};\n\nexport default siteConfig(${site});\n`;
  writeFileSync(join(dir, ".vitepress", "config.mjs"), text);
}

const ours = (file) => JSON.stringify(join(root, "docs/.vitepress", file));

const titleOf = (source) => /^# (.*)$/m.exec(readSource(source))?.[1].replaceAll("`", "") ?? source;

/** A paragraph that is a link into examples/, and nothing else. */
const ALONE = /(^|\n\n)\[[^\]\n]+\]\(([^)\s#]+)\)\.?(?=\n\n|\n?$)/g;
const LANGUAGES = { ".mjs": "js", ".cjs": "js", ".yml": "yaml", ".conf": "hcl" };

const depth = (path) => path.split("/").length;

/** The files that a page shows, by the place of the link to them. */
function* shownOn(markdown, source) {
  for (const { 0: paragraph, 2: target, index } of markdown.matchAll(ALONE)) {
    const path = resolveLink(source, target)?.file;
    if (!path?.startsWith("examples/") || path.endsWith(".md")) continue;
    const isFile = existsSync(join(root, path)) && statSync(join(root, path)).isFile();
    const files = isFile ? [path] : filesBelow(path).toSorted((a, b) => depth(a) - depth(b));
    yield { path, files, paragraph, index };
  }
}

/** The page, with the files that it shows below the links to them. */
function withExamples(markdown, source) {
  const parts = [];
  let end = 0;
  for (const { path, files, paragraph, index } of shownOn(markdown, source)) {
    const blocks = files.map((file) => codeOf(file, file === path ? undefined : posix.relative(path, file)));
    parts.push(markdown.slice(end, index), paragraph);
    parts.push(
      blocks.length > 1 ? `\n\n::: code-group\n\n${blocks.join("\n\n")}\n\n:::` : `\n\n${blocks.join("")}`,
    );
    end = index + paragraph.length;
  }
  return parts.join("") + markdown.slice(end);
}

function codeOf(file, label) {
  const code = readSource(file).trimEnd();
  const language = LANGUAGES[extname(file)] ?? (extname(file).slice(1) || "sh");
  const fence = "`".repeat(Math.max(3, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}${language}${label === undefined ? "" : ` [${label}]`}\n${code}\n${fence}`;
}

/** Where on the site each file of examples/ is shown. */
function placesOfExamples(all) {
  const places = new Map();
  for (const { source, site } of all) {
    const markdown = readSource(source);
    for (const { path, files, index } of shownOn(markdown, source)) {
      const anchor = [...anchorsOf(markdown.slice(0, index))].at(-1);
      for (const file of [path, ...files])
        if (!places.has(file)) places.set(file, anchor === undefined ? site : `${site}#${anchor}`);
    }
  }
  return places;
}

/** Links to what the site has stay links, others become plain text: it has nothing of the checkout's other files. */
function siteLinks(markdown, { source, site }, places) {
  return mapLinks(markdown, (target) => {
    const found = resolveLink(source, target);
    if (found === undefined) return target;
    const { file, anchor } = found;
    const to = places.get(file) ?? places.get(`${file}/README.md`) ?? referenceOf(file) ?? pictureOf(file);
    if (to === undefined) return undefined;
    const path = posix.relative(posix.dirname(site), to);
    const relative = path.startsWith(".") ? path : `./${path}`;
    return anchor === undefined ? relative : `${relative}#${anchor}`;
  });
}

/** docs/api has the types as text; on the site the reference takes its place. */
function referenceOf(file) {
  if (file === "docs/api") return "reference/index.md";
  const [, entry] = /^docs\/api\/(.*)\.d\.ts$/.exec(file) ?? [];
  return entry && `reference/${entry.replaceAll("-", "/")}.md`;
}

const pictureOf = (file) => (/^docs\/.*\.(png|svg)$/.test(file) ? file.slice("docs/".length) : undefined);
