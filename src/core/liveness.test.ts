import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.js";
import { Link, type LinkOwner } from "./link.js";
import { Liveness, LOCAL_STALL } from "./liveness.js";
import { ServerPool } from "./pool.js";
import { Timers } from "./timers.js";

const OWNER: LinkOwner = { onInfo() {}, onPong() {}, onServerError() {}, onMessage() {} };

/** A link that is only watched: what comes in and goes out is in the test's hands. */
function world(
  options: { pingInterval?: number; maxPingOut?: number; stallTimeout?: number } = {},
  late = 0,
) {
  const [server] = new ServerPool([parseAddress("a")], undefined).all;
  const link = new Link(1, server, OWNER, 0);
  const timers = new Timers();
  const liveness = new Liveness(
    { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 5000, ...options },
    timers,
  );
  liveness.begin(0);
  /** Lets time pass from deadline to deadline; returns when the link was found dead, and why. */
  const until = (end: number, at: (now: number) => void = () => {}) => {
    while (timers.next <= end) {
      const now = timers.next + late;
      at(now);
      const dead = liveness.check(link, now);
      if (dead !== undefined) return { now, code: dead.code };
      liveness.settle(link, now);
    }
    return undefined;
  };
  return { link, timers, liveness, until };
}

describe("an idle link", () => {
  it("whose server is silent is stale after pingInterval × (maxPingOut + 1)", () => {
    const { until } = world({ stallTimeout: 0 });
    expect(until(1e6)).toEqual({ now: 60_000, code: "STALE_CONNECTION" });
    expect(world({ stallTimeout: 0, pingInterval: 100, maxPingOut: 1 }).until(1e6)?.now).toBe(200);
    expect(world({ stallTimeout: 0, pingInterval: 100, maxPingOut: 5 }).until(1e6)?.now).toBe(600);
  });

  it("whose server answers lives on", () => {
    const { link, until } = world({ stallTimeout: 0 });
    expect(
      until(1e6, (now) => {
        link.pingsOut = 0;
        link.lastInbound = now;
      }),
    ).toBeUndefined();
  });

  it("is asked once per interval", () => {
    const { link, until } = world({ stallTimeout: 0, maxPingOut: 100 });
    until(100_000);
    let pings = 0;
    while (link.takeOwn() !== undefined) pings++;
    expect(pings).toBe(5);
  });

  it("is not asked when pingInterval is 0", () => {
    const { timers } = world({ pingInterval: 0 });
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("is never taken for dead because this process slept", () => {
    const { link, until } = world({ stallTimeout: 0, pingInterval: 1000 }, LOCAL_STALL + 1);
    expect(until(1e5)).toBeUndefined();
    expect(link.pingsOut).toBeGreaterThan(2);
  });

  it("has no deadlines any more when it has ended", () => {
    const { link, timers, liveness } = world();
    link.inFlight = 1;
    liveness.settle(link, 0);
    liveness.end();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("bytes that wait", () => {
  it("for a confirmation without any sign of life make the link stale after stallTimeout", () => {
    const { link, liveness, until } = world();
    link.sendPing(1000);
    liveness.settle(link, 1000);
    expect(until(1e6)).toEqual({ now: 6000, code: "STALE_CONNECTION" });
  });

  it("in the socket without progress make it stale as well", () => {
    const { link, liveness, until } = world();
    link.waitingSince = 1000;
    link.inFlight = 100;
    liveness.settle(link, 1000);
    expect(until(1e6)).toEqual({ now: 6000, code: "STALE_CONNECTION" });
  });

  it("after a long silence have the whole stallTimeout, and not what is left of it", () => {
    const { link, liveness, until } = world({ pingInterval: 0 });
    link.sendPing(600_000);
    liveness.settle(link, 600_000);
    expect(until(1e7)?.now).toBe(605_000);
  });

  it("with any inbound byte get time anew", () => {
    const { link, timers, liveness } = world();
    link.sendPing(1000);
    liveness.settle(link, 1000);
    expect(timers.next).toBe(6000);
    link.lastInbound = 4000;
    expect(liveness.check(link, 6000)).toBeUndefined();
    expect(timers.next).toBe(9000);
    expect(liveness.check(link, 9000)?.code).toBe("STALE_CONNECTION");
  });

  it("with any progress in writing get time anew", () => {
    const { link, timers, liveness } = world();
    link.inFlight = 100;
    liveness.settle(link, 0);
    link.lastProgress = 3000;
    expect(liveness.check(link, timers.next)).toBeUndefined();
    expect(timers.next).toBe(8000);
  });

  it("no longer when all is confirmed and written: the check rests", () => {
    const { link, timers, liveness } = world({ pingInterval: 0 });
    link.sendPing(1000);
    liveness.settle(link, 1000);
    link.onPong();
    expect(liveness.check(link, 6000)).toBeUndefined();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("for ever when stallTimeout is 0", () => {
    const { link, timers, liveness } = world({ pingInterval: 0, stallTimeout: 0 });
    link.sendPing(0);
    liveness.settle(link, 0);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("are not taken for stalled when it was this process that slept", () => {
    const { link, timers, liveness } = world({ pingInterval: 0 });
    link.sendPing(1000);
    liveness.settle(link, 1000);
    const woke = 6000 + LOCAL_STALL + 1;
    expect(liveness.check(link, woke)).toBeUndefined();
    expect(timers.next).toBe(woke + 5000);
    expect(liveness.check(link, woke + 5000)?.code).toBe("STALE_CONNECTION");
  });
});
