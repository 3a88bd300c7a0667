import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.js";
import { MAX_GOSSIPED, ServerPool } from "./pool.js";

/** A small seeded generator, so that a shuffle can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pool = (urls: readonly string[], random?: () => number) =>
  new ServerPool(
    urls.map((url) => parseAddress(url)),
    random,
  );
/** Dials the next server of the pass. */
const next = (of: ServerPool) => {
  const server = of.untried;
  if (server !== undefined) of.markTried(server);
  return server;
};
const names = (of: ServerPool) => of.all.map((server) => server.address.listen);
const LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => `${name}:4222`);

describe("the order", () => {
  it("is that of the options without randomisation [parity 6, 9, 95]", () => {
    expect(names(pool(LETTERS))).toEqual(LETTERS);
  });

  it("is shuffled with randomisation, the same for the same seed, and nobody is missing [parity 6]", () => {
    const first = names(pool(LETTERS, seeded(1)));
    expect(first).not.toEqual(LETTERS);
    expect(first.toSorted()).toEqual(LETTERS);
    expect(names(pool(LETTERS, seeded(1)))).toEqual(first);
    expect(names(pool(LETTERS, seeded(2)))).not.toEqual(first);
  });

  it("begins with every server about equally often [parity 8]", () => {
    const random = seeded(7);
    const count = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      const [first] = names(pool(LETTERS.slice(0, 4), random));
      count.set(first, (count.get(first) ?? 0) + 1);
    }
    for (const times of count.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
    expect(count.size).toBe(4);
  });

  it("names a server once, however often it was written", () => {
    expect(names(pool(["a", "A:4222", "nats://a:4222/", "b"]))).toEqual(["a:4222", "b:4222"]);
  });
});

describe("a pass", () => {
  it("tries each server once, then none until the next pass", () => {
    const servers = pool(["a", "b", "c"]);
    for (let pass = 0; pass < 3; pass++) {
      const tried = [next(servers), next(servers), next(servers)].map((server) => server?.address.hostname);
      expect(tried).toEqual(["a", "b", "c"]);
      expect(next(servers)).toBeUndefined();
      servers.newPass();
    }
  });

  it("goes on with the others when one fails: it goes to the tail [parity 7]", () => {
    const servers = pool(["a", "b", "c"]);
    const first = next(servers)!;
    servers.toTail(first);
    expect(names(servers)).toEqual(["b:4222", "c:4222", "a:4222"]);
    expect(next(servers)!.address.hostname).toBe("b");
    servers.newPass();
    expect(next(servers)!.address.hostname).toBe("b");
  });

  it("takes in servers that came meanwhile, and leaves out those that went [parity 102]", () => {
    const servers = pool(["a"]);
    const a = next(servers)!;
    servers.gossip(["b:4222", "c:4222"], a);
    expect(next(servers)!.address.hostname).toBe("b");
    servers.gossip(["d:4222"], a);
    expect(next(servers)!.address.hostname).toBe("d");
    expect(next(servers)).toBeUndefined();
  });

  it("counts a server as tried when told so", () => {
    const servers = pool(["a", "b"]);
    servers.markTried(servers.all[0]);
    expect(next(servers)!.address.hostname).toBe("b");
    expect(next(servers)).toBeUndefined();
  });

  it("does not know a server any more that was removed", () => {
    const servers = pool(["a", "b"]);
    servers.remove(servers.all[0]);
    expect(names(servers)).toEqual(["b:4222"]);
    servers.toTail(pool(["x"]).all[0]);
    expect(names(servers)).toEqual(["b:4222"]);
  });
});

