import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../src/testing/server.js";
import { CompiledLibrary } from "../support/child.js";

let library: CompiledLibrary;
let server: NatsServer;
beforeAll(async () => {
  library = await CompiledLibrary.make();
  server = await NatsServer.start();
});
afterAll(async () => {
  library[Symbol.dispose]();
  await server.close();
});

describe("a process with a proxy", () => {
  it.each([
    ["that was closed", "await proxy.close();"],
    ["that was forgotten, with links and timers", ""],
    ["that is down", "proxy.down();"],
  ])("%s ends by itself", async (_, last) => {
    using child = library.run(
      `import { FaultProxy } from "./dist/testing/fault-proxy.js";
       const proxy = await FaultProxy.start({ target: SERVER });
       const nc = await connect({ servers: proxy.url, ignoreClusterUpdates: true, closeTimeout: 0 });
       await nc.flush();
       proxy.addToxic({ type: "half_open" });
       proxy.addToxic({ type: "latency", latency: 3_600_000 });
       proxy.addToxic({ type: "timeout", timeout: 3_600_000 });
       await nc.close();
       ${last}
       say(JSON.stringify(problems));`,
      server.hostport,
    );
    await child.ended(10_000);
    expect([child.code, child.lines]).toEqual([0, ["[]"]]);
  });
});
