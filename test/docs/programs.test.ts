import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { NatsServer } from "../../src/testing/server.js";
import { inCheckout } from "../scripts/fakes.js";
import { UserProject } from "../support/package.js";
import { pageText, programsOn } from "../support/page-programs.js";

const { filesBelow } = (await import(inCheckout("scripts/docs/site/sources.mjs"))) as {
  filesBelow: (folder: string) => string[];
};

/** They have tests of their own, with what their programs need. */
const ELSEWHERE = ["compat.md", "migrate-from-nats-js.md", "observe/opentelemetry.md", "testing.md"];
const programs = filesBelow("docs")
  .map((path) => path.slice("docs/".length))
  .filter((path) => path.endsWith(".md") && !ELSEWHERE.includes(path) && !path.startsWith("adr/"))
  .flatMap((page) =>
    programsOn(pageText(page))
      .filter(({ prints }) => prints.length > 0)
      .map((program) => ({ ...program, page, path: `${page.replaceAll(/\W/g, "-")}-${program.file}` })),
  );

let project: UserProject;
let server: NatsServer;
beforeAll(async () => {
  [project, server] = await Promise.all([
    UserProject.make(["@nats-io/jetstream", "@types/node", "lmdb", "undici-types", "zod"]),
    NatsServer.start({ jetstream: true }),
  ]);
  for (const { path, code } of programs) project.write(`src/${path}.ts`, code);
  const files = programs.map(({ path }) => `src/${path}.ts`);
  expect(await project.compile(...files)).toEqual({ code: 0, output: "" });
}, 60_000);
afterAll(async () => {
  project?.[Symbol.dispose]();
  await server?.close();
});

describe("programs on the pages of the guide", () => {
  it("are there", () => expect(programs.map(({ page }) => page)).toContain("start.md"));

  it.each(programs)("$page: $heading: prints what it says", async ({ path, prints }) => {
    const env = { NATS_URL: server.url, NATS_SERVER: await findBinary() };
    const { code, output } = await project.node([`out/${path}.js`], env);
    expect(output.trimEnd().split("\n")).toEqual(prints);
    expect(code).toBe(0);
  });
});
