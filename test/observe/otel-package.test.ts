import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INSTRUMENTS } from "../../src/observe/otel/instruments.js";
import { NatsServer } from "../../src/testing/server.js";
import { inCheckout } from "../scripts/fakes.js";
import { UserProject } from "../support/package.js";
import { pageText, programsOn } from "../support/page-programs.js";

const { checkLinks } = (await import(inCheckout("scripts/docs/markdown.mjs"))) as {
  checkLinks: (markdown: string) => void;
};
const page = pageText("observe/opentelemetry.md");
const programs = programsOn(page);
/** What a program on the page imports, and what that needs. */
const PACKAGES = [
  "@nats-io/jetstream",
  "@opentelemetry/api",
  "@opentelemetry/context-async-hooks",
  "@opentelemetry/core",
  "@opentelemetry/sdk-trace-base",
  "@types/node",
  "undici-types",
];

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ jetstream: true });
});
afterAll(() => server?.close());

describe("docs/observe/opentelemetry.md", () => {
  let project: UserProject;
  beforeAll(async () => {
    project = await UserProject.make(PACKAGES);
    for (const { file, code } of programs) project.write(`src/${file}.ts`, code);
  }, 60_000);
  afterAll(() => project?.[Symbol.dispose]());

  it("its programs compile as a user would write them, and print what they say", async () => {
    expect(programs.length).toBe(3);
    const files = programs.map(({ file }) => `src/${file}.ts`);
    expect(await project.compile(...files)).toEqual({ code: 0, output: "" });
    for (const { file, prints } of programs) {
      const { code, output } = await project.node([`out/${file}.js`], { NATS_URL: server.url });
      expect(output.trimEnd().split("\n")).toEqual(prints);
      expect(code).toBe(0);
    }
  });

  it("has no link that leads nowhere", () => checkLinks(page));

  it("names every instrument", () => {
    for (const { name } of INSTRUMENTS) expect(page).toContain(`\`${name}\``);
  });
});

describe("without @opentelemetry/api", () => {
  let project: UserProject;
  beforeAll(async () => {
    project = await UserProject.make();
  }, 60_000);
  afterAll(() => project?.[Symbol.dispose]());

  it("everything can be imported, and instrument() says what to install", async () => {
    project.write(
      "main.mjs",
      `import { connect } from "holdfast";
       import "holdfast/observe";
       import { instrument } from "holdfast/observe/otel";
       const nc = await connect({ servers: process.env.NATS_URL });
       try {
         instrument(nc);
       } catch ({ code, message }) {
         console.log(code, message);
       }
       console.log(Object.hasOwn(nc, "publish"));
       await nc.close();`,
    );
    const { code, output } = await project.node(["main.mjs"], { NATS_URL: server.url });
    const text =
      "PACKAGE_MISSING instrument() needs the package @opentelemetry/api: npm install @opentelemetry/api";
    expect(output.trimEnd().split("\n")).toEqual([text, "false"]);
    expect(code).toBe(0);
  });

  it("nothing of it is loaded by the other entries", async () => {
    project.write(
      "loaded.mjs",
      `import { createRequire } from "node:module";
       import "holdfast";
       import "holdfast/observe";
       const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes("opentelemetry"));
       console.log(loaded.length);`,
    );
    expect(await project.node(["loaded.mjs"])).toEqual({ code: 0, output: "0\n" });
  });
});
