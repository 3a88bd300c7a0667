import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../../core/cause.js";
import type { Pattern, PatternKind } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { ServerTallies } from "../server-tallies.js";
import { patternsOf } from "./patterns.js";
import type { PatternView } from "./view.js";

// Where each pattern begins and ends, and that its figures are those of the outages.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;

const causeOf = (kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause => ({
  kind,
  code,
  message: `because of ${kind}`,
  evidence: [],
  advice: [],
  docs: `docs/causes/${kind}.md`,
});

/** Minutes of the hour that lie apart. */
const MINUTES = [3, 41, 17, 55, 29, 9, 48, 23];

/** Outages of which each is as given, and that have nothing else in common. */
function outages(...changes: Partial<KeptOutage>[]): KeptOutage[] {
  return changes.map((change, i) => ({
    server: `s${i % 3}:1`,
    at: (i + 1) * 5 * HOUR + MINUTES[i % 8] * MINUTE,
    stood: [101_000, 3_207_000, 913_000, 455_500, 7_777_000, 1_632_100, 250_900, 5_120_000][i % 8],
    cause: causeOf("network"),
    attempts: [],
    failed: 0,
    downtime: undefined,
    to: undefined,
    unconfirmed: 0,
    abandoned: 0,
    replayed: 0,
    largest: 0,
    sameProcess: undefined,
    silence: 40 + i * 700,
    usual: 300,
    rate: 10,
    maxPayload: 0,
    isCompleted: false,
    burst: { at: 0, connections: 1, of: 10, back: 0, servers: new Map() },
    ...change,
  }));
}

const each = (count: number, change: (i: number) => Partial<KeptOutage>) =>
  outages(...Array.from({ length: count }, (_, i) => change(i)));

type Extra = Partial<PatternView> & { readonly servers?: ServerTallies; readonly refusals?: number };

function found(kind: PatternKind, list: KeptOutage[], extra: Extra = {}): Pattern | undefined {
  const { servers = new ServerTallies(), refusals = 0, ...view } = extra;
  const past = { outages: list, servers, refusals, count: list.length };
  const all = patternsOf({
    outages: list,
    past,
    now: undefined,
    pingInterval: 20_000,
    maxPingOut: 2,
    ...view,
  });
  return all.find((pattern) => pattern.kind === kind);
}

describe("interval", () => {
  const interval = (list: KeptOutage[], extra?: Extra) => found("interval", list, extra)?.message;

  it("is for want of traffic where most links were silent for more than half of their time", () => {
    const told = (...silences: number[]) =>
      interval(outages(...silences.map((silence, i) => ({ stood: 300_000 + i, silence }))));
    expect(told(151_000, 200_000, 251_000, 285_000)).toContain("ends idle connections");
    expect(told(100, 200_000, 251_000, 285_000)).toContain("ends idle connections");
    expect(told(100, 20_000, 251_000, 285_000)).toContain("also with traffic");
    expect(told(149_000, 120_000, 90_000, 60_000)).toContain("also with traffic");
  });

  it("is judged by those that it is made of, and not by the others", () => {
    const used = { silence: 90 };
    const among = [
      { stood: 300_000, ...used },
      { stood: 300_010, ...used },
      { stood: 300_020, silence: 250_000 },
      { stood: 300_030, silence: 160_000 },
      { stood: 100_000, silence: 90_000 },
      { stood: 900_000, silence: 800_000 },
    ];
    expect(interval(outages(...among))).toContain("also with traffic");
  });

  it("is of credentials where most of those that it is made of expired", () => {
    const expired = causeOf("authentication", "AUTHENTICATION_EXPIRED");
    const of = (count: number) =>
      interval(each(4, (i) => ({ stood: 900_000 + i, ...(i < count && { cause: expired }) })));
    expect(of(3)).toContain("credentials expire 15 min");
    expect(of(2)).toContain("limits how long a connection may last");
  });

  it("is told of links that end without a word unless servers have stopped", () => {
    const ended = (gone: number, at: (i: number) => string, silent = 4) =>
      interval(
        each(4, (i) => ({
          silence: 60_000 + i,
          server: at(i),
          sameProcess: i >= gone,
          ...(i < silent && { cause: causeOf("server-shutdown") }),
        })),
      );
    const [one, two] = [() => "a:1", (i: number) => `s${i % 2}:1`];
    expect([ended(3, one), ended(4, one)]).toEqual([expect.any(String), undefined]);
    expect([ended(2, two), ended(3, two)]).toEqual([expect.any(String), undefined]);
    expect(ended(2, one, 2)).toEqual(expect.any(String));
  });

  it("of links that were dead before their first PING lies within 1.5 s of what the options say", () => {
    const stale = (stood: number, pingInterval = 20_000) =>
      interval(
        each(3, () => ({ stood, cause: causeOf("stale", "STALE_CONNECTION") })),
        { pingInterval },
      );
    expect(stale(60_000)).toContain("before their first PING");
    expect(stale(61_500)).toContain("before their first PING");
    for (const other of [59_999, 61_501]) expect(stale(other)).toBeUndefined();
    // Without PINGs there is none that was not answered.
    expect(stale(100, 0)).toBeUndefined();
  });

  it("advises a figure that is easily remembered", () => {
    const advice = (silence: number) =>
      found(
        "interval",
        each(4, () => ({ silence })),
      )!.advice[0].replace(/,.*/, "");
    expect(advice(22_778)).toBe("pingInterval: 10000");
    expect(advice(22_200)).toBe("pingInterval: 9900");
  });
});

describe("same-minute", () => {
  const minute = (...at: number[]) =>
    found("same-minute", outages(...at.map((time) => ({ at: time }))))?.message;
  const hours = (...times: number[]) => times.map((time, i) => (i + 1) * 7 * HOUR + time);

  it("is as exact as a job begins: three of four, and no more than two minutes apart", () => {
    expect(minute(...hours(905_000, 905_000, 905_000, 40 * MINUTE))).toContain("15:05 past the hour");
    const spread = (widest: number) =>
      minute(...hours(...Array.from({ length: 8 }, (_, i) => 900_000 + (widest * i) / 7)));
    expect(spread(2 * MINUTE)).toContain("past the hour");
    expect(spread(2 * MINUTE + 7)).toBeUndefined();
  });

  it("tells the day of the week, and the time of the day", () => {
    const time = 3 * HOUR + 25 * MINUTE;
    expect(minute(...[0, 1, 2, 3, 4].map((i) => (50 + i) * 7 * DAY + 2 * DAY + time))).toContain(
      "at 3:25 UTC on Saturdays",
    );
    expect(minute(...[0, 1, 2, 3, 4].map((i) => (50 + i) * DAY + time))).toContain("at 3:25 UTC of the day");
  });
});

describe("after-large-message", () => {
  const large = (list: KeptOutage[]) => found("after-large-message", list);

  it("tells the figures of those that it is made of", () => {
    const sizes = [800, 700, 900, 750];
    const list = each(4, (i) => ({
      largest: sizes[i] * KIB,
      usual: (i + 1) * KIB,
      maxPayload: i * 1000 * KIB,
    }));
    expect(large(list)).toMatchObject({
      evidence: [
        expect.stringMatching(/had 700 KiB to 900 KiB$/),
        expect.stringMatching(/have 4 KiB on average$/),
        expect.stringMatching(/max_payload is 2.9 MiB$/),
      ],
      advice: [expect.stringMatching(/^smaller messages, below 350 KiB/), expect.anything()],
    });
    expect(large(each(4, () => ({ largest: 700 * KIB })))!.evidence[2]).toMatch(/not known$/);
  });

  it("is of ends that a large message may be the reason of", () => {
    const of = (kind: CauseKind) => large(each(4, () => ({ largest: 700 * KIB, cause: causeOf(kind) })));
    for (const kind of ["payload", "network", "server-shutdown", "stale", "overload", "unknown"] as const)
      expect(of(kind), kind).toBeDefined();
    for (const kind of ["local-stall", "lame-duck", "authentication", "slow-consumer"] as const)
      expect(of(kind), kind).toBeUndefined();
  });

  it("may be no reason where so much is published that one is nearly always on the way", () => {
    const told = (rate: number) =>
      large(each(4, (i) => ({ largest: 100 * KIB, rate: i === 1 ? rate : 10 })))!.message;
    // 5 s of it at a time: 0.0996 and 0.1006 of one, each four times.
    expect(told(2040)).toMatch(/^links are lost with a large message/);
    expect(told(2060)).toMatch(/it may be no reason/);
  });
});

describe("same-server", () => {
  const tallies = (...all: [string, losses: number, stood: number][]) => {
    const servers = new ServerTallies();
    for (const [name, losses, stood] of all)
      for (let i = 0; i < Math.max(1, losses); i++)
        servers.ended(name, stood / Math.max(1, losses), losses > 0);
    return servers;
  };
  const at = (servers: ServerTallies, now?: PatternView["now"]) =>
    found("same-server", outages({}), { servers, now });

  it("is that of most losses, wherever it stands, with the time of the others", () => {
    const servers = tallies(["good:1", 0, 20 * HOUR], ["bad:1", 4, 40_000]);
    expect(at(servers)).toMatchObject({
      message: expect.stringMatching(/^bad:1 loses/),
      evidence: [expect.anything(), "it carried the connection for 40 s in all, the others for 20 h"],
    });
  });

  it("counts the link that stands for the server that has it", () => {
    const servers = tallies(["bad:1", 3, 3 * HOUR], ["good:1", 0, 200 * HOUR]);
    expect(at(servers)).toBeDefined();
    expect(at(servers, { server: "bad:1", stood: 100 * HOUR })).toBeUndefined();
  });

  it("has three losses at least, and half of all", () => {
    const rest = ["good:1", 0, 1000 * HOUR] as [string, number, number];
    expect(at(tallies(["bad:1", 2, 1000], rest))).toBeUndefined();
    expect(at(tallies(["bad:1", 3, 1000], ["a:1", 2, HOUR], ["b:1", 1, HOUR], rest))).toBeDefined();
    expect(at(tallies(["bad:1", 3, 1000], ["a:1", 2, HOUR], ["b:1", 2, HOUR], rest))).toBeUndefined();
  });
});

describe("failing-server and dns", () => {
  it("name the one first that has failed most, and five at most", () => {
    const servers = new ServerTallies();
    for (let i = 1; i <= 6; i++)
      for (let outage = 0; outage < 3; outage++)
        for (let time = 0; time < i; time++) servers.failed(`s${i}:1`, causeOf("refused"), outage, false);
    const { evidence, message } = found(
      "failing-server",
      each(3, () => ({})),
      { servers },
    )!;
    expect(evidence.map((fact) => fact.slice(0, 2))).toEqual(["s6", "s5", "s4", "s3", "s2"]);
    expect(evidence[0]).toContain("18 attempts failed in 3 outages");
    expect(message).toContain("6 servers fail every attempt");
  });

  it("tell of names by attempts since a link stood, or by outages", () => {
    const servers = new ServerTallies();
    for (let i = 0; i < 3; i++) servers.failed("a:1", causeOf("network"), 0, true);
    expect(found("dns", [], { servers })!.evidence).toEqual([
      "a:1: 3 attempts failed for it since a link stood",
    ]);
    const often = new ServerTallies();
    for (let outage = 0; outage < 3; outage++) {
      often.failed("a:1", causeOf("network"), outage, true);
      often.stands("b:1", outage);
    }
    const told = (count: number) =>
      found(
        "dns",
        each(count, () => ({})),
        { servers: often },
      )?.evidence;
    expect(told(99)).toEqual([
      "a:1: attempts failed for it in 3 outages, and it was never resolved meanwhile",
    ]);
    expect(told(101)).toBeDefined();
    expect(told(102)).toBeUndefined();
  });
});

describe("flapping", () => {
  const flaps = (...list: [at: number, stood: number, kind?: CauseKind][]) =>
    found(
      "flapping",
      outages(...list.map(([at, stood, kind = "network"]) => ({ at, stood, cause: causeOf(kind) }))),
    );

  it("is of links that stand for less than ten seconds, within ten minutes", () => {
    expect(flaps([HOUR, 9999], [HOUR + 1, 9999], [HOUR + 600_000, 9999])).toBeDefined();
    expect(flaps([HOUR, 9999], [HOUR + 1, 9999], [HOUR + 600_001, 9999])).toBeUndefined();
    expect(flaps([HOUR, 9999], [HOUR + 1, 9999], [HOUR + 2, 10_000])).toBeUndefined();
  });

  it("tells how long they stood at most, and why the last one ended", () => {
    const { evidence } = flaps([HOUR, 900], [HOUR + 1, 5300], [HOUR + 2, 40, "stale"])!;
    expect(evidence[0]).toContain("came after 5.3 s or less");
    expect(evidence[1]).toContain("kind stale");
  });
});

describe("authentication", () => {
  it("is refused in most of the last outages, and not where it only expires", () => {
    const of = (code: Cause["code"]) =>
      found(
        "authentication",
        each(3, () => ({ cause: causeOf("authentication", code) })),
      );
    expect(of("AUTHENTICATION_REVOKED")!.evidence[0]).toBe("in 3 of the last 3 outages they were refused");
    expect(of("AUTHENTICATION_EXPIRED")).toBeUndefined();
  });

  it("names servers that refuse still, five at most", () => {
    const servers = new ServerTallies();
    for (let i = 0; i < 6; i++) servers.failed(`s${i}:1`, causeOf("authentication"), i, false);
    servers.failed("taken:1", causeOf("authentication"), 9, false);
    servers.stands("taken:1", 9);
    servers.failed("other:1", causeOf("refused"), 9, false);
    const { evidence } = found("authentication", [], { refusals: 3, servers })!;
    expect(evidence[0]).toMatch(/^3 links and attempts ended/);
    expect(evidence.slice(1).map((fact) => fact.slice(0, 2))).toEqual(["s0", "s1", "s2", "s3", "s4"]);
    const few = new ServerTallies();
    few.failed("taken:1", causeOf("authentication"), 0, false);
    few.stands("taken:1", 0);
    few.failed("other:1", causeOf("refused"), 1, false);
    expect(found("authentication", [], { refusals: 3, servers: few })!.evidence).toHaveLength(1);
  });
});

describe("slower-reconnects", () => {
  const slower = (...downtimes: number[]) =>
    found("slower-reconnects", outages(...downtimes.map((downtime) => ({ downtime }))));

  it("is each longer than the one before, a second at last, and four times the first", () => {
    expect(slower(250, 300, 400, 500, 600, 1000)).toBeDefined();
    expect(slower(100, 300, 400, 500, 600, 999)).toBeUndefined();
    expect(slower(251, 300, 400, 500, 600, 1000)).toBeUndefined();
    expect(slower(250, 300, 300, 500, 600, 1000)).toBeUndefined();
  });
});

describe("together", () => {
  const bursts = (...list: [connections: number, of: number][]) =>
    found(
      "together",
      outages(
        ...list.map(([connections, of]) => ({
          burst: { at: 0, connections, of, back: 0, servers: new Map([["a:1", connections]]) },
        })),
      ),
    )?.message;

  it("is of two at least, and of half of them", () => {
    expect(bursts([2, 4], [2, 4], [2, 4])).toContain("2 of 4 connections");
    expect(bursts([2, 5], [2, 5], [2, 5])).toBeUndefined();
    expect(bursts([1, 2], [1, 2], [1, 2])).toBeUndefined();
  });

  it("tells of the last time", () => {
    expect(bursts([4, 4], [4, 4], [3, 4])).toContain("3 of 4 connections");
  });
});
