import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../../core/cause.js";
import type { PatternKind } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { ServerTallies } from "../server-tallies.js";
import { patternsOf } from "./patterns.js";
import type { PatternView } from "./view.js";

const HOUR = 3_600_000;
const KIB = 1024;

function causeOf(kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause {
  const evidence = kind === "local-stall" ? ["this process did not run for 4000 ms just before"] : [];
  return { kind, code, message: `because of ${kind}`, evidence, advice: [], docs: `docs/causes/${kind}.md` };
}

/** Outages without anything in common: at irregular times, of irregular lengths. */
const STOOD = [101_000, 3_207_000, 913_000, 455_500, 7_777_000, 1_632_100, 250_900, 5_120_000];
const SECONDS = [7, 1913, 3111, 640, 2477, 1222, 3590, 305];

function outages(count: number, change: (index: number) => Partial<KeptOutage> = () => ({})): KeptOutage[] {
  return Array.from({ length: count }, (_, i) => ({
    server: `s${i % 3}:4222`,
    at: (i + 1) * 5 * HOUR + SECONDS[i % 8] * 1000,
    stood: STOOD[i % 8],
    cause: causeOf("network"),
    attempts: [],
    failed: 0,
    downtime: [900, 300, 1200, 450, 700, 100, 2000, 150][i % 8],
    to: `s${(i + 1) % 3}:4222`,
    unconfirmed: 0,
    abandoned: 0,
    replayed: 0,
    largest: 0,
    sameProcess: i % 3 === 0,
    silence: STOOD[(i + 3) % 8] % 19_000,
    usual: 300,
    rate: 10,
    maxPayload: 1024 * KIB,
    isCompleted: false,
    burst: { at: 0, connections: 1, of: 10, back: 0, servers: new Map([[`s${i % 3}:4222`, 1]]) },
    ...change(i),
  }));
}

interface Extra {
  readonly servers?: ServerTallies;
  readonly refusals?: number;
  readonly now?: PatternView["now"];
  readonly pingInterval?: number;
}

function patterns(list: KeptOutage[], extra: Extra = {}) {
  const { servers = new ServerTallies(), refusals = 0, now, pingInterval = 20_000 } = extra;
  const past = { outages: list, servers, refusals, count: list.length };
  return patternsOf({ outages: list, past, now, pingInterval, maxPingOut: 2 });
}

function kinds(list: KeptOutage[], extra?: Extra): PatternKind[] {
  return patterns(list, extra).map(({ kind }) => kind);
}

function tallies(fill: (servers: ServerTallies) => void): ServerTallies {
  const servers = new ServerTallies();
  fill(servers);
  return servers;
}

it("outages without anything in common have no pattern, however many", () => {
  for (const count of [0, 1, 2, 3, 8]) expect(kinds(outages(count))).toEqual([]);
});

it("each pattern says what, with figures, what to do, and where to read on", () => {
  const [found] = patterns(outages(4, (i) => ({ stood: 350_000 + i * 300, silence: 350_000 + i * 300 })));
  expect(found).toEqual({
    kind: "interval",
    message:
      "links end 5.8 min after the last byte came in: something between this process and the server ends idle connections",
    evidence: [
      "all 4 outages came after 5.8 min to 5.8 min",
      "they lie within 900 ms of each other",
      'option "pingInterval" is 20000',
    ],
    advice: [
      expect.stringMatching(/^pingInterval: 157000, below half/),
      expect.stringMatching(/load balancer/),
    ],
    docs: "docs/diagnose.md#interval",
  });
});

describe("interval", () => {
  const jitter = [0, 120, 260, 90];

  it("since the last traffic: an idle time-out", () => {
    const found = patterns(
      outages(4, (i) => ({ silence: 60_000 + jitter[i] })),
      { pingInterval: 120_000 },
    );
    expect(found[0]).toMatchObject({
      kind: "interval",
      message: expect.stringMatching(/60 s after the last byte/),
    });
    expect(found[0].advice[0]).toMatch(/^pingInterval: 27000/);
  });

  it("since the link stood, with traffic: a limit of its life", () => {
    const found = patterns(outages(4, (i) => ({ stood: HOUR + jitter[i], silence: 40 + i })));
    expect(found[0].message).toMatch(/60 min after they began to stand, also with traffic/);
    expect(found[0].advice.join()).not.toMatch(/pingInterval/);
  });

  it("since the link stood, by expiry: a token", () => {
    const cause = causeOf("authentication", "AUTHENTICATION_EXPIRED");
    const found = patterns(outages(4, (i) => ({ stood: 900_000 + jitter[i], silence: 40, cause })));
    expect(found[0]).toMatchObject({
      kind: "interval",
      message: expect.stringMatching(/credentials expire 15 min/),
    });
  });

  it("as long as not even one PING was answered: something forgets idle links", () => {
    const cause = causeOf("stale", "STALE_CONNECTION");
    const found = patterns(outages(3, (i) => ({ stood: 60_000 + jitter[i] * 5, cause })));
    expect(found[0].message).toMatch(/idle links die before their first PING, 20 s/);
    expect(found[0].advice[0]).toMatch(/^pingInterval: 9000/);
    expect(kinds(outages(3, (i) => ({ stood: 60_000 + i * 20_000, cause })))).toEqual([]);
  });

  it("is none of refused credentials: only what expires does so at a time of its own", () => {
    const at = (code: Cause["code"]) =>
      kinds(
        outages(4, (i) => ({
          stood: 900_000 + jitter[i],
          silence: 40,
          cause: causeOf("authentication", code),
        })),
      );
    expect(at("AUTHENTICATION_EXPIRED")).toContain("interval");
    expect(at("AUTHENTICATION_REVOKED")).not.toContain("interval");
  });

  it("is none of links that stand for less than five seconds", () => {
    const at = (stood: number) => kinds(outages(6, () => ({ stood, silence: 40 })));
    expect(at(5000)).toContain("interval");
    expect(at(4999)).not.toContain("interval");
  });

  it("is none when the time is what our own options say", () => {
    const stale = { cause: causeOf("stale", "STALE_CONNECTION") };
    expect(kinds(outages(8, (i) => ({ ...stale, silence: 60_000 + jitter[i % 4] })))).toEqual([]);
    // After each reconnect something is published that is not answered: stallTimeout.
    expect(kinds(outages(4, (i) => ({ ...stale, stood: 15_000 + jitter[i] })))).toEqual([]);
  });

  it("is none when most outages are otherwise", () => {
    expect(kinds(outages(8, (i) => (i < 4 ? { silence: 60_000 + jitter[i] } : {})))).toEqual([]);
  });

  it("is none when most have ended otherwise, by a lame duck or a stall of ours", () => {
    const other = (i: number) => ({ cause: causeOf(i % 2 === 0 ? "lame-duck" : "stale") });
    expect(kinds(outages(8, (i) => (i < 4 ? { silence: 60_000 + jitter[i] } : other(i))))).toEqual([]);
    expect(kinds(outages(5, (i) => (i < 4 ? { silence: 60_000 + jitter[i] } : other(i))))).toEqual([
      "interval",
    ]);
  });

  it("is none at random", () => {
    const times = fc.array(fc.integer({ min: 20_000, max: 6 * HOUR }), {
      minLength: 3,
      maxLength: 100,
      size: "max",
    });
    const found = fc
      .sample(fc.noBias(times), { numRuns: 1000, seed: 5 })
      .filter((stood) =>
        kinds(outages(stood.length, (i) => ({ stood: stood[i], silence: stood[i] % 19_000 }))).includes(
          "interval",
        ),
      );
    expect(found.length).toBeLessThanOrEqual(1);
  });
});

describe("same-minute", () => {
  it("at the same minute of several hours", () => {
    const found = patterns(outages(4, (i) => ({ at: (i + 1) * 7 * HOUR + 15 * 60_000 + i * 4000 })));
    expect(found).toMatchObject([{ kind: "same-minute", message: expect.stringMatching(/at 15:0/) }]);
  });

  it("is none within one hour", () => {
    expect(kinds(outages(6, (i) => ({ at: HOUR + 15 * 60_000 + i * 2000 })))).toEqual([]);
  });

  it("is none for three: chance does that once in three hundred times", () => {
    expect(kinds(outages(3, (i) => ({ at: (i + 1) * 7 * HOUR + 900_000 + i * 30_000 })))).toEqual([]);
  });
});

describe("after-large-message", () => {
  it("with something on the way that is far larger than usual", () => {
    const found = patterns(outages(4, (i) => ({ largest: (700 + i) * KIB })));
    expect(found).toMatchObject([{ kind: "after-large-message" }]);
    expect(found[0].message).toMatch(/700 KiB or more, where messages have 300 bytes/);
    expect(found[0].evidence.join()).toMatch(/max_payload is 1 MiB/);
  });

  it("begins at 64 KiB, and eight times the usual size, or twice that near to max_payload", () => {
    const told = (largest: number, usual: number, maxPayload = 0) =>
      kinds(outages(4, () => ({ largest, usual, maxPayload }))).length > 0;
    expect([told(64 * KIB, 100), told(64 * KIB - 1, 100)]).toEqual([true, false]);
    expect([told(800 * KIB, 100 * KIB), told(800 * KIB - 1, 100 * KIB)]).toEqual([true, false]);
    expect([told(500 * KIB, 250 * KIB, 1000 * KIB), told(500 * KIB - 1, 100 * KIB, 1000 * KIB)]).toEqual([
      true,
      false,
    ]);
    expect(told(500 * KIB, 251 * KIB, 1000 * KIB)).toBe(false);
  });

  it("is none when all messages are large, or none is", () => {
    expect(kinds(outages(4, () => ({ largest: 700 * KIB, usual: 650 * KIB })))).toEqual([]);
    expect(kinds(outages(4, () => ({ largest: 20 * KIB, usual: 100 })))).toEqual([]);
  });

  it("is none when it was so in some outages", () => {
    expect(kinds(outages(8, (i) => (i < 4 ? { largest: 700 * KIB } : {})))).toEqual([]);
    expect(kinds(outages(2, () => ({ largest: 700 * KIB })))).toEqual([]);
  });
});

describe("same-server", () => {
  it("loses its links, and others carry the connection for much longer", () => {
    const servers = tallies((all) => {
      for (let i = 0; i < 4; i++) {
        all.ended("bad:4222", 30_000, true);
        all.ended("good:4222", 5 * HOUR, false);
      }
    });
    const found = patterns(outages(4), { servers });
    expect(found).toMatchObject([{ kind: "same-server", message: expect.stringMatching(/^bad:4222 loses/) }]);
  });

  it("counts the link that stands now", () => {
    const servers = tallies((all) => {
      for (let i = 0; i < 3; i++) all.ended("bad:4222", 10_000, true);
    });
    expect(kinds(outages(3), { servers })).toEqual([]);
    expect(kinds(outages(3), { servers, now: { server: "good:4222", stood: 10 * HOUR } })).toEqual([
      "same-server",
    ]);
    expect(kinds(outages(3), { servers, now: { server: "bad:4222", stood: 10 * HOUR } })).toEqual([]);
  });

  it("is none where it carries the connection nearly always", () => {
    const servers = tallies((all) => {
      for (let i = 0; i < 6; i++) all.ended("only:4222", HOUR, true);
      all.ended("other:4222", 60_000, false);
    });
    expect(kinds(outages(6), { servers })).toEqual([]);
  });

  it("is none where others lose theirs as often", () => {
    const servers = tallies((all) => {
      for (let i = 0; i < 6; i++) for (const name of ["a:1", "b:1", "c:1"]) all.ended(name, 60_000 + i, true);
    });
    expect(kinds(outages(8), { servers })).toEqual([]);
  });
});

describe("failing-server", () => {
  const fails = (all: ServerTallies, times: number) => {
    for (let i = 0; i < times; i++)
      all.failed("gone:4222", causeOf("refused", "CONNECTION_REFUSED"), i, false);
  };

  it("fails in every outage, and never succeeds", () => {
    const found = patterns(outages(3), { servers: tallies((all) => fails(all, 3)) });
    expect(found).toMatchObject([{ kind: "failing-server", message: "gone:4222 fails every attempt" }]);
    expect(found[0].advice.join()).toMatch(/docs\/causes\/refused\.md/);
  });

  it("is none when it has carried a link meanwhile, or has failed in one outage only", () => {
    const back = tallies((all) => {
      fails(all, 3);
      all.stands("gone:4222", 2);
    });
    expect(kinds(outages(3), { servers: back })).toEqual([]);
    const once = tallies((all) => {
      for (let i = 0; i < 50; i++) all.failed("gone:4222", causeOf("refused"), 1, false);
    });
    expect(kinds(outages(3), { servers: once })).toEqual([]);
    expect(kinds(outages(3), { servers: tallies((all) => fails(all, 2)) })).toEqual([]);
  });

  it("is none any more when ten outages have come without an attempt there", () => {
    const servers = tallies((all) => fails(all, 3));
    expect(kinds(outages(11), { servers })).toEqual(["failing-server"]);
    expect(kinds(outages(12), { servers })).toEqual([]);
  });
});

describe("dns", () => {
  const unresolved = (times: number) =>
    tallies((all) => {
      for (let i = 0; i < times; i++) all.failed("nats.example:4222", causeOf("network"), 0, true);
    });

  it("when names are not found, again and again", () => {
    expect(patterns([], { servers: unresolved(3) })).toMatchObject([
      { kind: "dns", message: expect.stringMatching(/nats\.example:4222$/) },
    ]);
  });

  it("is none for less, or for other failures", () => {
    expect(kinds([], { servers: unresolved(2) })).toEqual([]);
    const other = tallies((all) => {
      for (let i = 0; i < 5; i++) all.failed("nats.example:4222", causeOf("network"), 0, false);
    });
    expect(kinds([], { servers: other })).toEqual([]);
  });
});

describe("together", () => {
  const burst = (connections: number, of: number, ...servers: string[]) => ({
    burst: { at: 0, connections, of, back: 0, servers: new Map(servers.map((server) => [server, 1])) },
  });

  it("at several servers: this host", () => {
    const found = patterns(outages(3, () => burst(4, 4, "a:1", "b:1")));
    expect(found).toMatchObject([
      { kind: "together", message: expect.stringMatching(/^all 4 connections.*this host/) },
    ]);
  });

  it("at one server: that one", () => {
    const found = patterns(outages(3, () => burst(3, 4, "a:1")));
    expect(found).toMatchObject([
      { kind: "together", message: expect.stringMatching(/^3 of 4 .*one server each time/) },
    ]);
  });

  it("is none where one connection lost many links while the others lost one each", () => {
    const [alone, once] = [burst(1, 4, "a:1"), burst(4, 4, "a:1", "b:1")];
    expect(kinds(outages(100, (i) => (i < 30 ? alone : once)))).not.toContain("together");
  });

  it("is none for a few of many, for one alone, and after stalls", () => {
    expect(kinds(outages(4, () => burst(4, 100, "a:1")))).toEqual([]);
    expect(kinds(outages(4, () => burst(1, 1, "a:1")))).toEqual([]);
    const stall = { ...burst(4, 4, "a:1"), cause: causeOf("local-stall") };
    expect(kinds(outages(4, () => stall))).toEqual(["after-stall"]);
  });
});

describe("after-stall", () => {
  it("tells how long this process stood", () => {
    const found = patterns(outages(5, (i) => (i < 3 ? { cause: causeOf("local-stall") } : {})));
    expect(found).toMatchObject([{ kind: "after-stall" }]);
    expect(found[0].evidence.join()).toMatch(/3 of 5 outages.*4000 ms/);
  });

  it("is none for two", () => {
    expect(kinds(outages(5, (i) => (i < 2 ? { cause: causeOf("local-stall") } : {})))).toEqual([]);
  });
});

describe("flapping", () => {
  it("when links hardly stand", () => {
    const list = outages(4, (i) => ({ at: HOUR + i * 10_000, stood: [900, 2100, 5300, 40][i] }));
    expect(patterns(list)).toMatchObject([
      { kind: "flapping", message: expect.stringMatching(/less than 10 s/) },
    ]);
  });

  it("is none when it was so hours apart, or links stand for longer", () => {
    expect(kinds(outages(4, (i) => ({ stood: [900, 2100, 5300, 40][i] })))).toEqual([]);
    expect(
      kinds(outages(4, (i) => ({ at: HOUR + i * 60_000, stood: [12_000, 47_000, 33_000, 21_000][i] }))),
    ).toEqual([]);
  });
});

describe("authentication", () => {
  it("when credentials are refused again and again", () => {
    const servers = tallies((all) =>
      all.failed("a:1", causeOf("authentication", "AUTHORIZATION_VIOLATION"), 0, false),
    );
    const found = patterns([], { refusals: 3, servers });
    expect(found).toMatchObject([{ kind: "authentication" }]);
    expect(found[0].evidence[1]).toMatch(/^a:1: .*AUTHORIZATION_VIOLATION/);
  });

  it("is none for two", () => {
    expect(kinds([], { refusals: 2 })).toEqual([]);
  });
});

describe("slower-reconnects", () => {
  it("when each outage lasts longer", () => {
    const list = outages(7, (i) => ({ downtime: 500 * 2 ** i, failed: i }));
    expect(patterns(list)).toMatchObject([{ kind: "slower-reconnects" }]);
    expect(patterns(list)[0].evidence[1]).toMatch(/2, 3, 4, 5, 6, 7$/);
  });

  it("is none when one does not, when they hardly do, or when there are few", () => {
    expect(kinds(outages(7, (i) => ({ downtime: i === 4 ? 10 : 500 * 2 ** i })))).toEqual([]);
    expect(kinds(outages(7, (i) => ({ downtime: 5000 + i })))).toEqual([]);
    expect(kinds(outages(5, (i) => ({ downtime: 500 * 2 ** i })))).toEqual([]);
  });
});

describe("removed-alone", () => {
  const silent = { cause: causeOf("server-shutdown") };

  it("servers that go on themselves when links end without a word", () => {
    const [found] = patterns(outages(4, (i) => ({ ...silent, sameProcess: i !== 2 })));
    expect(found).toMatchObject({
      kind: "removed-alone",
      evidence: [
        expect.stringMatching(/^after 3 of 4 outages the same process/),
        "the servers: s0:4222, s1:4222",
      ],
      advice: [expect.stringContaining("/connz?state=closed"), expect.anything(), expect.anything()],
    });
  });

  it("not where servers were restarted, said why, or it happened twice", () => {
    expect(kinds(outages(8, () => ({ ...silent, sameProcess: false })))).toEqual([]);
    expect(kinds(outages(8, () => ({ ...silent, sameProcess: undefined })))).toEqual([]);
    expect(kinds(outages(8, () => ({ cause: causeOf("network"), sameProcess: true })))).toEqual([]);
    expect(kinds(outages(2, () => ({ ...silent, sameProcess: true })))).toEqual([]);
    // Of many that had other reasons.
    expect(kinds(outages(8, (i) => (i < 4 ? { ...silent, sameProcess: true } : {})))).toEqual([]);
  });
});
