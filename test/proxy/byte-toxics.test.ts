import { connect as dial } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { until } from "../support/until.js";
import { noise, RawPair } from "./raw-pair.js";

/** Lets everything that is under way on loopback arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await action();
  return performance.now() - since;
}

describe.concurrent("latency", () => {
  it("delays each direction that it is set for, by ± jitter, and keeps the order", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "latency", stream: "upstream", latency: 80, jitter: 60 });
    const took = await elapsed(async () => {
      for (let i = 0; i < 200; i++) {
        client.socket.write(`${i},`);
        await turn();
      }
      await server.got([...Array(200).keys()].join().length + 1);
    });
    expect(server.text).toBe(`${[...Array(200).keys()].join()},`);
    expect(took).toBeGreaterThan(20);
    const { injected } = toxic;
    expect(injected).toBeGreaterThan(0);
    server.socket.write("x");
    await client.got(1);
    expect(toxic.injected).toBe(injected);
  });

  it("delays the end of the stream, too, and no byte is lost by that", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    pair.proxy.addToxic({ type: "latency", latency: 100 });
    const took = await elapsed(async () => {
      client.socket.end("the last words");
      await until(() => server.ended === "fin", "the end");
    });
    expect(took).toBeGreaterThan(99);
    expect(server.text).toBe("the last words");
  });

  it("also when the receiver has ended its own direction, and the sender is gone", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    pair.proxy.addToxic({ type: "latency", stream: "downstream", latency: 100 });
    client.socket.end("a question");
    await until(() => server.ended === "fin", "the end");
    server.socket.end("an answer");
    await until(() => client.ended !== undefined, "the end");
    expect([client.text, client.ended]).toEqual(["an answer", "fin"]);
    await until(() => link.closedAt !== undefined, "the end of the link");
  });

  it("a shorter one holds for what waits already; without it everything goes on at once", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "latency", latency: 3_600_000 });
    client.socket.write("a");
    await until(() => toxic.injected === 1, "that it waits");
    toxic.update({ latency: 1 });
    await server.got(1);
    toxic.update({ latency: 3_600_000 });
    client.socket.write("b");
    await until(() => toxic.injected === 2, "that it waits");
    toxic.remove();
    await server.got(2);
    expect(server.text).toBe("ab");
  });

  it("holds no more than 8 MiB, and nothing of it is lost", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "latency", latency: 3_600_000 });
    const data = noise(24 * 1024 * 1024);
    client.socket.write(data);
    await until(() => link.bytesFromClient >= 8 * 1024 * 1024, "that it is full");
    await settle();
    expect(link.bytesFromClient).toBeLessThan(8.2 * 1024 * 1024);
    toxic.remove();
    await server.got(data.length);
    expect(server.bytes.equals(data)).toBe(true);
  });
});

describe.concurrent("bandwidth", () => {
  it("lets through what it says, and may be changed on the way", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "bandwidth", stream: "upstream", rate: 20_000 });
    const data = noise(1_000_000);
    client.socket.write(data);
    expect(await elapsed(() => server.got(10_000))).toBeGreaterThan(400);
    // As it was, this would take another 50 s.
    toxic.update({ rate: 100_000_000 });
    await server.got(data.length);
    expect(server.bytes.equals(data)).toBe(true);
  });
});

describe.concurrent("slow_close", () => {
  it.each(["fin", "rst"] as const)("passes a %s on later, and bytes at once", async (how) => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "slow_close", delay: 100 });
    client.socket.write("x");
    await server.got(1);
    const took = await elapsed(async () => {
      if (how === "fin") client.socket.end();
      else client.socket.resetAndDestroy();
      await until(() => server.ended !== undefined, "the end");
    });
    expect(server.ended).toBe(how === "fin" ? "fin" : "ECONNRESET");
    expect(took).toBeGreaterThan(99);
    expect(toxic.injected).toBe(1);
  });
});

describe.concurrent("timeout", () => {
  it("swallows everything, then ends the link in order", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "timeout", timeout: 3_600_000 });
    client.socket.write("x");
    server.socket.write("y");
    await until(() => toxic.injected === 2, "that both are lost");
    toxic.update({ timeout: 100 });
    await until(() => client.ended === "fin" && server.ended === "fin", "the end");
    expect([client.size, server.size]).toEqual([0, 0]);
    // Two reads that were lost, and the end.
    expect(toxic.injected).toBe(3);
    client.socket.end();
    server.socket.end();
    await until(() => link.closedAt !== undefined, "the end of the link");
    expect(link.ended).toEqual({ by: "proxy", how: "fin" });
  });

  it("0: for ever, until it is removed; then the link ends, for bytes of it are missing", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const untouched = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "timeout", timeout: 0 });
    client.socket.write("x");
    await until(() => link.bytesFromClient === 1, "the byte");
    expect([client.ended, server.ended]).toEqual([undefined, undefined]);
    toxic.remove();
    await until(() => client.ended === "fin" && server.ended === "fin", "the end");
    untouched.client.socket.write("x");
    await untouched.server.got(1);
  });
});

describe.concurrent("reset_peer", () => {
  it("resets links that there are, and those to come", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "reset_peer" });
    await until(() => client.ended !== undefined && server.ended !== undefined, "the resets");
    expect([client.ended, server.ended]).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(link.ended).toEqual({ by: "proxy", how: "rst" });
    const next = dial({ host: pair.proxy.host, port: pair.proxy.port });
    const code = await new Promise((resolve) =>
      next.on("error", (error) => resolve(Reflect.get(error, "code"))),
    );
    expect(code).toBe("ECONNRESET");
    expect(toxic.injected).toBe(2);
  });

  it("after a time", async () => {
    await using pair = await RawPair.start();
    const { client } = await pair.link();
    const took = await elapsed(async () => {
      pair.proxy.addToxic({ type: "reset_peer", timeout: 100 });
      await until(() => client.ended !== undefined, "the reset");
    });
    expect(client.ended).toBe("ECONNRESET");
    expect(took).toBeGreaterThan(99);
  });
});

describe.concurrent("slicer", () => {
  it("cuts a thousand messages into thousands of slices; every byte passes, in order", {
    timeout: 60_000,
  }, async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "slicer", averageSize: 50, sizeVariation: 49 });
    const [up, down] = [noise(256 * 1024, 1), noise(256 * 1024, 2)];
    for (let at = 0; at < up.length; at += 256) {
      client.socket.write(up.subarray(at, at + 256));
      server.socket.write(down.subarray(at, at + 256));
    }
    await Promise.all([server.got(up.length), client.got(down.length)]);
    expect(server.bytes.equals(up)).toBe(true);
    expect(client.bytes.equals(down)).toBe(true);
    expect(toxic.injected).toBeGreaterThan(9_000);
    expect(server.reads).toBeGreaterThan(1_000);
  });

  it("pauses between the slices", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    pair.proxy.addToxic({ type: "slicer", averageSize: 1, delay: 10 });
    client.socket.write("0123456789");
    expect(await elapsed(() => server.got(10))).toBeGreaterThan(85);
    expect(server.text).toBe("0123456789");
    expect(server.reads).toBeGreaterThan(5);
  });
});

describe.concurrent("limit_data", () => {
  it("ends the link in order behind so many bytes, in its direction", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "limit_data", stream: "upstream", bytes: 10 });
    server.socket.write("not counted, this");
    await client.got(17);
    client.socket.write("01234");
    await server.got(5);
    client.socket.write("56789abc");
    await until(() => client.ended === "fin" && server.ended === "fin", "the end");
    expect(server.text).toBe("0123456789");
    expect(toxic.injected).toBe(1);
  });
});

describe.concurrent("silence", () => {
  it("half_open: nothing gets through, the sockets stay open, also when one side ends", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "half_open" });
    client.socket.write("x");
    server.socket.write("y");
    await until(() => link.bytesFromClient === 1 && link.bytesFromServer === 1, "the bytes");
    client.socket.resetAndDestroy();
    await until(() => link.ended !== undefined, "the end");
    await settle();
    expect([client.size, server.size, server.ended]).toEqual([0, 0, undefined]);
    expect(link.closedAt).toBeUndefined();
    expect(toxic.injected).toBe(2);
    toxic.remove();
    await until(() => server.ended === "ECONNRESET", "the reset");
  });

  it("blackhole: one direction is lost, the other one goes on", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    pair.proxy.addToxic({ type: "blackhole", stream: "downstream" });
    client.socket.write("up");
    server.socket.write("down");
    await server.got(2);
    await until(() => link.bytesFromServer === 4, "the bytes");
    await settle();
    expect([client.size, link.bytesDown]).toEqual([0, 0]);
  });

  it("freeze: nothing is read, the sender feels it; without it all goes on where it was", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "freeze", stream: "upstream" });
    const data = noise(32 * 1024 * 1024);
    client.socket.write(data);
    server.socket.write("down");
    await client.got(4);
    expect(client.socket.writableNeedDrain).toBe(true);
    expect(link.bytesFromClient).toBeLessThanOrEqual(64 * 1024);
    expect(toxic.injected).toBe(1);
    toxic.remove();
    await server.got(data.length);
    expect(server.bytes.equals(data)).toBe(true);
  });
});

describe.concurrent("corrupt", () => {
  it("changes one byte in so many, and leaves the length alone", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const toxic = pair.proxy.addToxic({ type: "corrupt", stream: "upstream", every: 1_000 });
    const data = noise(100_000);
    client.socket.write(data);
    await server.got(data.length);
    const { bytes } = server;
    expect(data.filter((byte, at) => byte !== bytes[at])).toHaveLength(100);
    expect(toxic.injected).toBe(100);
  });

  it("two runs with one seed change the same bytes, however they come; another seed changes others", async () => {
    const data = noise(20_000);
    const run = async (seed: number, size: number) => {
      await using pair = await RawPair.start({ seed });
      const { client, server } = await pair.link();
      pair.proxy.addToxic({ type: "slicer", averageSize: 100, sizeVariation: 90 });
      pair.proxy.addToxic({ type: "corrupt", probability: 0.01 });
      for (let at = 0; at < data.length; at += size) {
        client.socket.write(data.subarray(at, at + size));
        if (at % 2_000 === 0) await turn();
      }
      await server.got(data.length);
      return server.bytes;
    };
    const [first, second, other] = await Promise.all([run(7, 100), run(7, 997), run(8, 100)]);
    expect(first.equals(data)).toBe(false);
    expect(second.equals(first)).toBe(true);
    expect(other.equals(first)).toBe(false);
  });
});

describe.concurrent("the order of toxics", () => {
  it("is that of adding, also when one comes back to a link", async () => {
    await using pair = await RawPair.start();
    const { client, server } = await pair.link();
    const limit = pair.proxy.addToxic({ type: "limit_data", stream: "upstream", bytes: 4 });
    const latency = pair.proxy.addToxic({ type: "latency", stream: "upstream", latency: 3_600_000 });
    limit.update({ toxicity: 0 }).update({ toxicity: 1 });
    client.socket.write("abc");
    await until(() => latency.injected === 1, "that it waits");
    // Behind the limit, it waits; before it, it would be counted only now.
    limit.update({ bytes: 3 });
    client.socket.write("d");
    await until(() => client.ended === "fin", "the end");
    expect(server.text).toBe("");
  });
});

describe.concurrent("toxicity", () => {
  /** Which of 40 links lose what they carry, by their number. */
  async function chosen(seed: number): Promise<boolean[]> {
    await using pair = await RawPair.start({ seed });
    const toxic = pair.proxy.addToxic({ type: "blackhole", toxicity: 0.5 });
    const links = [await pair.link()];
    while (links.length < 40) links.push(await pair.link());
    for (const { client } of links) client.socket.write("x");
    await until(() => links.every(({ link }) => link.bytesFromClient === 1), "the bytes");
    const lost = links.map(({ link }) => link.bytesUp === 0);
    // A share that changes takes away from those, or adds to them; it does not choose anew.
    toxic.update({ toxicity: 0.25 });
    await until(() => links.some(({ client }) => client.ended !== undefined), "that some are spared");
    toxic.update({ toxicity: 0 });
    await until(
      () => links.every(({ client }, i) => lost[i] === (client.ended === "ECONNRESET")),
      "the resets",
    );
    return lost;
  }

  it("is drawn once for each link, from the seed", { timeout: 60_000 }, async () => {
    const [first, second, other] = [await chosen(1), await chosen(1), await chosen(2)];
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(8);
    expect(first.filter(Boolean).length).toBeLessThan(32);
  });
});
