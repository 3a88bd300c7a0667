import { once } from "node:events";
import { createServer, connect as dial } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FaultProxy, FaultProxyError } from "../../src/testing/fault-proxy.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import { Random } from "../../src/testing/random.js";
import { rejection, thrown, until } from "../support/until.js";
import { RawEnd, RawPair } from "./raw-pair.js";

/** How a dial ends, or `connected`. */
async function dialled({ host, port }: { host: string; port: number }): Promise<string> {
  const socket = dial({ host, port });
  try {
    return await new Promise((resolve) => {
      socket.on("connect", () => resolve("connected"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  } finally {
    socket.destroy();
  }
}

describe.concurrent("down and up", () => {
  it("resets the links and refuses new ones, then takes them again", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    const { client, server } = await pair.link();
    expect(proxy.isUp).toBe(true);
    proxy.down();
    proxy.down();
    expect(proxy.isUp).toBe(false);
    expect(await dialled(proxy)).toBe("ECONNREFUSED");
    await until(() => client.ended === "ECONNRESET" && server.ended === "ECONNRESET", "the resets");
    await Promise.all([proxy.up(), proxy.up()]);
    await proxy.up();
    expect(proxy.isUp).toBe(true);
    const next = await pair.link();
    next.client.socket.write("x");
    await next.server.got(1);
    expect(proxy.stats()).toMatchObject({ links: 2, open: 1, refused: 0 });
  });

  it("coming up twice at once: both wait until somebody listens", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    proxy.down();
    void proxy.up();
    await proxy.up();
    expect(proxy.isUp).toBe(true);
  });

  it("refuses a direction that is none", async () => {
    await using pair = await RawPair.start();
    const { client } = await pair.link();
    const link = pair.proxy.links[0];
    for (const call of [
      () => pair.proxy.reset("downstraem" as never),
      () => link.reset("sideways" as never),
      () => link.halfClose("up" as never),
    ]) {
      expect(thrown(call)).toMatchObject({ code: "INVALID_OPTION", option: "direction" });
    }
    expect(client.ended).toBe(undefined);
  });

  it("names a host on which nobody can listen", async () => {
    for (const host of ["203.0.113.1", "no.such.invalid"]) {
      const error = await rejection(FaultProxy.start({ target: "127.0.0.1:1", host }));
      expect(error).toMatchObject({ code: "INVALID_OPTION", option: "host" });
    }
  });

  it("down while it comes up stays down", async () => {
    await using pair = await RawPair.start();
    pair.proxy.down();
    const up = pair.proxy.up();
    pair.proxy.down();
    await up;
    expect(pair.proxy.isUp).toBe(false);
    expect(await dialled(pair.proxy)).toBe("ECONNREFUSED");
  });

  it("a port that was taken meanwhile is named", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    proxy.down();
    const thief = createServer().listen(proxy.port, proxy.host);
    await once(thief, "listening");
    expect(await rejection(proxy.up())).toMatchObject({ code: "PORT_IN_USE", option: "port" });
    await new Promise((resolve) => thief.close(resolve));
    await proxy.up();
    expect(await dialled(proxy)).toBe("connected");
  });
});

describe.concurrent("the target", () => {
  it("on which nobody listens: the client's link ends in order, and is counted", async () => {
    const port = await freePort("127.0.0.1");
    await using proxy = await FaultProxy.start({ target: `127.0.0.1:${port}` });
    const client = new RawEnd(dial({ host: proxy.host, port: proxy.port }));
    await until(() => client.ended !== undefined, "the end");
    expect(client.ended).toBe("fin");
    await until(() => proxy.stats().open === 0, "the end of the link");
    expect(proxy.stats()).toMatchObject({ links: 1, refused: 1, bytesUp: 0 });
    expect(proxy.links[0].ended).toEqual({ by: "server", how: "refused" });
    const eager = new RawEnd(dial({ host: proxy.host, port: proxy.port }));
    eager.socket.write("too early");
    await until(() => eager.ended !== undefined && proxy.stats().open === 0, "the end");
    expect(proxy.stats()).toMatchObject({ links: 2, refused: 2, bytesUp: 0 });
    expect(proxy.links[1].bytesFromClient).toBe(0);
    releasePort(port);
  });

  it("may change: for links made from then on", async () => {
    await using first = await RawPair.start();
    await using second = await RawPair.start();
    const old = await first.link();
    first.proxy.setTarget(second.proxy.url);
    expect(first.proxy.target).toBe(second.proxy.hostport);
    const client = new RawEnd(dial({ host: first.proxy.host, port: first.proxy.port }));
    await until(() => second.proxy.stats().links === 1, "the link to the other server");
    old.client.socket.write("x");
    await old.server.got(1);
    client.socket.destroy();
  });

  it("may be behind two proxies at once", async () => {
    await using pair = await RawPair.start();
    await using other = await FaultProxy.start({ target: pair.proxy.target });
    other.addToxic({ type: "blackhole" });
    const { client, server } = await pair.link();
    client.socket.write("x");
    await server.got(1);
  });
});

describe.concurrent("links", () => {
  it("can be reset, half-closed and closed one by one, and told to one side only", async () => {
    await using pair = await RawPair.start();
    const [a, b, c, d] = [await pair.link(), await pair.link(), await pair.link(), await pair.link()];
    a.link.reset();
    b.link.reset("upstream");
    c.link.halfClose();
    d.link.close();
    await until(() => a.client.ended === "ECONNRESET" && a.server.ended === "ECONNRESET", "both resets");
    await until(() => b.server.ended === "ECONNRESET", "one reset");
    await until(() => c.server.ended === "fin", "one end");
    await until(() => d.client.ended === "fin" && d.server.ended === "fin", "both ends");
    expect([b.client.ended, c.client.ended]).toEqual([undefined, undefined]);
    c.server.socket.write("still here");
    await c.client.got(10);
    expect(b.link.ended).toEqual({ by: "proxy", how: "rst" });
    expect([b.link.closedAt, c.link.closedAt]).toEqual([undefined, undefined]);
    // Whoever does not answer a FIN is not waited for.
    await until(() => d.link.closedAt !== undefined, "the end of the link");
    pair.proxy.reset("downstream");
    await until(() => b.client.ended === "ECONNRESET" && c.client.ended === "ECONNRESET", "the other resets");
  });

  it("can be reset while their FIN is under way", async () => {
    await using pair = await RawPair.start();
    const { client, server, link } = await pair.link();
    link.halfClose("upstream");
    link.halfClose("downstream");
    link.reset();
    await until(() => link.closedAt !== undefined, "the end of the link");
    await until(() => client.ended !== undefined && server.ended !== undefined, "the ends");
  });

  it("that are over are kept, but not all of them for ever", { timeout: 60_000 }, async () => {
    await using pair = await RawPair.start();
    const first = await pair.link();
    pair.proxy.addToxic({ type: "reset_peer" });
    const { host, port } = pair.proxy;
    for (let i = 0; i < 11; i++) {
      const batch = Array.from({ length: 100 }, () => new RawEnd(dial({ host, port })));
      await until(() => batch.every(({ ended }) => ended !== undefined), "the resets");
    }
    await until(() => pair.proxy.stats().open === 0, "the end of all");
    expect(pair.proxy.stats().links).toBe(1_101);
    expect(pair.proxy.links).toHaveLength(1_000);
    expect(pair.proxy.links.at(-1)!.number).toBe(1_101);
    expect(pair.proxy.links).not.toContain(first.link);
  });
});

describe.concurrent("toxics", () => {
  it("have names; two of one name are refused", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    const a = proxy.addToxic({ type: "latency", stream: "upstream", latency: 1 });
    const b = proxy.addToxic({ type: "latency", stream: "upstream", latency: 2 });
    const c = proxy.addToxic({ type: "latency", name: "mine", latency: 3 });
    expect(proxy.toxics.map(({ name }) => name)).toEqual(["latency_upstream", "latency_upstream_2", "mine"]);
    expect(proxy.toxic("mine")).toBe(c);
    const error = thrown<FaultProxyError>(() => proxy.addToxic({ type: "freeze", name: "mine" }));
    expect(error).toMatchObject({ code: "DUPLICATE_TOXIC", toxic: "mine" });
    b.remove();
    b.remove();
    expect(b.removed).toBe(true);
    expect(thrown<FaultProxyError>(() => b.update({ latency: 5 }))).toMatchObject({ code: "TOXIC_REMOVED" });
    expect(thrown<FaultProxyError>(() => a.update({ latency: -1 }))).toMatchObject({ code: "INVALID_TOXIC" });
    expect(a.attributes).toEqual({ latency: 1, jitter: 0 });
    proxy.removeToxics();
    expect(proxy.toxics).toEqual([]);
    proxy.addToxic({ type: "freeze", name: "mine" });
  });

  it("count on after they were removed, by their names", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    const { client, server } = await pair.link();
    for (let i = 1; i <= 3; i++) {
      const toxic = proxy.addToxic({ type: "corrupt", stream: "upstream", name: "spoilt", every: 1 });
      client.socket.write("ab");
      await server.got(2 * i);
      toxic.remove();
    }
    expect(proxy.stats().injected).toEqual({ spoilt: 6 });
  });

  it("that know NATS need a proxy that follows it", async () => {
    await using pair = await RawPair.start({ nats: false });
    const error = thrown<FaultProxyError>(() => pair.proxy.addToxic({ type: "inject", line: "+OK" }));
    expect(error).toMatchObject({ code: "INVALID_TOXIC", toxic: "inject_downstream" });
    expect(error.message).toContain('option "nats"');
  });
});

