import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it } from "vitest";
import { Examples } from "../support/examples.js";
import { expectOrderService } from "./integrations-http.js";

const NEXT = fileURLToPath(new URL("../../examples/integrations/next/", import.meta.url));
const ENV = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make(["next", "react", "react-dom"]);
  const dir = join(examples.project.dir, "examples/integrations/next");
  cpSync(NEXT, dir, { recursive: true });
  // As its package.json does. There is no server: it must not want one.
  const bin = join(examples.project.dir, "node_modules/next/dist/bin/next");
  const env = { ...process.env, ...ENV, NODE_OPTIONS: undefined, NATS_SERVERS: "127.0.0.1:1" };
  await promisify(execFile)(process.execPath, [bin, "build", "--webpack"], { cwd: dir, env });
}, 240_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

describe("integrations", () => {
  it(
    "Next: route handlers take orders, also in an outage, and the program ends in order",
    () =>
      expectOrderService(examples, "integrations/next/server", { base: "/api", metrics: false, env: ENV }),
    60_000,
  );
});
