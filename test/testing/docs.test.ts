import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as testing from "../../src/testing/index.js";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { UserProject } from "../support/package.js";
import { pageText, programsOn } from "../support/page-programs.js";

const page = pageText("testing.md");
const programs = programsOn(page);

/** Optional packages that make certificates. */
const CERTIFICATES = ["@peculiar/x509", "reflect-metadata"];

let project: UserProject;
beforeAll(async () => {
  project = await UserProject.make(["@types/node", "undici-types", ...CERTIFICATES]);
  for (const { file, code } of programs) project.write(`src/${file}.ts`, code);
}, 60_000);
afterAll(() => project?.[Symbol.dispose]());

describe("docs/testing.md", () => {
  it("has examples", () => expect(programs.length).toBeGreaterThan(5));

  it("its examples compile, each as a user would write it", async () => {
    const files = programs.map(({ file }) => `src/${file}.ts`);
    expect(await project.compile(...files)).toEqual({ code: 0, output: "" });
  });

  it.each(programs)("$heading: $file does what it says", async ({ file, prints }) => {
    const env = { NATS_SERVER: await findBinary() };
    const { code, output } = await project.node([`out/${file}.js`], env);
    const lines = output.trimEnd().split("\n");
    if (prints.length > 0) expect(lines).toEqual(prints);
    else expect(output).toMatch(/pass 1\b|^$/);
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  });

  it("names every toxic, every error code of a server and every export", () => {
    const source = (path: string) =>
      readFileSync(fileURLToPath(new URL(`../../src/testing/${path}`, import.meta.url)), "utf8");
    const [, attributes] = /export interface ToxicAttributes \{([\s\S]*?)\n\}/.exec(
      source("proxy/toxics.ts"),
    )!;
    const toxics = [...attributes.matchAll(/^ {2}(\w+):/gm)].map(([, type]) => type);
    const codes = [...source("launcher/error.ts").matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code);
    expect(Math.min(toxics.length, codes.length)).toBeGreaterThan(6);
    for (const name of [...toxics, ...codes]) expect(page).toContain(`\`${name}\``);
    for (const name of Object.keys(testing)) expect(page).toContain(name);
  });
});

it("holdfast/testing exports this, and nothing by accident", () => {
  expect(Object.keys(testing).toSorted()).toEqual([
    "CertificateAuthority",
    "FaultProxy",
    "FaultProxyError",
    "History",
    "NatsCluster",
    "NatsServer",
    "NatsServerError",
    "Operator",
    "TestCluster",
    "TestServer",
    "describeVerdict",
    "startCluster",
    "startServer",
    "wrongIn",
  ]);
});
