import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../scripts/fakes.js";

const { linksOf } = (await import(inCheckout("scripts/docs/site/markdown-links.mjs"))) as {
  linksOf: (markdown: string) => { target: string }[];
};
const { resolveLink } = (await import(inCheckout("scripts/docs/site/sources.mjs"))) as {
  resolveLink: (source: string, target: string) => { file: string } | undefined;
};

const { files } = JSON.parse(readFileSync(inCheckout("package.json"), "utf8")) as { files: string[] };
const shipped = new Set(
  files.flatMap((pattern) => {
    const [, folder] = /^(docs\/[\w/]+\/)\*\.md$/.exec(pattern) ?? [];
    if (folder === undefined) return [pattern];
    return readdirSync(inCheckout(folder)).map((name) => folder + name);
  }),
);

/** What a page says that has links to others than those. */
const WHERE = /^Pages that the installed package does not have are in `docs\/` of the repository\.$/m;

const elsewhere = (page: string): string[] =>
  linksOf(readFileSync(page, "utf8"))
    .map(({ target }) => resolveLink(page, target)?.file ?? page)
    .filter((file) => !shipped.has(file));

describe("a page of the installed package", () => {
  const pages = [...shipped].filter((file) => file.endsWith(".md"));

  it("is among those that are looked at", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/lint.md", "docs/causes/tls.md"]));
    expect(pages).not.toContain("docs/guide.md");
  });

  it.each(pages)("%s has links to pages that are there, or says where the others are", (page) => {
    const text = readFileSync(page, "utf8");
    expect({ page, says: WHERE.test(text) }).toEqual({ page, says: elsewhere(page).length > 0 });
  });
});
