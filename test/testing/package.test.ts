import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_FILES } from "../../src/observe/page/files.js";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { UserProject } from "../support/package.js";
import { until } from "../support/until.js";

let project: UserProject;
beforeAll(async () => {
  project = await UserProject.make(["@types/node", "undici-types", "vitest"]);
}, 60_000);
afterAll(() => project?.[Symbol.dispose]());

/** What the package's entries import, and what that imports. */
function reachable(kind: ".js" | ".d.ts"): string[] {
  const { exports, bin } = JSON.parse(project.read("package.json"));
  const entries: string[] = [...Object.values<string>(bin)];
  for (const target of Object.values<string | { default: string }>(exports)) {
    const path = typeof target === "string" ? target : target.default;
    if (path.endsWith(".js")) entries.push(path);
  }
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, found] of project.read(path).matchAll(/(?:from |import\(|import )"(\.[^"]+)"/g))
      visit(join(dirname(path), found.replace(/\.js$/, kind)));
  };
  for (const entry of entries) visit(join(entry.replace(/\.js$/, kind)));
  return [...seen].toSorted();
}

/** Where the files of the dashboard's page are. */
const PAGE = "dist/observe/assets/";

describe("the package", () => {
  it("holds the code that its entries reach, and no other", () => {
    const code = project.files.filter((file) => file.endsWith(".js") && !file.startsWith(PAGE));
    const isEmpty = (file: string) => /^export \{\};?\s*(\/\/.*\s*)?$/.test(project.read(file)); // nothing but types
    expect(code.filter((file) => !isEmpty(file))).toEqual(reachable(".js"));
    const types = new Set(project.files.filter((file) => file.endsWith(".d.ts")));
    expect(reachable(".d.ts").filter((file) => !types.has(file))).toEqual([]);
  });

  it("holds the dashboard's page: what its server asks for, and the licence of what is not ours", () => {
    const page = PAGE_FILES.map(({ file }) => file.pathname.replace(/^.*\/\.cache\/page\//, PAGE));
    const held = project.files.filter((file) => file.startsWith(PAGE));
    expect(held).toEqual([...page, `${PAGE}uplot/LICENSE`].toSorted());
  });

  it("holds nothing else but its papers, the alert rules and the Grafana dashboard", () => {
    const others = project.files.filter(
      (file) => !file.startsWith(PAGE) && !/^dist\/.*\.(js|d\.ts)$/.test(file),
    );
    expect(others).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "alerts/holdfast.rules.yml",
      "grafana/holdfast.json",
      "package.json",
    ]);
    expect(project.files.filter((file) => /\.test\.|\/worlds\/|\/sim\//.test(file))).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const RECOVERY = `
  await using server = await NatsServer.start({ user: "me", pass: "secret" });
  const nc = await connect({ servers: server.url, user: "me", pass: "secret" });
  await server.kill();
  nc.publish("a", "kept");
  await server.restart();
  await nc.flush();
  const { accepted, confirmed } = nc.stats();
  await nc.close();
`;
const IMPORTS = `
import { connect } from "holdfast";
import { NatsServer } from "holdfast/testing";
`;

describe("a user's project that imports holdfast/testing", () => {
  it("compiles, the types of the package checked as well", async () => {
    project.write(
      "src/user.ts",
      `${IMPORTS}
       import type { NatsClusterOptions, NatsServerErrorCode, NatsServerOptions } from "holdfast/testing";
       import { NatsCluster, NatsServerError } from "holdfast/testing";
       export const options: NatsServerOptions = { jetstream: true, monitor: 8222 };
       export const cluster: NatsClusterOptions = { size: 5 };
       export const start = (): Promise<NatsCluster> => NatsCluster.start(cluster);
       export const codeOf = (error: unknown): NatsServerErrorCode | undefined =>
         error instanceof NatsServerError ? error.code : undefined;
       // @ts-expect-error a misspelt option
       NatsServer.start({ jetStream: true }).catch(() => {});
       export async function recovery(): Promise<number[]> { ${RECOVERY} return [accepted, confirmed]; }`,
    );
    expect(await project.compile("src/user.ts")).toEqual({ code: 0, output: "" });
    const ran = await project.node(
      [
        "--input-type=module",
        "-e",
        'import { recovery } from "./out/user.js"; console.log(...(await recovery()));',
      ],
      { NATS_SERVER: await findBinary() },
    );
    expect(ran).toEqual({ code: 0, output: "1 1\n" });
  });

  const body = RECOVERY.replace("await using server", "const server");
  it("runs its tests with node:test", async () => {
    project.write(
      "recovery.test.mjs",
      `${IMPORTS}
       import { strict as assert } from "node:assert";
       import { test } from "node:test";
       test("recovers", async () => { ${body} await server.close(); assert.deepEqual([accepted, confirmed], [1, 1]); });`,
    );
    const { code, output } = await project.node(["--test", "recovery.test.mjs"], {
      NATS_SERVER: await findBinary(),
    });
    expect(output).toMatch(/pass 1\b/);
    expect(code).toBe(0);
  });

  it.each(["threads", "forks"])("runs its tests with vitest in %s, several at once", async (pool) => {
    for (const name of ["first", "second"]) {
      project.write(
        `vitest/${name}.test.js`,
        `${IMPORTS}
         import { expect, it } from "vitest";
         it("recovers", async () => { ${body} await server.close(); expect([accepted, confirmed]).toEqual([1, 1]); });
         // Never closed: the worker's end is the server's.
         it("forgets one", async () => { const { pid } = await NatsServer.start(); console.log("forgotten " + pid); });`,
      );
    }
    const args = ["run", "--root", project.dir, "--dir", "vitest", "--pool", pool, "--no-color"];
    const { code, output } = await project.program("vitest/vitest.mjs", args, {
      NATS_SERVER: await findBinary(),
    });
    expect(output).toMatch(/Tests\s+4 passed/);
    expect(code).toBe(0);
    const forgotten = [...output.matchAll(/forgotten (\d+)/g)].map(([, pid]) => Number(pid));
    expect(forgotten).toHaveLength(2);
    await until(() => !forgotten.some(isAlive), "the end of the forgotten servers");
  });

  it("is told what to install before certificates can be made", async () => {
    // Hides the package where a folder further up has it.
    project.write("node_modules/@peculiar/x509/hidden", "");
    const script = `
      import { CertificateAuthority, NatsServer } from "holdfast/testing";
      for (const make of [() => CertificateAuthority.create(), () => NatsServer.start({ tls: true })]) {
        await make().catch((error) => console.log(error.code, error.message));
      }`;
    const { output } = await project.node(["--input-type=module", "-e", script], {
      NATS_SERVER: await findBinary(),
    });
    const line = /^MISSING_PACKAGE .*npm install --save-dev @peculiar\/x509@2 reflect-metadata$/;
    expect(output.trimEnd().split("\n")).toEqual([expect.stringMatching(line), expect.stringMatching(line)]);
  });

  it("is told what to do where there is no nats-server", async () => {
    const script = `
      import { NatsServer } from "holdfast/testing";
      await NatsServer.start().catch((error) => console.log(error.code, error.message));`;
    const run = (env: NodeJS.ProcessEnv) => project.node(["--input-type=module", "-e", script], env);
    const nowhere = await run({ NATS_SERVER: undefined, PATH: project.dir });
    expect(nowhere.output).toMatch(
      /^CANNOT_RUN nats-server cannot be run: there is no such program; install nats-server/,
    );
    expect(nowhere.output).toContain("set NATS_SERVER");
    const wrong = await run({ NATS_SERVER: join(project.dir, "gone") });
    expect(wrong.output).toMatch(/^CANNOT_RUN .*\/gone, which NATS_SERVER names, cannot be run/);
  });
});
