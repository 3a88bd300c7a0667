import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { UserProject } from "../support/package.js";
import { pageText } from "../support/page-programs.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server?.close());

describe("a user's project that imports holdfast/outbox", () => {
  it("is told what to install, and nothing else of the package needs it", async () => {
    using project = await UserProject.make();
    // Hides the package where a folder further up has it.
    mkdirSync(join(project.dir, "node_modules/lmdb"), { recursive: true });
    project.write(
      "a.mjs",
      `import { openOutbox, streamPublisher } from "holdfast/outbox";
       console.log(typeof streamPublisher);
       await openOutbox({ path: "outbox" }).catch((error) => console.log(error.code, error.message));`,
    );
    const { code, output } = await project.node(["a.mjs"]);
    expect(output).toMatch(/^function\nPACKAGE_MISSING .*npm install lmdb\n$/);
    expect(code).toBe(0);
  });

  it("compiles, the types of the package checked as well, and stores and sends with the hooks of the guide", async () => {
    using project = await UserProject.make(["@types/node", "lmdb", "undici-types"]);
    const [hooks] = /import \{ createCipheriv[\s\S]*?(?=```)/.exec(pageText("outbox.md"))!;
    const program = hooks
      .replace('"/var/lib/orders/outbox"', '"outbox"')
      .replace("const outbox = await", "const open = () =>");
    expect(program).not.toBe(hooks);
    project.write(
      "src/user.ts",
      `import { connect } from "holdfast";
       import { readdirSync, readFileSync } from "node:fs";
       import { type Outbox, type OutboxOptions, type OutboxStore, inspectOutbox } from "holdfast/outbox";
       ${program}
       export const options: OutboxOptions = { path: "x", mode: "always", maxBytes: 1e6, stream: "S" };
       export const store: Pick<OutboxStore, "path"> = { path: "x" };
       // @ts-expect-error a misspelt option
       openOutbox({ path: "x", maxSize: 1 }).catch(() => {});
       const first: Outbox = await open();
       const nc = await connect({ servers: "127.0.0.1:1", retryOnFailedConnect: true, outbox: first, closeTimeout: 0 });
       await nc.publishDurable("canary.subject", "canary payload");
       await nc.close();
       await first.close();
       console.log((await inspectOutbox("outbox")).encrypted);
       const entries = readdirSync("outbox", { withFileTypes: true }).filter((entry) => entry.isFile());
       const files = entries.map(({ name }) => readFileSync("outbox/" + name));
       console.log(files.length > 0, files.some((bytes) => bytes.includes("canary")));
       const second = await open();
       const next = await connect({ servers: process.argv[2], outbox: second });
       const got = next.subscribe("canary.subject", { max: 1 });
       for await (const msg of got) console.log(msg.string(), next.stats().recovered);
       await second.empty();
       await next.close();
       await second.close();`,
    );
    expect(await project.compile("src/user.ts")).toEqual({ code: 0, output: "" });
    const env = { OUTBOX_KEY_1: Buffer.alloc(32, 7).toString("base64") };
    const { code, output } = await project.node(["out/user.js", server.url], env);
    expect(output).toBe("true\ntrue false\ncanary payload 1\n");
    expect(code).toBe(0);
  });
});
