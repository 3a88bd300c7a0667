import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";
import { CompiledLibrary } from "../support/child.js";
import { until } from "../support/until.js";
import { EAGER, expectMounted, STRICT } from "./mounted.js";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** `pages/api/[...path].js`: the connection is the program's, and outlives what Next compiles anew. */
const CATCH_ALL = `
export default function handler(req, res) {
  globalThis.health(req, res);
}
export const config = { api: { bodyParser: false, externalResolver: true } };
`;

const HELLO = `
export default function handler(req, res) {
  res.send("hello");
}
`;

/** A server of one's own around Next; it does not ask the network for anything. */
const program = (dir: string) => `
process.env.NODE_ENV = "development";
process.env.NEXT_TELEMETRY_DISABLED = "1";
const { createServer } = await import("node:http");
const { default: next } = await import("next");
const { healthHandler } = await import("./dist/observe/health/handler.js");
const nc = await connect({ servers: SERVER, ...${JSON.stringify(EAGER)} });
globalThis.health = healthHandler(nc, { base: "/api", ...${JSON.stringify(STRICT)} });
const app = next({ dev: true, dir: ${JSON.stringify(dir)}, webpack: true });
await app.prepare();
const answer = app.getRequestHandler();
const server = createServer((req, res) => void answer(req, res));
server.listen(0, "127.0.0.1", () => say("http://127.0.0.1:" + server.address().port));
server.once("listening", () => say("ready"));
`;

describe("Next [H1]", () => {
  let library: CompiledLibrary;
  let dir: string;
  beforeAll(async () => {
    library = await CompiledLibrary.make();
    dir = mkdtempSync(join(tmpdir(), "holdfast-next-"));
    symlinkSync(NODE_MODULES, join(dir, "node_modules"), "dir");
    mkdirSync(join(dir, "pages", "api"), { recursive: true });
    writeFileSync(join(dir, "package.json"), '{ "private": true, "type": "module" }');
    writeFileSync(join(dir, "pages", "api", "[...path].js"), CATCH_ALL);
    writeFileSync(join(dir, "pages", "api", "hello.js"), HELLO);
  }, 120_000);
  afterAll(() => {
    library[Symbol.dispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  it("pages/api/[...path]", async () => {
    const start = async (servers: string) => {
      const child = library.run(program(dir), servers);
      const ready = () => child.lines.includes("ready") || child.code !== undefined;
      await until(ready, () => `Next; it has said ${child.lines.join("\n")}`, 60_000);
      const url = child.lines.find((line) => line.startsWith("http://"))!;
      return { url, [Symbol.asyncDispose]: async () => child[Symbol.dispose]() };
    };
    await expectMounted(start, { base: "/api", hello: "/api/hello" });
  }, 90_000);
});
