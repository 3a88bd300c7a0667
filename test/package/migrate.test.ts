import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { NatsServer } from "../../src/testing/server.js";
import { inCheckout } from "../scripts/fakes.js";
import { UserProject } from "../support/package.js";
import { pageText, programsOn } from "../support/page-programs.js";

const { checkLinks } = (await import(inCheckout("scripts/docs/markdown.mjs"))) as {
  checkLinks: (markdown: string) => void;
};
const page = pageText("migrate-from-nats-js.md");
const programs = programsOn(page);
const PACKAGES = ["transport-node", "jetstream", "kv"].map((name) => `@nats-io/${name}`);

let project: UserProject;
let server: NatsServer;
beforeAll(async () => {
  [project, server] = await Promise.all([
    UserProject.make([...PACKAGES, "@types/node", "undici-types"]),
    NatsServer.start({ jetstream: true }),
  ]);
  for (const { file, code } of programs) project.write(`src/${file}.ts`, code);
}, 60_000);
afterAll(async () => {
  project?.[Symbol.dispose]();
  await server?.close();
});

describe("docs/migrate-from-nats-js.md", () => {
  it("has programs, and each says what it prints", () => {
    expect(programs.length).toBeGreaterThan(10);
    expect(programs.filter(({ prints }) => prints.length === 0)).toEqual([]);
  });

  it("has no link that leads nowhere", () => {
    checkLinks(page);
    const pages = [...page.matchAll(/\]\(([\w-]+\.md)/g)].map(([, name]) => name);
    expect(pages.length).toBeGreaterThan(2);
    for (const name of pages) expect(pageText(name)).toMatch(/^# /);
  });

  it("its programs compile as a user would write them", async () => {
    const files = programs.map(({ file }) => `src/${file}.ts`);
    expect(await project.compile(...files)).toEqual({ code: 0, output: "" });
  });

  it.concurrent.each(programs)("$heading: $file prints what it says", async ({ file, prints }) => {
    const env = { NATS_URL: server.url, NATS_SERVER: await findBinary() };
    const { code, output } = await project.node([`out/${file}.js`], env);
    expect(output.trimEnd().split("\n")).toEqual(prints);
    expect(code).toBe(0);
  });
});
