/** A file of the dashboard's page, for the server. */
export interface PageFile {
  /** Its address: relative to the folder that `/dashboard` is in, as all addresses in the page are. */
  readonly path: string;
  /** `Content-Type`. */
  readonly type: string;
  /** Where it is. */
  readonly file: URL;
}

/**
 * What the build makes of the page: everything a browser loads, in the folders that it is asked for in. Beside the compiled library; when this
 * runs from the sources, as in tests, where the build of the page alone puts it (`scripts/lib/compile.mjs`).
 */
const assets = new URL(
  import.meta.url.endsWith(".ts") ? "../../../.cache/page/" : "../assets/",
  import.meta.url,
);

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** What the browser loads beside the page itself, by its place in {@link assets}. */
const ASSETS = [
  "dashboard/protocol.js",
  "page/clock.js",
  "page/components.js",
  "page/event-log.js",
  "page/feed.js",
  "page/format.js",
  "page/losses.js",
  "page/page.css",
  "page/samples.js",
  "page/states.js",
  "page/store.js",
  "page/timeline.js",
  "page/view/books.js",
  "page/view/cards.js",
  "page/view/chart.js",
  "page/view/charts.js",
  "page/view/components.js",
  "page/view/dom.js",
  "page/view/log.js",
  "page/view/main.js",
  "page/view/outages.js",
  "page/view/servers.js",
  "page/view/strip.js",
  "page/view/tabs.js",
  "page/view/theme.js",
  "page/view/top.js",
  "uplot/uPlot.iife.min.js",
  "uplot/uPlot.min.css",
] as const;

function pageFile(path: string, place: string): PageFile {
  const type = TYPES[place.slice(place.lastIndexOf(".") + 1)];
  if (type === undefined) throw new TypeError(`no content type is known for ${place}`);
  return { path, type, file: new URL(place, assets) };
}

/** The page itself, and all that it loads. Nothing else is to be served of that folder. */
export const PAGE_FILES: readonly PageFile[] = [
  pageFile("dashboard", "page/index.html"),
  ...ASSETS.map((place) => pageFile(`dashboard/assets/${place}`, place)),
];

/**
 * The policy that the page is made for: nothing of another host, nothing inline. The favicon is a `data:` picture.
 * `Content-Security-Policy` of the page itself; it does no harm on its files.
 */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
