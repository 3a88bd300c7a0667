import { describe, expect, it } from "vitest";
import { ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { parseAddress } from "./address.js";
import { Books } from "./books.js";
import { Link, type LinkOwner, type PingInFlight } from "./link.js";
import { Margin } from "./margin.js";
import { Outbound } from "./outbound.js";
import { ServerPool } from "./pool.js";

const subjects = new SubjectCache();
const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };

/** What goes out over links that the test plays. */
class World {
  readonly pool = new ChunkPool();
  readonly books = new Books();
  readonly outbound = new Outbound(this.pool, this.books, SINK, new Margin(0, 0));
  link = this.dial();
  /** ms that PONGs are late. */
  delay = 0;
  /** PINGs that were answered. */
  readonly answered: PingInFlight[] = [];

  private dial(): Link {
    const [server] = new ServerPool([parseAddress("a")], undefined).all;
    const owner: LinkOwner = {
      onInfo() {},
      onSurplusPong() {},
      onServerError() {},
      messages: { onMessage() {} },
      onPong: (_link, ping) => this.pong(ping),
    };
    const link = new Link(1, server, owner, 0);
    link.phase = "live";
    return link;
  }

  private pong(ping: PingInFlight): void {
    this.answered.push(ping);
    if (ping.window === undefined) return;
    const bytes = ping.handed - this.link.acked;
    this.link.acked = ping.handed;
    ping.window.confirm(ping.position, 0);
    this.outbound.confirmed(ping.position, bytes, this.delay);
  }

  append(...names: string[]): void {
    for (const name of names) this.appendWith("x", name, 1);
  }

  appendWith(payload: Buffer | string, name: string, count: number): void {
    for (let i = 0; i < count; i++) {
      this.outbound.window.append(Kind.Data, subjects.get(name), "", undefined, payload, 0);
    }
  }

  /** Writes all that may go out now; returns subjects and PINGs. */
  write(): string[] {
    const { outbound, link } = this;
    let text = "";
    while (outbound.next(link, 0)) {
      link.handOver(outbound.end - outbound.start, 0);
      text += Buffer.from(outbound.bytes!).toString("utf8", outbound.start, outbound.end);
      if (outbound.chunk !== undefined) this.pool.unref(outbound.chunk);
    }
    return [...text.matchAll(/^(?:PUB (\S+) |(PING))/gm)].map((match) => match[1] ?? match[2]);
  }

  /** The link is lost for what we wrote, and another stands. */
  blamed(): void {
    this.outbound.poison.blame(true);
    this.relink();
  }

  /** The link is lost, and another stands. */
  relink(): void {
    this.outbound.linkLost(0, true);
    this.outbound.poison.linkLost();
    this.link = this.dial();
    this.outbound.begin();
  }
}

/** Two errors at the same head: the first half of `a` `b` `c` `d` is on trial. */
function onTrial(): World {
  const world = new World();
  world.append("a", "b", "c", "d");
  for (let i = 0; i < 2; i++) {
    world.write();
    world.blamed();
  }
  return world;
}

describe("a trial", () => {
  it("writes its half and one PING of the link's own behind it", () => {
    const world = onTrial();
    expect(world.write()).toEqual(["a", "b", "PING"]);
    expect(world.write()).toEqual([]);
  });

  it("goes on with the next half when that PING is answered", () => {
    const world = onTrial();
    world.write();
    world.link.onPong();
    expect(world.books).toMatchObject({ confirmed: 2, pending: 2 });
    expect(world.write()).toEqual(["c", "PING"]);
    world.link.onPong();
    expect(world.write()).toEqual(["d", "PING"]);
    world.link.onPong();
    expect(world.books).toMatchObject({ confirmed: 4, pending: 0 });
    expect(world.outbound.poison.active).toBe(false);
    world.append("e");
    expect(world.write()).toEqual(["e"]);
  });

  it("waits until the link stands: it must not keep it from standing", () => {
    const world = onTrial();
    world.link.phase = "restoring";
    expect(world.write()).toEqual([]);
    world.link.phase = "live";
    expect(world.write()).toEqual(["a", "b", "PING"]);
  });
});