describe.concurrent("a storm of toxics of every kind, on links that come and go", () => {
  it.each([1, 2, 3])("leaves no link behind, seed %i", { timeout: 60_000 }, async (seed) => {
    await using pair = await RawPair.start({ seed });
    const { proxy } = pair;
    const random = new Random(seed);
    const links: Awaited<ReturnType<RawPair["link"]>>[] = [];
    const stream = () => random.pick(["upstream", "downstream", "both"] as const);
    const toxicity = 0.5;
    const change = [
      () => proxy.addToxic({ type: "latency", stream: stream(), toxicity, latency: random.int(20) }),
      () => proxy.addToxic({ type: "slicer", stream: stream(), toxicity, averageSize: 1 + random.int(99) }),
      () => proxy.addToxic({ type: "bandwidth", stream: stream(), toxicity, rate: 10_000 }),
      () => proxy.addToxic({ type: "freeze", stream: stream(), toxicity }),
      () => proxy.addToxic({ type: "blackhole", stream: stream(), toxicity }),
      () => proxy.addToxic({ type: "half_open", toxicity }),
      () => proxy.addToxic({ type: "slow_close", stream: stream(), delay: 20 }),
      () => proxy.addToxic({ type: "timeout", stream: stream(), toxicity: 0.1, timeout: random.int(20) }),
      () => proxy.addToxic({ type: "reset_peer", stream: stream(), toxicity: 0.1, timeout: random.int(20) }),
      () => proxy.addToxic({ type: "limit_data", stream: stream(), toxicity: 0.1, bytes: random.int(999) }),
      () => proxy.addToxic({ type: "corrupt", stream: stream(), every: 50 }),
      () => proxy.addToxic({ type: "inject", stream: stream(), line: "PING" }),
      () => proxy.addToxic({ type: "drop_line", stream: stream(), verb: "PING", toxicity }),
      () => proxy.addToxic({ type: "delay_pong", stream: stream(), delay: random.int(20) }),
      () => proxy.toxics.at(0)?.update({ toxicity: random.float() }),
      () => proxy.toxics.at(-1)?.remove(),
      () => proxy.removeToxics(),
      () => proxy.links.at(-1)?.[random.pick(["reset", "halfClose", "close"] as const)](),
      () => proxy.links.at(-1)?.reset("upstream"),
    ];
    for (let round = 0; round < 400; round++) {
      random.pick(change)();
      if (round % 10 === 0) links.push(await pair.link());
      const { client, server } = random.pick(links);
      const end = random.pick([client, server]);
      if (!end.socket.destroyed && end.socket.writable) {
        if (random.chance(0.9)) end.socket.write(`PING\r\nPONG\r\n${"x".repeat(random.int(200))}`);
        else if (random.chance(0.5)) end.socket.end();
        else end.socket.resetAndDestroy();
      }
      if (random.chance(0.3)) await turn();
    }
    proxy.removeToxics();
    for (const { client, server } of links) {
      client.socket.destroy();
      server.socket.destroy();
    }
    const left = () => proxy.links.filter(({ closedAt }) => closedAt === undefined);
    await until(
      () => left().length === 0,
      () =>
        `all links are gone; left: ${JSON.stringify(left().map(({ number, ended }) => ({ number, ...ended })))}`,
    );
    expect(proxy.stats()).toMatchObject({ links: 40, open: 0, refused: 0 });
  });
});

