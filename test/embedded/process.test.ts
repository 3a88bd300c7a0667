import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CompiledLibrary } from "../support/child.js";

/** What the end of a process may take when nothing holds it: less than any time-out of the client, which would be 5 s. */
const PROMPT = 4_500;
const IMPORT = 'const { startServer } = await import("./dist/testing/embedded/start-server.js");';

let library: CompiledLibrary;
beforeAll(async () => {
  library = await CompiledLibrary.make();
});
afterAll(() => library[Symbol.dispose]());

describe("a test server does not keep its process alive", () => {
  it.each([
    ["running", ""],
    ["frozen", "server.stop();"],
    ["a lame duck", "server.lameDuck();"],
    ["killed", "await server.kill();"],
    [
      "ended in order, with a client",
      "const nc = await connect({ servers: server.url }); await server.term(); await nc.close();",
    ],
    [
      "with a client that keeps nothing alive either",
      `const { connect: dial } = await import("node:net");
       const socket = dial(server.port, server.host);
       await new Promise((heard) => socket.once("data", heard));
       socket.unref();`,
    ],
    ["with clients that were there", "const nc = await connect({ servers: server.url }); await nc.close();"],
  ])("%s", async (_, act) => {
    using child = library.run(
      `${IMPORT}
       const server = await startServer();
       ${act}
       say("done");`,
      "",
    );
    await child.said("done");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
  });
});
