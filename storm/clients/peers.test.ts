import { describe, expect, it } from "vitest";
import { Random } from "../../src/testing/random.js";
import { StormServer } from "../server.js";
import { World } from "../world.js";
import type { MakeClient, Site } from "./client.js";
import { natsGo } from "./nats-go.js";
import { natsJs } from "./nats-js.js";
import { constant, decorrelated, fullJitter, passes } from "./passes.js";

/** An attempt at a server, so many seconds after the servers have died. */
interface Dial {
  readonly server: string;
  readonly at: number;
}

/** What one client does whose three servers die after 10 s, and when it gives up. */
function attempts(make: MakeClient, options: { tls?: boolean; seconds: number }) {
  const world = new World();
  const { tls = false, seconds } = options;
  const random = new Random(3);
  const servers = [1, 2, 3].map((n) => new StormServer(world, `${n}:4222`, random.fork(n), tls, new Map()));
  const dials: Dial[] = [];
  let gaveUp: number | undefined;
  const since = () => (world.now - 10_000) / 1000;
  for (const server of servers) {
    const dial = server.dial.bind(server);
    server.dial = (...args) => {
      dials.push({ server: server.address.slice(0, 1), at: since() });
      return dial(...args);
    };
  }
  const site: Site = {
    world,
    servers,
    tls,
    window: 0,
    book: {
      lost() {},
      back() {},
      failed() {},
      moved() {},
      condemned() {},
      answered() {},
      replayed() {},
      gaveUp: () => {
        gaveUp = since();
      },
    },
  };
  make(site, 0, random, 1).start();
  world.run(10_000);
  for (const server of servers) server.stop();
  world.run(10_000 + seconds * 1000);
  const [before, ...after] = dials;
  return { before, dials: after, at: after.map(({ at }) => at), gaveUp };
}

/** Seconds between one attempt at the same server and the next. */
function pauses(dials: readonly Dial[]): number[] {
  return ["1", "2", "3"].flatMap((server) => {
    const at = dials.filter((dial) => dial.server === server).map((dial) => dial.at);
    return at.slice(1).map((time, index) => time - at[index]);
  });
}

describe("nats.js", () => {
  it("dials all three at once, the one it lost first", () => {
    const { before, dials } = attempts(natsJs(10), { seconds: 1 });
    expect(dials.map(({ server }) => server).toSorted()).toEqual(["1", "2", "3"]);
    expect(dials[0].server).toBe(before.server);
    expect(dials[2].at).toBeLessThan(0.1);
  });

  it("dials each again when its own wait is over, sometimes later: it sleeps on the one whose turn it is", () => {
    const waits = pauses(attempts(natsJs(10), { seconds: 60 }).dials);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2);
    expect(Math.min(...waits)).toBeLessThan(2.1);
    expect(Math.max(...waits)).toBeGreaterThan(4);
    expect(Math.max(...waits)).toBeLessThan(6.5);
  });

  it("gives up after ten attempts at each", () => {
    const { dials, gaveUp } = attempts(natsJs(10), { seconds: 60 });
    expect(dials).toHaveLength(30);
    expect(gaveUp).toBeGreaterThan(18);
    expect(gaveUp).toBeLessThan(30);
    expect(attempts(natsJs(Number.POSITIVE_INFINITY), { seconds: 60 }).gaveUp).toBeUndefined();
  });

  it("has ten times the jitter with TLS", () => {
    const waits = pauses(attempts(natsJs(10), { tls: true, seconds: 60 }).dials);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2);
    expect(Math.min(...waits)).toBeLessThan(3);
    expect(waits.filter((wait) => wait > 2.15).length).toBeGreaterThan(15);
  });
});

describe("nats.go", () => {
  it("sleeps before the last server of each round", () => {
    const { at } = attempts(natsGo, { seconds: 5 });
    expect(at.slice(0, 2).every((seconds) => seconds < 0.1)).toBe(true);
    expect(at[2]).toBeGreaterThan(2);
    expect(at.slice(2, 5).every((seconds) => seconds < 2.2)).toBe(true);
    expect(at[5]).toBeGreaterThan(4);
  });

  it("gives up after sixty attempts at each", () => {
    expect(attempts(natsGo, { seconds: 150 }).at).toHaveLength(180);
  });
});

describe("plain rules", () => {
  it("try the whole list, then wait", () => {
    const { at } = attempts(passes(constant), { seconds: 5 });
    expect(at).toHaveLength(9);
    expect(at.slice(3, 6).every((seconds) => seconds >= 2 && seconds < 2.1)).toBe(true);
  });

  it("wait as they say", () => {
    const random = new Random(1);
    const waits = Array.from({ length: 200 }, () => fullJitter(4, 0, random));
    expect(Math.min(...waits)).toBeLessThan(500);
    expect(Math.max(...waits)).toBeGreaterThan(7500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8000);
    expect(fullJitter(40, 0, random)).toBeLessThanOrEqual(30_000);
    const next = Array.from({ length: 200 }, () => decorrelated(1, 4000, random));
    expect(Math.min(...next)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...next)).toBeGreaterThan(11_000);
    expect(Math.max(...next)).toBeLessThanOrEqual(12_000);
  });
});
