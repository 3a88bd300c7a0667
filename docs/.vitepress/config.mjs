import { slug } from "../../scripts/docs/site/markdown-links.mjs";
import { guide } from "./navigation.mjs";

/**
 * The configuration of VitePress.
 *
 * @param {object} site
 * @param {{ site: string, title: string }[]} site.pages
 * @param {import("../../scripts/docs/site/reference.mjs").Entry[]} site.entries
 */
export const siteConfig = ({ pages, entries }) => ({
  lang: "en",
  title: "Holdfast",
  description: "A NATS client for Node.js that keeps its connection and its promises",
  head: [["link", { rel: "icon", href: ICON }]],
  cleanUrls: true,
  lastUpdated: false,
  useWebFonts: false,
  metaChunk: true,
  // GitHub's anchors, so that a link with one holds in both places.
  markdown: {
    anchor: { slugify: slug },
    headers: { slugify: slug },
    theme: { light: "github-light-high-contrast", dark: "github-dark-default" },
  },
  transformPageData: (page) => ({
    frontmatter: { ...page.frontmatter, pageClass: pageClass(page.relativePath) },
  }),
  themeConfig: {
    search: {
      provider: "local",
      options: {
        miniSearch: { searchOptions: { boostDocument: importance, fuzzy: tolerance } },
        // Lists of tests and of changes name everything once more.
        _render: (text, env, md) => {
          const html = md.render(text, env);
          return /^(parity|changelog)\.md$/.test(env.relativePath) ? "" : html;
        },
      },
    },
    outline: { level: [2, 3], label: "On this page" },
    docFooter: { prev: "Before", next: "Next" },
    nav: [
      { text: "Guide", link: "/", activeMatch: "^/(?!reference/)" },
      { text: "API reference", link: "/reference/", activeMatch: "^/reference/" },
    ],
    sidebar: {
      ...referenceSidebars(entries),
      "/adr/": [back, { text: "Decisions", items: records(pages) }],
      "/": guideSidebar(pages),
    },
  },
});

/** The guide before what was measured, decisions and types. Both of these run in the browser, by themselves. */
const importance = (id) =>
  /^\/(?:adr|faults|storms|performance|measured|failover)\b/.test(id)
    ? 0.3
    : /^\/reference\//.test(id)
      ? 0.25
      : 1;

/** A wrong letter in a long word; of a short one it would make another. */
const tolerance = (term) => (term.length > 5 ? 0.2 : false);

/** An anchor, drawn here so that no file is asked for. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' stroke='%23888' stroke-width='1.6' stroke-linecap='round'%3E%3Ccircle cx='8' cy='3' r='1.7'/%3E%3Cpath d='M8 5v9M5 7.5h6M2.5 9.5C3 12.500 5 14 8 14s5-1.500 5.500-4.500'/%3E%3C/svg%3E";

const back = { text: "← Guide", link: "/" };

/** Pages that are mostly tables get the whole width, and have no outline beside them. */
const pageClass = (path) =>
  /^(parity|performance|faults|storms|failover|measured)\.md$/.test(path) ? "wide" : undefined;

const link = (path) => `/${path.replace(/(^|\/)index$/, "$1")}`;

function guideSidebar(pages) {
  const there = new Set(pages.map(({ site }) => site));
  return guide.map(([text, items]) => ({
    text,
    items: items
      .filter(([, path]) => there.has(`${path}.md`))
      .map(([title, path]) => ({ text: title, link: link(path) })),
  }));
}

const records = (pages) =>
  pages
    .filter(({ site }) => site.startsWith("adr/"))
    .map(({ site, title }) => ({ text: title, link: link(site.replace(/\.md$/, "")) }));

const KINDS = [
  ["Functions", ["Function"]],
  ["Classes", ["Class"]],
  ["Interfaces", ["Interface"]],
  ["Types", ["TypeAlias", "Enum", "Reference"]],
  ["Values", ["Variable"]],
];

/** One for each entry: with the names of all in each, a page would be mostly its sidebar. */
function referenceSidebars(entries) {
  const paths = entries.map(({ page }) => `/reference/${page.replace(/\.md$/, "")}`);
  const list = (open) => [
    back,
    ...entries.map((entry, at) => ({
      text: entry.name,
      link: paths[at],
      ...(entry === open ? { items: namesOf(entry) } : {}),
    })),
  ];
  const own = Object.fromEntries(entries.map((entry, at) => [paths[at], list(entry)]));
  return { ...own, "/reference/": list() };
}

/** Not collapsible: that would be a button with a link in it, which not everybody can work. */
const namesOf = ({ exports }) =>
  KINDS.map(([text, kinds]) => ({
    text,
    items: exports
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ name, pages }) => ({
        text: name,
        link: `/reference/${pages.at(-1).replace(/\.md(?=#|$)/, "")}`,
      })),
  })).filter(({ items }) => items.length > 0);
