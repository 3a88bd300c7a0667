import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../../core/cause.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage, Past } from "../outage-history.js";
import { ServerTallies } from "../server-tallies.js";
import { patternsOf } from "./patterns.js";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Sunday, 00:00 UTC. */
const SUNDAY = Date.UTC(2026, 0, 4);
/** Parts of 1 without any order. */
const PARTS = [0.31, 0.87, 0.05, 0.62, 0.44, 0.93, 0.18, 0.71, 0.56, 0.02];

function causeOf(kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause {
  return { kind, code, message: kind, evidence: [], advice: [], docs: "" };
}

function outages(count: number, change: (index: number) => Partial<KeptOutage> = () => ({})): KeptOutage[] {
  return Array.from({ length: count }, (_, i) => {
    const part = PARTS[i % PARTS.length];
    return {
      server: "a:1",
      at: SUNDAY + i * 3 * DAY + Math.round(part * DAY),
      stood: Math.round((1 + 50 * part) * HOUR),
      cause: causeOf("network"),
      attempts: [],
      failed: 0,
      downtime: 200 + 1000 * part,
      to: "b:1",
      unconfirmed: 0,
      abandoned: 0,
      replayed: 0,
      largest: 0,
      sameProcess: false,
      silence: 20_000 * part,
      usual: 300,
      rate: 10,
      maxPayload: 1_048_576,
      isCompleted: false,
      burst: { at: 0, connections: 1, of: 1, back: 0, servers: new Map([["a:1", 1]]) },
      ...change(i),
    };
  });
}

function patterns(list: KeptOutage[], more: Partial<Past> = {}): Pattern[] {
  const past = { outages: list, servers: new ServerTallies(), refusals: 0, count: list.length, ...more };
  return patternsOf({ outages: list, past, now: undefined, pingInterval: 20_000, maxPingOut: 2 });
}

function kinds(list: KeptOutage[], more?: Partial<Past>): string[] {
  return patterns(list, more).map(({ kind }) => kind);
}

describe("links of several servers that are lost together", () => {
  const servers = new Map([
    ["a:1", 2],
    ["b:1", 2],
  ]);
  const burst = () => ({ at: 0, connections: 4, of: 4, back: 0, servers });
  const told = (kind: CauseKind, more: Partial<KeptOutage> = {}) =>
    patterns(outages(3, () => ({ burst: burst(), cause: causeOf(kind), ...more }))).find(
      (found) => found.kind === "together",
    )!;

  it.each(["network", "stale", "unknown"] as const)("are this host's by %s", (kind) => {
    expect(told(kind).message).toMatch(/at several servers: it is this host, or its network$/);
  });

  it.each(["server-shutdown", "lame-duck"] as const)("are the servers' own by %s", (kind) => {
    const { message, advice } = told(kind);
    expect(message).toMatch(/the servers were stopped together$/);
    expect(JSON.stringify({ message, advice })).not.toMatch(/this host/);
  });

  it("are somebody else's where the servers have not stopped", () => {
    expect(told("server-shutdown", { sameProcess: true }).message).toMatch(/have not stopped: something in/);
  });

  it.each(["authentication", "overload", "payload"] as const)("are nobody's by %s", (kind) => {
    const { message, advice } = told(kind);
    expect(message).toMatch(new RegExp(`the causes \\(${kind}\\)$`));
    expect(message).not.toMatch(/this host/);
    expect(advice).toEqual([`look at docs/causes/${kind}.md`]);
  });

  it("are nobody's when causes differ", () => {
    const list = outages(4, (i) => ({
      burst: burst(),
      cause: causeOf(i % 2 === 0 ? "network" : "overload"),
    }));
    expect(patterns(list)[0].message).toMatch(/the causes \(network, overload\)$/);
  });
});

describe("what is over", () => {
  it("is no refusal: JWTs that expire each hour and are renewed have an interval", () => {
    const cause = causeOf("authentication", "AUTHENTICATION_EXPIRED");
    const list = outages(5, (i) => ({ stood: HOUR + i * 700, cause, at: SUNDAY + i * (HOUR + 917_000) }));
    expect(kinds(list)).toEqual(["interval"]);
  });

  it("is told as long as credentials are refused in most outages", () => {
    const attempts = [{ server: "a:1", at: 0, cause: causeOf("authentication", "AUTHORIZATION_VIOLATION") }];
    const [found] = patterns(outages(5, (i) => (i > 1 ? { attempts } : {})));
    expect(found).toMatchObject({
      kind: "authentication",
      evidence: ["in 3 of the last 5 outages they were refused"],
    });
    expect(kinds(outages(6, (i) => (i < 3 ? { attempts } : {})))).toEqual([]);
    // Long ago, and seldom since.
    expect(kinds(outages(20, (i) => (i < 14 ? { attempts } : {})))).toEqual([]);
  });

  it("is no stall: three of a hundred are not most", () => {
    expect(kinds(outages(100, (i) => (i < 3 ? { cause: causeOf("local-stall") } : {})))).toEqual([]);
  });

  it("is no name: three that were not found in one outage, beside a server that is well", () => {
    const servers = new ServerTallies();
    for (const name of ["x:1", "y:1", "z:1"]) servers.failed(name, causeOf("network"), 1, true);
    expect(kinds(outages(1), { servers })).toEqual([]);
    for (let i = 0; i < 3; i++) servers.failed("x:1", causeOf("network"), 1, true);
    expect(kinds(outages(1), { servers })).toEqual(["dns"]);
    servers.stands("good:1", 1);
    expect(kinds(outages(1), { servers })).toEqual([]);
  });

  it("is a name as long as it is not found in outage after outage, and these are kept", () => {
    const servers = new ServerTallies();
    for (const outage of [1, 2, 3]) {
      servers.failed("x:1", causeOf("network"), outage, true);
      servers.stands("good:1", outage);
    }
    expect(kinds(outages(3), { servers })).toContain("dns");
    expect(kinds(outages(3), { servers, count: 103 })).not.toContain("dns");
  });
});

describe("a rolling restart", () => {
  const cause = causeOf("server-shutdown");
  const stood = (i: number) => 30 * SECOND + i * 20;
  const rolled = (change: (i: number) => Partial<KeptOutage>) =>
    kinds(outages(5, (i) => ({ server: `s${i}:1`, cause, stood: stood(i), ...change(i) })));

  it("is no interval, with traffic or without, of servers one by one", () => {
    expect(rolled(() => ({ silence: 20 }))).not.toContain("interval");
    expect(rolled((i) => ({ silence: stood(i) - 100 }))).not.toContain("interval");
  });

  it("nor of one address with another process behind each time", () => {
    expect(rolled((i) => ({ server: "lb:1", silence: stood(i) }))).not.toContain("interval");
  });

  it("but links that are ended in order, and taken back by the same process, have one", () => {
    const same = (i: number) => ({ silence: stood(i), sameProcess: i !== 2 });
    expect(rolled(same)).toContain("interval");
    // Behind one address servers take turns.
    expect(rolled((i) => ({ ...same(i), server: "lb:1", sameProcess: i === 2 }))).toContain("interval");
    expect(rolled((i) => ({ silence: stood(i), cause: causeOf("network") }))).toContain("interval");
    const some = (i: number) => (i < 2 ? {} : { cause: causeOf("network") });
    expect(rolled((i) => ({ silence: stood(i), ...some(i) }))).toContain("interval");
  });
});

describe("the same minute", () => {
  const told = (at: (i: number) => number) => patterns(outages(6, (i) => ({ at: at(i) })))[0]?.message;

  it("of each week is no more often than that", () => {
    const message = told((i) => SUNDAY + i * 7 * DAY + 2 * HOUR + PARTS[i] * 8000);
    expect(message).toMatch(/^links are lost at 2:00 UTC on Sundays: /);
    // A maintenance in the middle of the week.
    expect(told((i) => SUNDAY + (3 + i * 7) * DAY + 14 * HOUR)).toMatch(/at 14:00 UTC on Wednesdays/);
  });

  it("of the day is no more often than that", () => {
    expect(told((i) => SUNDAY + i * DAY + 26.5 * HOUR + PARTS[i] * 8000)).toMatch(/at 2:30 UTC of the day: /);
  });

  it("of some hour is not of every hour", () => {
    const hours = [9, 16, 11, 14, 10, 15];
    const message = told((i) => SUNDAY + i * DAY + hours[i] * HOUR + PARTS[i] * 120 * SECOND);
    expect(message).toMatch(/^links are lost at \d:\d\d past the hour: /);
    expect(message).not.toMatch(/every/);
  });
});

describe("large messages that are nearly always on the way", () => {
  const large = { largest: 900_000, usual: 10_000 };

  it("may be no reason, and it says so", () => {
    const list = outages(6, () => ({ ...large, rate: 1_000_000 }));
    expect(patterns(list)[0].message).toMatch(/it may be no reason/);
    expect(patterns(outages(6, () => ({ ...large, rate: 100 })))[0].message).toMatch(/^links are lost with/);
  });

  it.each(["lame-duck", "authentication", "tls", "slow-consumer"] as const)("are none for %s", (kind) => {
    expect(kinds(outages(6, () => ({ ...large, cause: causeOf(kind) })))).not.toContain(
      "after-large-message",
    );
  });
});
