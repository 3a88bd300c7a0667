import { describe, expect, it } from "vitest";
import { livenessWorld as world } from "../testing/worlds/liveness-world.js";
import { LOCAL_STALL } from "./liveness.js";

/** Only what a test is about is switched on. */
const NO_PINGS = { pingInterval: 0 };
const NO_STALLS = { stallTimeout: 0 };

const STALE = "STALE_CONNECTION";

describe("an idle link", () => {
  it("whose server is silent is stale after pingInterval × (maxPingOut + 1) [parity 119]", () => {
    expect(world(NO_STALLS).until(1e6)).toEqual({ now: 60_000, code: STALE });
    expect(world({ ...NO_STALLS, pingInterval: 100, maxPingOut: 1 }).until(1e6)?.now).toBe(200);
    expect(world({ ...NO_STALLS, pingInterval: 100, maxPingOut: 5 }).until(1e6)?.now).toBe(600);
  });

  it("whose server answers lives on", () => {
    const { link, until } = world(NO_STALLS);
    const answer = (now: number) => {
      link.pingsOut = 0;
      link.lastInbound = now;
    };
    expect(until(1e6, answer)).toBeUndefined();
  });

  it("is asked once per interval", () => {
    const { link, until } = world({ ...NO_STALLS, maxPingOut: 100 });
    until(100_000);
    let pings = 0;
    while (link.takeOwn() !== undefined) pings++;
    expect(pings).toBe(5);
  });

  it("is not asked when pingInterval is 0", () => {
    const { timers } = world(NO_PINGS);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("is never taken for dead because this process slept", () => {
    const { link, until } = world({ ...NO_STALLS, pingInterval: 1000 }, LOCAL_STALL + 1);
    expect(until(1e5)).toBeUndefined();
    expect(link.pingsOut).toBeGreaterThan(2);
  });

  it("has no deadlines any more when it has ended", () => {
    const { link, timers, liveness } = world();
    link.inFlight = 1;
    liveness.settle(link, 0);
    expect(timers.next).toBeLessThan(20_000);
    liveness.end();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("bytes that wait", () => {
  it("for a confirmation without any sign of life make the link stale after stallTimeout", () => {
    const { link, liveness, until } = world();
    link.sendPing(1000);
    liveness.settle(link, 1000);
    expect(until(1e6)).toEqual({ now: 6000, code: STALE });
  });

  it("in the socket without progress make it stale as well [parity 109]", () => {
    const { link, liveness, until } = world();
    link.waitingSince = 1000;
    link.handOver(100, 1000);
    liveness.settle(link, 1000);
    expect(until(1e6)).toEqual({ now: 6000, code: STALE });
  });

  it("after a long silence have the whole stallTimeout, and not what is left of it", () => {
    const { link, liveness, until } = world(NO_PINGS);
    link.sendPing(600_000);
    liveness.settle(link, 600_000);
    expect(until(1e7)?.now).toBe(605_000);
  });

  it("with any inbound byte get time anew", () => {
    const { link, liveness, until } = world();
    link.sendPing(1000);
    liveness.settle(link, 1000);
    const byte = (now: number) => {
      if (now === 4000) link.lastInbound = now;
    };
    expect(until(1e6, byte)).toEqual({ now: 9000, code: STALE });
  });

  it("with any progress in writing get time anew", () => {
    const { link, liveness, until } = world();
    link.handOver(100, 0);
    liveness.settle(link, 0);
    const progress = (now: number) => {
      if (now === 3000) link.lastProgress = now;
    };
    expect(until(1e6, progress)).toEqual({ now: 8000, code: STALE });
  });

  it("no longer when all is confirmed and written: the check rests", () => {
    const { link, timers, liveness, looks } = world(NO_PINGS);
    link.sendPing(1000);
    liveness.settle(link, 1000);
    link.onPong();
    expect(liveness.check(link, 2000)).toBeUndefined();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    expect(looks).toEqual([]);
  });

  it("for ever when stallTimeout is 0", () => {
    const { link, timers, liveness } = world({ ...NO_PINGS, ...NO_STALLS });
    link.sendPing(0);
    liveness.settle(link, 0);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a process that slept", () => {
  it("takes nobody for stalled: the silence counts from when it woke", () => {
    const { link, liveness, until } = world(NO_PINGS);
    link.sendPing(1000);
    liveness.settle(link, 1000);
    const woke = 60_000;
    expect(liveness.check(link, woke)).toBeUndefined();
    expect(until(1e6)).toEqual({ now: woke + 5000, code: STALE });
  });

  it("takes no write for stuck either", () => {
    const { link, liveness, until } = world({ ...NO_PINGS, ...NO_STALLS, flusherTimeout: 10_000 });
    link.handOver(100, 0);
    liveness.settle(link, 0);
    expect(liveness.check(link, 30_000)).toBeUndefined();
    expect(until(1e6)).toEqual({ now: 40_000, code: STALE });
  });

  it("for a moment only is no excuse", () => {
    const { link, liveness } = world({ ...NO_PINGS, ...NO_STALLS, flusherTimeout: 10_000 });
    link.handOver(100, 0);
    liveness.settle(link, 0);
    expect(liveness.check(link, 10_000 + LOCAL_STALL)?.code).toBe(STALE);
  });
});

describe("looks at the send queue", () => {
  it("happen while something is silent, five in a stallTimeout", () => {
    const { looks, until, write } = world(NO_PINGS);
    write(100, 1000);
    expect(until(1e6)).toEqual({ now: 6000, code: STALE });
    expect(looks).toEqual([2000, 3000, 4000, 5000]);
  });

  it("do not happen on a link whose server answers", () => {
    const { link, timers, looks, until, write } = world(NO_PINGS);
    for (let at = 0; at < 100_000; at += 100) {
      write(100, at);
      link.lastInbound = at + 50;
      link.onPong();
      until(at + 99);
    }
    expect(looks).toEqual([]);
    expect(timers.next).not.toBe(Number.NaN);
  });

  it("keep a slow link alive as long as its queue moves, and for as long again as what is on the way may take", () => {
    const { trickle, write } = world(NO_PINGS);
    write(3_000_000, 0);
    // 60 kB/s: the queue is empty after 50 s; then all of it may lie in a proxy that is as slow.
    const dead = trickle(60_000);
    expect(dead?.code).toBe(STALE);
    expect(dead!.now).toBeGreaterThan(100_000);
    expect(dead!.now).toBeLessThan(110_000);
  });

  it("bear a proxy for a minute at most, beyond what is borne anyway", () => {
    const { trickle, write } = world(NO_PINGS);
    write(30_000_000, 0);
    const dead = trickle(60_000)!.now;
    expect(dead - 500_000).toBeGreaterThan(60_000);
    expect(dead - 500_000).toBeLessThan(70_000);
  });

  it("add up what moves slowly: it is the queue that must not stand still", () => {
    const { trickle, write } = world(NO_PINGS);
    write(1_000_000, 0);
    expect(trickle(20_000)!.now).toBeGreaterThan(50_000);
  });

  it("do not keep a frozen peer alive: nothing arrives but what fits its buffers", () => {
    const frozen = world(NO_PINGS);
    frozen.write(1_000_000, 0);
    expect(frozen.trickle(0)).toEqual({ now: 5000, code: STALE });
    const filling = world(NO_PINGS);
    filling.write(1_000_000, 0);
    filling.way.arrived = 0;
    let looks = 0;
    const fills = () => {
      if (++looks === 2) filling.way.arrived! += 9000;
    };
    expect(filling.until(1e6, fills)).toEqual({ now: 5000, code: STALE });
  });

  it("keep alive a very slow link, with little at each look but something at every one", () => {
    const slow = world(NO_PINGS);
    slow.write(150_000, 0);
    expect(slow.trickle(4000, 30_000)).toBeUndefined();
  });

  it("do not keep a peer alive that has got everything and answers nothing", () => {
    const { way, until, write } = world(NO_PINGS);
    write(1_000_000, 0);
    way.arrived = 1_000_000;
    expect(until(1e6)).toEqual({ now: 5000, code: STALE });
  });

  it("do not take the first one for progress: what it sees may have been so for long", () => {
    const { link, liveness } = world(NO_PINGS);
    liveness.seen(link, 500_000, 500_000, 1000);
    expect(link.lastProgress).toBe(0);
    liveness.seen(link, 500_000 + 48 * 1024 - 1, 400_000, 2000);
    expect(link.lastProgress).toBe(0);
    liveness.seen(link, 500_000 + 48 * 1024, 400_000, 3000);
    expect(link.lastProgress).toBe(3000);
  });

  it("take a queue for progress that had stood still and is gone: someone has read, and at what rate is known", () => {
    const { link, liveness } = world(NO_PINGS);
    liveness.seen(link, 1_480_000, 320_000, 1000);
    liveness.seen(link, 1_480_000, 320_000, 2000);
    liveness.seen(link, 1_800_000, 0, 4200);
    expect(link.lastProgress).toBe(4200);
    expect(link.rate).toBe(100);
    const quick = world(NO_PINGS);
    quick.liveness.seen(quick.link, 1_480_000, 320_000, 1000);
    quick.liveness.seen(quick.link, 1_800_000, 0, 2000);
    expect(quick.link.lastProgress).toBe(0);
  });

  it("that are far apart tell nothing: the queue may have stood still between them", () => {
    const { link, liveness } = world(NO_PINGS);
    liveness.seen(link, 0, 1_000_000, 1000);
    liveness.seen(link, 500_000, 500_000, 4001);
    expect(link.lastProgress).toBe(0);
    liveness.seen(link, 600_000, 400_000, 7001);
    expect(link.lastProgress).toBe(7001);
  });

  it("save a slow link from the PINGs of the liveness check as well", () => {
    const options = { pingInterval: 4000, maxPingOut: 1 };
    const slow = world(options);
    slow.write(1_000_000, 0);
    expect(slow.trickle(20_000)!.now).toBeGreaterThan(30_000);
    const frozen = world({ ...options, stallTimeout: 0 });
    frozen.write(1_000_000, 0);
    expect(frozen.trickle(0)?.now).toBe(8000);
  });
});

describe("patience", () => {
  /** Gives up a link on which `bytes` were on their way; returns how long it was borne. */
  const giveUp = ({ link, liveness, until, write }: ReturnType<typeof world>, bytes: number, at: number) => {
    liveness.end();
    link.lastInbound = at;
    link.lastProgress = at;
    link.backlog = undefined;
    link.rate = undefined;
    link.sinceInbound = 0;
    while (link.pingsInFlight > 0) link.onPong();
    write(bytes, at);
    return until(1e9)!.now - at;
  };

  it("doubles each time that much was on its way, and has an end", () => {
    const slow = world(NO_PINGS);
    const borne = Array.from({ length: 6 }, (_, i) => giveUp(slow, 300 * 1024, i * 1e6));
    expect(borne).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("does not grow with little on its way: that is no slow link", () => {
    const dead = world(NO_PINGS);
    for (let i = 0; i < 3; i++) expect(giveUp(dead, 256 * 1024, i * 1e6)).toBe(5000);
  });

  it("never becomes less than the stallTimeout, however long that is", () => {
    const long = world({ ...NO_PINGS, stallTimeout: 90_000 });
    for (let i = 0; i < 3; i++) expect(giveUp(long, 1e6, i * 1e7)).toBe(90_000);
  });

  it("begins anew with the first confirmation", () => {
    const slow = world(NO_PINGS);
    giveUp(slow, 300 * 1024, 0);
    slow.liveness.confirmed();
    expect(giveUp(slow, 300 * 1024, 1e6)).toBe(5000);
  });
});

describe("the write deadline", () => {
  const WRITES = { ...NO_PINGS, ...NO_STALLS, flusherTimeout: 10_000 };

  it("ends a link that takes nothing, whatever comes in [parity 109]", () => {
    const { link, liveness, until } = world({ ...NO_PINGS, flusherTimeout: 10_000 });
    link.handOver(100, 1000);
    liveness.settle(link, 1000);
    const inbound = (now: number) => {
      link.lastInbound = now;
    };
    expect(until(1e6, inbound)).toEqual({ now: 11_000, code: STALE });
  });

  it("counts from when bytes began to wait, and anew whenever some are taken", () => {
    const { link, liveness, until } = world(WRITES);
    link.handOver(100, 50_000);
    liveness.settle(link, 50_000);
    link.written(40, true, 55_000);
    expect(until(1e6)).toEqual({ now: 65_000, code: STALE });
  });

  it("does not run when everything is taken", () => {
    const { link, timers, liveness, until } = world(WRITES);
    link.handOver(100, 0);
    liveness.settle(link, 0);
    link.written(100, false, 5);
    expect(until(1e6)).toBeUndefined();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("is none when it is switched off", () => {
    const { link, timers, liveness } = world({ ...WRITES, flusherTimeout: 0 });
    link.handOver(100, 0);
    liveness.settle(link, 0);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("names its option", () => {
    const { link, liveness } = world(WRITES);
    link.handOver(100, 0);
    liveness.settle(link, 0);
    expect(liveness.check(link, 10_000)?.message).toContain('"flusherTimeout"');
  });
});
