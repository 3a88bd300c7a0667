import { describe, expect, it } from "vitest";
import { Random } from "../src/testing/random.js";
import { type Conn, type ServerLimits, StormServer } from "./server.js";
import { World } from "./world.js";

const LIMITS: ServerLimits = { accepts: 1000, backlog: 100, handshakes: undefined, readRate: 1e6 };
/** ms from one end to the other. */
const WAY = 1;

function place(limits: Partial<ServerLimits> = {}) {
  const world = new World();
  const tls = limits.handshakes !== undefined;
  const server = new StormServer(world, "a:4222", new Random(1), tls, new Map());
  server.limit({ ...LIMITS, ...limits });
  const told: { at: number; who: number; what: string }[] = [];
  const dial = (who: number): Conn => {
    const tell = (what: string) => told.push({ at: world.now, who, what });
    const conn: Conn = server.dial(
      {
        opened: () => tell("opened"),
        informed(lameDuck) {
          tell(lameDuck ? "lame duck" : "greeted");
          if (lameDuck) return;
          if (tls) conn.secure();
          else conn.send({ bytes: 0, pings: 1, connect: true });
        },
        secured() {
          tell("secured");
          conn.send({ bytes: 0, pings: 1, connect: true });
        },
        answered: () => tell("answered"),
        delivered: (subject) => tell(subject),
        closed: tell,
      },
      WAY,
    );
    return conn;
  };
  const dialAll = (count: number) => Array.from({ length: count }, (_, who) => dial(who));
  const times = (what: string) => told.filter((one) => one.what === what).map(({ at }) => at);
  return { world, server, dial, dialAll, told, times };
}

describe("a server without TLS", () => {
  it("takes so many a second, one after the other", () => {
    const { world, dialAll, times } = place();
    dialAll(50);
    world.run(1000);
    expect(times("opened")).toEqual(new Array(50).fill(2));
    expect(times("greeted").at(-1)).toBeCloseTo(52);
    expect(times("answered")).toHaveLength(50);
  });

  it("drops a SYN when its backlog is full, which comes again after a second", () => {
    const { world, server, dialAll, times } = place();
    dialAll(150);
    world.run(3000);
    expect(times("opened").filter((at) => at < 100)).toHaveLength(100);
    expect(times("opened").filter((at) => at > 1000)).toHaveLength(50);
    expect(server.arrivals.total).toBe(150);
  });

  it("refuses when it is down, and knows nobody when it is back", () => {
    const { world, server, dial, times } = place();
    dial(0);
    world.run(500);
    server.stop();
    dial(1);
    world.run(1000);
    expect(times("server gone")).toHaveLength(1);
    expect(times("refused")).toEqual([502]);
    server.start();
    dial(2);
    world.run(1500);
    expect(times("answered")).toHaveLength(2);
  });

  it("answers a PING when it has read what is before it, of all clients", () => {
    const { world, dialAll, times } = place();
    const [first, second] = dialAll(2);
    world.run(500);
    first.send({ bytes: 100_000, pings: 0 });
    second.send({ bytes: 100_000, pings: 1 });
    world.run(2000);
    expect(times("answered").at(-1)).toBeCloseTo(500 + 200 + 2 * WAY);
  });
});

describe("a server with TLS", () => {
  it("does one handshake after the other, and cuts off after 2 s those that wait", () => {
    const { world, server, dialAll, times } = place({ handshakes: 10 });
    dialAll(50);
    world.run(10_000);
    expect(times("secured")).toHaveLength(20);
    expect(times("handshake timeout")).toHaveLength(30);
    expect(server.timeouts).toBe(30);
    expect(times("secured").at(-1)).toBeLessThan(2100);
  });

  it("spends nothing on one that has gone before its turn", () => {
    const { world, dialAll, times } = place({ handshakes: 10 });
    const conns = dialAll(10);
    world.run(150);
    for (const conn of conns.slice(1, 9)) conn.close();
    world.run(400);
    expect(times("secured")).toHaveLength(2);
  });
});

describe("a lame duck", () => {
  it("tells its clients, takes nobody, waits, and closes one after the other in time", () => {
    const { world, server, dial, dialAll, times } = place();
    dialAll(100);
    world.run(1000);
    server.lameDuck(30_000, 10_000);
    dial(100);
    world.run(60_000);
    expect(times("lame duck")).toHaveLength(100);
    expect(times("refused")).toHaveLength(1);
    const gone = times("server gone").map((at) => at - 1000);
    expect(gone).toHaveLength(100);
    expect(gone[0]).toBeCloseTo(10_000 + WAY);
    expect(gone[99]).toBeLessThan(30_000);
    // At least half of the pause of 200 ms lies between two of them.
    gone.slice(1).forEach((at, index) => {
      expect(at - gone[index]).toBeGreaterThan(99);
    });
    expect(server.isLame).toBe(false);
  });
});