describe("gossip", () => {
  it("adds servers and tells which [parity 96]", () => {
    const servers = pool(["a"]);
    expect(servers.gossip(["b:4222", "C:5222", "[::1]:4222"], servers.all[0])).toEqual({
      added: ["b:4222", "c:5222", "[::1]:4222"],
      deleted: [],
    });
    expect(servers.all.map((server) => server.gossiped)).toEqual([false, true, true, true]);
  });

  it("takes gossiped servers out when they are no longer named, and tells which [parity 98]", () => {
    const servers = pool(["a"]);
    servers.gossip(["b:1", "c:1"], servers.all[0]);
    expect(servers.gossip(["c:1", "d:1"], servers.all[0])).toEqual({ added: ["d:1"], deleted: ["b:1"] });
    expect(names(servers)).toEqual(["a:4222", "c:1", "d:1"]);
  });

  it("never takes configured servers out, whatever is named [parity 98]", () => {
    const servers = pool(["a", "b"]);
    servers.gossip(["b:4222", "c:1"], servers.all[0]);
    servers.gossip(["d:1"], servers.all[0]);
    expect(names(servers)).toEqual(["a:4222", "b:4222", "d:1"]);
    expect(servers.all.map((server) => server.gossiped)).toEqual([false, false, true]);
  });

  it("does not take out the server in use, although it is not named any more", () => {
    const servers = pool(["a"]);
    servers.gossip(["b:1"], servers.all[0]);
    const b = servers.all[1];
    expect(servers.gossip(["c:1"], b)).toEqual({ added: ["c:1"], deleted: [] });
    expect(names(servers)).toContain("b:1");
  });

  it("says nothing when it is empty, absent, or names what is known [parity 99]", () => {
    const servers = pool(["a", "b"]);
    servers.gossip(["c:1"], servers.all[0]);
    expect(servers.gossip(undefined, servers.all[0])).toBeUndefined();
    expect(servers.gossip([], servers.all[0])).toBeUndefined();
    expect(servers.gossip(["a:4222", "c:1"], servers.all[0])).toBeUndefined();
    expect(names(servers)).toEqual(["a:4222", "b:4222", "c:1"]);
  });

  it("inherits the credentials of the server that told of it, and brings none of its own", () => {
    const servers = pool(["nats://me:secret@a"]);
    servers.gossip(["nats://evil:evil@b:1", "evil@c:1"], servers.all[0]);
    for (const { address } of servers.all) {
      expect([address.user, address.pass, address.token]).toEqual(["me", "secret", undefined]);
    }
    const tokens = pool(["nats://t0ken@a"]);
    tokens.gossip(["b:1"], tokens.all[0]);
    expect(tokens.all[1].address.token).toBe("t0ken");
    const without = pool(["a"]);
    without.gossip(["nats://evil:evil@b:1"], without.all[0]);
    expect(without.all[1].address.user).toBeUndefined();
  });

  it("never weakens TLS: servers named by one behind tls:// are tls too", () => {
    const servers = pool(["tls://me:secret@a"]);
    servers.gossip(["b:1", "nats://c:1"], servers.all[0]);
    expect(servers.all.map((server) => server.address.scheme)).toEqual(["tls", "tls", "tls"]);
  });

  it("of a websocket server names websocket servers, by the same path and with the same secrets [parity 199]", () => {
    const servers = pool(["wss://me:secret@a/path?t=1"]);
    const update = servers.gossip(
      ["b:1", "ws://c", "wss://x@d:2/other?t=2", "nats://e:4222"],
      servers.all[0],
    );
    expect(update?.added).toEqual(["b:1/path", "c:80/path", "d:2/path"]);
    for (const { address } of servers.all) {
      const { scheme, path, query, user, pass, token } = address;
      expect([scheme, path, query, user, pass, token]).toEqual([
        "wss",
        "/path",
        "?t=1",
        "me",
        "secret",
        undefined,
      ]);
    }
    const plain = pool(["ws://a"]);
    plain.gossip(["b", "tls://c:1", "wss://d/x"], plain.all[0]);
    expect(plain.all.map(({ address }) => `${address.scheme} ${address.listen}`)).toEqual([
      "ws a:80",
      "ws b:80",
      "wss d:443",
    ]);
    expect(plain.gossip(["b:80", "d:443"], plain.all[0])).toBeUndefined();
  });

  it("passes over what is no address", () => {
    const servers = pool(["a"]);
    const update = servers.gossip(
      ["", "h:0", "http://x", "ws://x:1", "a b", "h\r\nx", "[::1", "b:1", "::::"],
      servers.all[0],
    );
    expect(update).toEqual({ added: ["b:1"], deleted: [] });
  });

  it("is bounded in number, however much is named and however often it changes", () => {
    const servers = pool(["a"]);
    for (let round = 0; round < 5; round++) {
      const many = Array.from({ length: 2000 }, (_, i) => `h${round}-${i}:4222`);
      servers.gossip(many, servers.all[0]);
      expect(servers.all.length).toBeLessThanOrEqual(1 + MAX_GOSSIPED);
    }
  });

  it("is mixed in behind the first server with randomisation, at the end without [parity 96]", () => {
    for (let seed = 0; seed < 20; seed++) {
      const servers = pool(["a", "b"], seeded(seed));
      const [first] = names(servers);
      servers.gossip(["c:1", "d:1"], servers.all[0]);
      expect(names(servers)[0]).toBe(first);
      expect(names(servers).toSorted()).toEqual(["a:4222", "b:4222", "c:1", "d:1"]);
    }
    const places = new Set(
      Array.from({ length: 40 }, (_, seed) => {
        const servers = pool(["a", "b"], seeded(seed * 977));
        servers.gossip(["c:1"], servers.all[0]);
        return names(servers).indexOf("c:1");
      }),
    );
    expect(places).toEqual(new Set([1, 2]));
  });

  it("any series of it keeps the configured servers and no name twice (property)", () => {
    const host = fc.constantFrom("a", "b", "c", "d", "e", "bad host", "x:0");
    fc.assert(
      fc.property(fc.array(fc.array(host, { maxLength: 6 }), { maxLength: 8 }), fc.nat(), (rounds, seed) => {
        const servers = pool(["a", "b"], seeded(seed));
        for (const urls of rounds) {
          const before = names(servers);
          const update = servers.gossip(urls, servers.all[0]);
          const after = names(servers);
          expect(new Set(after).size).toBe(after.length);
          expect(after).toEqual(expect.arrayContaining(["a:4222", "b:4222"]));
          expect(update?.added ?? []).toEqual(
            expect.arrayContaining(after.filter((name) => !before.includes(name))),
          );
          expect((update?.deleted ?? []).toSorted()).toEqual(
            before.filter((name) => !after.includes(name)).toSorted(),
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("websockets beside other servers", () => {
  it("are refused at the start, and later, when nothing changes then [parity 87, 88]", () => {
    expect(() => pool(["ws://a", "b"])).toThrow(/cannot be mixed/);
    const servers = pool(["a", "b"]);
    expect(() => servers.replace([parseAddress("ws://c")])).toThrow(/cannot be mixed/);
    expect(() => servers.replace([parseAddress("c"), parseAddress("wss://d")])).toThrow(/cannot be mixed/);
    expect(names(servers)).toEqual(["a:4222", "b:4222"]);
    const web = pool(["ws://a"]);
    web.replace([parseAddress("wss://b"), parseAddress("ws://c/d")]);
    expect(names(web)).toEqual(["b:443", "c:80/d"]);
  });
});

describe("setServers", () => {
  it("replaces the pool, and keeps what is known of servers in both lists [parity 92]", () => {
    const servers = pool(["a", "b"]);
    const [a] = servers.all;
    a.didConnect = true;
    a.reconnects = 3;
    servers.gossip(["c:1"], a);
    servers.replace([parseAddress("c:1"), parseAddress("nats://me:pw@a")]);
    expect(names(servers)).toEqual(["c:1", "a:4222"]);
    expect(servers.all[1]).toBe(a);
    expect(a).toMatchObject({ didConnect: true, reconnects: 0, gossiped: false });
    expect(a.address.user).toBe("me");
    expect(servers.all[0].gossiped).toBe(false);
  });

  it("gives new servers their turn in this pass; those that had theirs have had it", () => {
    const servers = pool(["a"]);
    next(servers);
    servers.replace([parseAddress("a")]);
    expect(next(servers)).toBeUndefined();
    servers.replace([parseAddress("a"), parseAddress("b")]);
    expect(next(servers)?.address.hostname).toBe("b");
  });
});
