import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { UserProject } from "../support/package.js";

const MODULE = "holdfast/dist/observe/metrics/register-metrics.js";
const SCRIPT = (imports: string, call: string) => `${imports}
import { connect } from "holdfast";
import { registerMetrics } from "./node_modules/${MODULE}";
const nc = await connect({ servers: process.argv[2] });
try {
  ${call}
} catch (error) {
  console.log(error.code + ": " + error.message);
}
await nc.close();
`;

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

describe("the package", () => {
  it("loads without prom-client, and says what to install when it is asked for", async () => {
    using project = await UserProject.make();
    project.write("a.mjs", SCRIPT("", "registerMetrics(nc)"));
    const { code, output } = await project.node(["a.mjs", server.url]);
    expect(output).toMatch(/^PACKAGE_MISSING: registerMetrics\(\) needs .*npm install prom-client/);
    expect(code).toBe(0);
  });

  it("finds the prom-client that the program has", async () => {
    using project = await UserProject.make(["prom-client"]);
    const call = `registerMetrics(nc); console.log(await register.metrics())`;
    project.write("a.mjs", SCRIPT('import { register } from "prom-client";', call));
    const { output } = await project.node(["a.mjs", server.url]);
    expect(output).toContain('nats_client_connected{connection="nats"} 1\n');
  });
});
