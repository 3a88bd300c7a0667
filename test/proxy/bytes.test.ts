import { describe, expect, it } from "vitest";
import type { FaultProxy } from "../../src/testing/fault-proxy.js";
import { heldBuffers } from "../support/memory.js";
import { until } from "../support/until.js";
import { noise, RawPair } from "./raw-pair.js";

const MiB = 1024 * 1024;

describe.concurrent("without toxics", () => {
  it("bytes pass as they are, both ways, and are counted", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const [up, down] = [noise(3 * MiB, 1), noise(2 * MiB, 2)];
    client.socket.write(up);
    server.socket.write(down);
    await Promise.all([server.got(up.length), client.got(down.length)]);
    expect(server.bytes.equals(up)).toBe(true);
    expect(client.bytes.equals(down)).toBe(true);
    expect(link).toMatchObject({ bytesUp: up.length, bytesDown: down.length, ended: undefined, number: 1 });
    expect(pair.proxy.stats()).toEqual({
      links: 1,
      open: 1,
      refused: 0,
      bytesUp: up.length,
      bytesDown: down.length,
      injected: {},
    });
  });

  it("a half-close passes on as one, and the other direction goes on", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    client.socket.end("all of it");
    await until(() => server.ended === "fin", "the end");
    expect(server.text).toBe("all of it");
    server.socket.write("an answer");
    await client.got(9);
    expect(client.ended).toBeUndefined();
    server.socket.end();
    await until(() => client.ended === "fin", "the other end");
    await until(() => link.closedAt !== undefined, "the end of the link");
    expect(link.ended).toEqual({ by: "client", how: "fin" });
    expect(pair.proxy.stats()).toMatchObject({ links: 1, open: 0, bytesUp: 9, bytesDown: 9 });
  });

  it("a reset behind a half-close passes on, too, once anything is written against it", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    client.socket.end();
    await until(() => server.ended === "fin", "the end");
    client.socket.resetAndDestroy();
    await until(() => {
      server.socket.write("x");
      return server.ended !== "fin";
    }, "the reset");
    expect(server.ended).toMatch(/^E(CONNRESET|PIPE)$/);
    await until(() => link.closedAt !== undefined, "the end of the link");
  });

  it.each(["client", "server"] as const)("a reset by the %s passes on as one", async (side) => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    client.socket.write("x");
    await server.got(1);
    const [from, to] = side === "client" ? [client, server] : [server, client];
    from.socket.resetAndDestroy();
    await until(() => to.ended !== undefined, "the end");
    expect(to.ended).toBe("ECONNRESET");
    await until(() => link.closedAt !== undefined, "the end of the link");
    expect(link.ended).toEqual({ by: side, how: "rst" });
  });
});

describe("a receiver that does not read", () => {
  it.each([
    ["without toxics", () => {}],
    [
      "with some",
      (proxy: FaultProxy) => {
        proxy.addToxic({ type: "slicer", averageSize: 60_000 });
        proxy.addToxic({ type: "bandwidth", rate: 10 ** 9 });
        proxy.addToxic({ type: "delay_pong", delay: 1 });
      },
    ],
  ])("slows the sender down, %s; nothing piles up in the proxy", async (_, prepare) => {
    await using pair = await RawPair.start();
    prepare(pair.proxy);
    const { client, server, link } = await pair.link();
    server.socket.pause();
    const data = noise(64 * MiB);
    client.socket.write(data);
    await until(() => client.socket.writableNeedDrain && link.bytesUp > 0, "that it begins");
    const before = heldBuffers();
    let [last, same] = [-1, 0];
    await until(() => {
      same = link.bytesFromClient === last ? same + 1 : 0;
      last = link.bytesFromClient;
      return same === 20;
    }, "that it stops");
    // What is on its way now is in the system's buffers.
    expect(link.bytesFromClient).toBeLessThan(data.length / 2);
    expect(heldBuffers() - before).toBeLessThan(MiB);
    server.socket.resume();
    await server.got(data.length);
    expect(server.bytes.equals(data)).toBe(true);
  });
});
