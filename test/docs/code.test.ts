import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inCheckout } from "../scripts/fakes.js";
import { UserProject } from "../support/package.js";
import { type Block, blocksOf } from "./blocks.js";
import { check, packagesOf } from "./check-blocks.js";

const { filesBelow } = (await import(inCheckout("scripts/docs/site/sources.mjs"))) as {
  filesBelow: (folder: string) => string[];
};
const pages = ["docs", "examples"].flatMap(filesBelow).filter((path) => path.endsWith(".md"));
/** Records tell what was thought of; they stay as they are. */
const checked = ["README.md", "CONTRIBUTING.md", ...pages].filter((page) => !page.startsWith("docs/adr/"));
const blocks = checked.flatMap((page) => blocksOf(page));

/** What the vocabulary needs. */
const PACKAGES = ["@types/node", "undici-types", "prom-client", "@hono/node-server"];
/** holdfast/compat shows the types of all official packages. */
const OFFICIAL = ["jetstream", "kv", "obj", "services"].map((name) => `@nats-io/${name}`);

let project: UserProject;
beforeAll(async () => {
  project = await UserProject.make([...new Set([...PACKAGES, ...OFFICIAL, ...packagesOf(blocks)])]);
}, 60_000);
afterAll(() => project?.[Symbol.dispose]());

const text = (code: string): Block => ({
  page: "page.md",
  line: 10,
  language: "ts",
  code,
  given: [],
  unchecked: undefined,
});

describe("the code on the pages", () => {
  it("is found", () => {
    expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(15);
    expect(blocks.length).toBeGreaterThan(70);
  });

  it("compiles as a user would write it", async () => {
    expect(
      await check(
        project,
        blocks.filter(({ unchecked }) => unchecked === undefined),
      ),
    ).toEqual([]);
  });

  it("is left out only with a reason, and rarely", () => {
    const left = blocks.filter(({ unchecked }) => unchecked !== undefined);
    expect(left.filter(({ unchecked }) => unchecked === "")).toEqual([]);
    expect(left.length).toBeLessThan(5);
  });

  it("is given nothing that it does not use", () => {
    for (const { page, line, given, code } of blocks)
      for (const what of given) {
        const name = what.split(":")[0].trim();
        expect(code, `${page}:${line}: ${name} is given`).toMatch(new RegExp(`\\b${name}\\b`));
      }
  });
});

describe("the check", () => {
  it("tells the line of the page for what is wrong: options, names, types, imports", async () => {
    const said = await check(project, [
      text('\nawait connect({ serverz: "a" });'),
      text("nc.publsh('a');"),
      text("nobody.knows();"),
      text('import { conect } from "holdfast";'),
      text('import { VERSION } from "holdfast";\nawait connect();'),
      { ...text('const x: number = "1";'), language: "ts" },
      { ...text("nc.nothing();"), language: "js" },
    ]);
    const found = said.filter((line) => line.startsWith("page.md")).map((line) => line.split(": error")[0]);
    expect(found.toSorted()).toEqual(
      ["10:10", "10:4", "10:1", "10:7", "10:4", "11:17", "11:7"].map((at) => `page.md:${at}`).toSorted(),
    );
  });

  it("reads what stands above a block", () => {
    const [first, second] = blocksOf(
      "page.md",
      "a\n\n<!-- given: app: string -->\n<!-- given: x: number -->\n```ts\napp;\n```\n\n<!-- not checked: old -->\n\n```js\nx\n```\n",
    );
    expect(first).toMatchObject({
      line: 6,
      given: ["app: string", "x: number"],
      code: "app;\n",
      language: "ts",
    });
    expect(second).toMatchObject({ line: 12, unchecked: "old", language: "js" });
  });
});
