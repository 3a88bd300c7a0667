import { describe, expect, it } from "vitest";
import { inCheckout } from "../scripts/fakes.js";

interface Page {
  readonly source: string;
  readonly site: string;
}

const { deadLinks } = (await import(inCheckout("scripts/docs/site/dead-links.mjs"))) as {
  deadLinks: (files: string[], read?: (path: string) => string) => string[];
};
const { anchorsOf, linksOf, mapLinks, slug } = (await import(
  inCheckout("scripts/docs/site/markdown-links.mjs")
)) as {
  anchorsOf: (markdown: string) => Set<string>;
  linksOf: (markdown: string) => { target: string; image: boolean; line: number }[];
  mapLinks: (markdown: string, change: (target: string) => string | undefined) => string;
  slug: (heading: string) => string;
};
const { pages } = (await import(inCheckout("scripts/docs/site/sources.mjs"))) as { pages: () => Page[] };
const { guide } = (await import(inCheckout("docs/.vitepress/navigation.mjs"))) as {
  guide: [string, [string, string][]][];
};

describe("the links of the pages", () => {
  it("lead somewhere, each anchor to a heading", () => {
    const files = ["README.md", ...pages().map(({ source }) => source)];
    expect(files.length).toBeGreaterThan(40);
    expect(deadLinks(files)).toEqual([]);
  });

  it("lead to every page of docs/ from another one", () => {
    const sources = pages().map(({ source }) => source);
    const reached = new Set(guide.flatMap(([, items]) => items.map(([, path]) => `${path}.md`)));
    const alone = pages().filter(({ source, site }) => {
      // A record is reached by the list of them, an example by the recipes: the links above are alive.
      if (source.startsWith("docs/adr/") || source.startsWith("examples/")) return false;
      return !reached.has(site);
    });
    expect(alone.map(({ source }) => source)).toEqual([]);
    for (const path of reached) expect(pages().map(({ site }) => site)).toContain(path);
    expect(new Set(sources).size).toBe(sources.length);
  });
});

describe("the check of links", () => {
  const read = (texts: Record<string, string>) => (path: string) => texts[path] ?? "";

  it("finds a file that is not there, a heading that is not there, and their lines", () => {
    const page =
      "# A\n\n[x](nothing.md) [y](#b-c) [z](#a)\n![p](nothing.png)\n<img width='1' src=\"gone.png\">\n[o](../../x.md)";
    const texts = { "docs/guide.md": page, "docs/testing.md": "# T" }; // files that are there, with other texts
    expect(deadLinks(["docs/guide.md"], read(texts))).toEqual([
      "docs/guide.md:3: nothing.md leads to no file",
      "docs/guide.md:3: #b-c leads to no heading",
      "docs/guide.md:4: nothing.png leads to no file",
      "docs/guide.md:5: gone.png leads to no file",
      "docs/guide.md:6: ../../x.md leads to no file",
    ]);
    const other = { ...texts, "docs/guide.md": "[t](testing.md#t) [u](testing.md#u)" };
    expect(deadLinks(["docs/guide.md"], read(other))).toEqual([
      "docs/guide.md:1: testing.md#u leads to no heading",
    ]);
  });

  it("does not take for a link what is code, a comment, or leads elsewhere", () => {
    const page =
      "`[a](b.md)` ``[`](c.md)``\n```md\n[d](e.md)\n```\n<!-- [f](g.md) -->\n[h](https://example.com/i)";
    expect(deadLinks(["docs/a.md"], read({ "docs/a.md": page }))).toEqual([]);
  });

  it("knows the anchors of headings: code, links, marks, twins, fences", () => {
    const page =
      "# `flush()`, rtt()\n## What [it](x.md) is: *all*\n## Same\n## Same\n```\n# none\n```\n### Über_uns 2\n";
    expect([...anchorsOf(page)]).toEqual(["flush-rtt", "what-it-is-all", "same", "same-1", "über_uns-2"]);
    expect(slug("Event: state")).toBe("event-state");
  });

  it("finds links whose text has code or brackets in it", () => {
    expect(linksOf('a [`x[0]`](one.md) and [b [c]](two.md#d "title")')).toEqual([
      { target: "one.md", image: false, line: 1 },
      { target: "two.md#d", image: false, line: 1 },
    ]);
  });

  it("changes targets and nothing else, or leaves the text alone", () => {
    const page = '[`a`](one.md), [b](two.md "t") ![c](three.png) `[d](one.md)`';
    expect(mapLinks(page, (target) => (target === "two.md" ? undefined : `/${target}`))).toBe(
      "[`a`](/one.md), b ![c](/three.png) `[d](one.md)`",
    );
  });
});