describe.concurrent("bad options", () => {
  it.each<[unknown, string, RegExp]>([
    [{}, "target", /is missing/],
    [{ target: 4222 }, "target", /must be a string/],
    [{ target: "a b:4222" }, "target", /host:port/],
    [{ target: "h:1", prt: 5 }, "prt", /did you mean "port"/],
    [{ target: "h:1", port: 0 }, "port", /from 1 to 65535/],
    [{ target: "h:1", seed: 1.5 }, "seed", /integer/],
    [{ target: "h:1", nats: "no" }, "nats", /true or false/],
    [undefined, "", /the options must be an object/],
  ])("%j are refused by the name of %s", async (given, option, text) => {
    const error = await rejection<FaultProxyError>(FaultProxy.start(given as never));
    expect(error).toBeInstanceOf(FaultProxyError);
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
    expect(error.message).toMatch(text);
  });

  it("a port that is in use is named, a host that is not ours, too", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    const error = await rejection(FaultProxy.start({ target: proxy.target, port: proxy.port }));
    expect(error).toMatchObject({ code: "PORT_IN_USE", option: "port" });
    const foreign = FaultProxy.start({ target: proxy.target, host: "192.0.2.1", port: 20_000 });
    expect(await rejection(foreign)).toMatchObject({ code: "INVALID_OPTION", option: "host" });
  });
});

describe.concurrent("close()", () => {
  it("ends everything, as often as it is called; after it, nothing else works", async () => {
    await using pair = await RawPair.start();
    const { proxy } = pair;
    const { client, server } = await pair.link();
    proxy.addToxic({ type: "latency", latency: 3_600_000 });
    client.socket.write("x");
    await until(() => proxy.links[0].bytesFromClient === 1, "the byte");
    await Promise.all([proxy.close(), proxy.close()]);
    await proxy.close();
    await until(() => client.ended !== undefined && server.ended !== undefined, "the ends");
    expect(proxy.isUp).toBe(false);
    expect(await dialled(proxy)).toBe("ECONNREFUSED");
    expect(await rejection(proxy.up())).toMatchObject({ code: "CLOSED" });
    expect(thrown<FaultProxyError>(() => proxy.addToxic({ type: "freeze" })).code).toBe("CLOSED");
    const again = await FaultProxy.start({ target: proxy.target, port: proxy.port });
    await again.close();
  });
});