describe("the pace", () => {
  function replay(count: number, payload: Buffer): World {
    const world = new World();
    world.appendWith(payload, "a", count);
    world.outbound.begin();
    return world;
  }
  /** Bytes of a frame, with a payload that makes it 1,000. */
  const FRAME = 1000;
  const THOUSAND = Buffer.alloc(FRAME - "PUB a 985\r\n\r\n".length);
  const LARGE = Buffer.alloc(60_000);

  it("writes what fits, and a PING of the link's own, whose PONG makes room for four times as much", () => {
    const world = replay(500, THOUSAND);
    const trips = [1, 2, 3].map(() => {
      const names = world.write();
      expect(names.at(-1)).toBe("PING");
      expect(world.write()).toEqual([]);
      const before = world.books.confirmed;
      while (world.link.pingsInFlight > 0) world.link.onPong();
      return world.books.confirmed - before;
    });
    expect(trips).toEqual([8, 32, 128]);
  });

  it("makes room for hardly more than it has confirmed when the PONGs are late", () => {
    const world = replay(500, THOUSAND);
    world.delay = 2000;
    for (let trip = 0; trip < 3; trip++) {
      expect(world.write()).toEqual([...Array<string>(8).fill("a"), "PING"]);
      world.link.onPong();
    }
  });

  it("says of each of its PINGs what is before it", () => {
    const world = replay(500, THOUSAND);
    world.write();
    world.link.onPong();
    expect(world.answered).toEqual([
      expect.objectContaining({
        position: 8,
        handed: 8 * FRAME,
        end: 8 * FRAME,
        window: world.outbound.window,
      }),
    ]);
  });

  it("needs no PING of its own where one stands", () => {
    const world = replay(3, LARGE);
    // Each message has a chunk to itself, and a PING behind it.
    expect(world.write()).toEqual(["a", "PING"]);
    expect(world.link.pingsInFlight).toBe(1);
  });

  it("has a PING of its own behind frames that lie scattered, too", () => {
    const world = replay(100, THOUSAND);
    for (let frame = 1; frame < 100; frame += 2) world.outbound.window.dropFrame(frame, "ttl");
    expect(world.write()).toEqual([...Array<string>(5).fill("a"), "PING"]);
  });

  it("begins with the next link as if there had been none", () => {
    const world = replay(500, THOUSAND);
    world.outbound.next(world.link, 0);
    world.relink();
    expect(world.write()).toEqual([...Array<string>(8).fill("a"), "PING"]);
  });

  it("has no say in what waits when another link takes over that is as good", () => {
    const world = replay(20, THOUSAND);
    world.outbound.next(world.link, 0);
    world.outbound.follow();
    expect(world.write()).toEqual(Array<string>(12).fill("a"));
  });

  it("holds nothing back that is no replay", () => {
    const world = new World();
    world.outbound.begin();
    world.appendWith(LARGE, "a", 20);
    expect(world.write().filter((name) => name === "a").length).toBe(20);
  });

  it("never holds the link's own lines back", () => {
    const world = replay(20, LARGE);
    world.write();
    world.link.sendPing(0);
    expect(world.write()).toEqual(["PING"]);
  });

  it("knows where each PING is: what is before it among all bytes, and among those of the window", () => {
    const world = new World();
    world.link.send(Buffer.from("SUB a 1\r\n"));
    world.append("a");
    world.outbound.window.appendPing(0);
    world.write();
    const message = "PUB a 1\r\nx\r\n".length;
    world.link.onPong();
    expect(world.answered).toMatchObject([
      { position: 2, end: "SUB a 1\r\n".length + message + 6, handed: message + 6 },
    ]);
  });
});

it("holds no chunk when there is nothing to write, also not the one that was written last", () => {
  const world = new World();
  const { outbound } = world;
  world.append("a");
  world.write();
  expect(outbound.chunk).toBe(outbound.window.outChunk);
  outbound.rest(0);
  expect([outbound.bytes, outbound.chunk, outbound.window.outChunk]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe("a burst", () => {
  /** PINGs of a burst that fills eight chunks, with the one behind its end; all are answered. */
  const pings = (world: World) => {
    world.appendWith(Buffer.alloc(60_000), "a", 9);
    world.outbound.window.appendPing(0);
    const written = world.write().filter((name) => name === "PING").length;
    for (let i = 0; i < written; i++) world.link.onPong();
    return written;
  };

  it("has a PING behind each full chunk on a new link, and behind each fourth while PONGs come quickly", () => {
    const world = new World();
    expect(pings(world)).toBe(9);
    expect(pings(world)).toBe(3);
    world.relink();
    expect(pings(world)).toBe(9);
    expect(pings(world)).toBe(3);
    world.outbound.follow();
    expect(pings(world)).toBe(9);
  });

  it("has one behind each full chunk on a link whose PONGs come late", () => {
    const world = new World();
    world.delay = 150;
    expect(pings(world)).toBe(9);
    expect(pings(world)).toBe(9);
    world.delay = 50;
    expect(pings(world)).toBe(9);
    expect(pings(world)).toBe(3);
  });
});
