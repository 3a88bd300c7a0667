import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { until } from "./support/until.js";

const CLIENTS = 150;

describe("the clients of a server that dies", () => {
  it("spread over the others that it has told of: nobody is a hot spot [parity 67]", async () => {
    const others = [await FakeServer.start(speaksNats()), await FakeServer.start(speaksNats())];
    const doomed = await FakeServer.start(
      speaksNats({ connect_urls: others.map(({ hostport }) => hostport) }),
    );
    const clients: Connection[] = [];
    try {
      for (let i = 0; i < CLIENTS; i++) clients.push(await connect({ servers: doomed.url }));
      await doomed[Symbol.asyncDispose]();
      await until(() => clients.every((nc) => nc.stats().reconnects === 1), "all of them");
      const [first, second] = others.map(
        ({ hostport }) => clients.filter((nc) => nc.getServer() === hostport).length,
      );
      expect(first + second).toBe(CLIENTS);
      // Even is a half each; less than half of that is seen once in more than 10^8 runs.
      expect(Math.min(first, second)).toBeGreaterThan(CLIENTS / 4);
    } finally {
      await Promise.all(clients.map((nc) => nc.close()));
      for (const other of others) await other[Symbol.asyncDispose]();
    }
  });
});
