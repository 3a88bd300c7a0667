import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ServerPool } from "../core/pool.js";
import { CodedError } from "../errors.js";
import { askAuthenticators } from "../interop/auth.js";
import { VERSION } from "../version.js";
import type { ConnectionOptions } from "./options.js";
import { parseServers, toSettings } from "./settings.js";

const reports: Error[] = [];
const CONTEXT = {
  lastError: () => undefined,
  info: () => undefined,
  report: (error: Error) => reports.push(error),
};
const settings = (options: ConnectionOptions = {}, random = () => 0.5) =>
  toSettings(options, random, CONTEXT);
const engine = (options: ConnectionOptions = {}) => settings(options).engine;
const MIB = 1024 * 1024;

function refusal(options: unknown): CodedError {
  try {
    toSettings(options, Math.random, CONTEXT);
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  throw new Error("was taken");
}

describe("the version", () => {
  it("equals that of package.json, and is what the server is told", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(VERSION).toBe(version);
    expect(engine().connect).toMatchObject({ lang: "holdfast", version });
  });
});

describe("the defaults", () => {
  it("are those of promises.md [parity 193]", () => {
    expect(engine()).toMatchObject({
      timeout: 5000,
      reconnect: true,
      retryFirst: false,
      atLeastOnce: true,
      reconnectBufSize: 8 * MIB,
      maxPending: 64 * MIB,
      replayMargin: 0,
      holdTimeout: 0,
      ignoreClusterUpdates: false,
      liveness: { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 5000 },
      connect: { verbose: false, pedantic: false, echo: true },
    });
    expect(engine().connector).toMatchObject({
      maxReconnectAttempts: -1,
      maxPasses: Number.POSITIVE_INFINITY,
      ignoreAuthErrorAbort: false,
    });
    expect(settings().addresses.map(({ listen }) => listen)).toEqual(["127.0.0.1:4222"]);
    expect("name" in engine().connect).toBe(false);
  });

  it("put publish() above its high-water mark well below maxPending", () => {
    expect(engine().highWater).toBe(4 * MIB);
    expect(engine({ maxPending: 1000 }).highWater).toBeLessThan(1000);
    expect(engine({ maxPending: 1000 }).highWater).toBeGreaterThan(0);
  });
});

describe("options", () => {
  it("become the engine's", () => {
    expect(
      engine({
        timeout: 100,
        reconnect: false,
        delivery: "at-most-once",
        reconnectBufSize: 500,
        maxPending: 1000,
        replayMargin: 250,
        noEcho: true,
        verbose: true,
        pedantic: true,
        name: "me",
        pingInterval: 10,
        maxPingOut: 7,
        stallTimeout: 0,
        ignoreClusterUpdates: true,
        maxReconnectAttempts: 3,
      }),
    ).toMatchObject({
      timeout: 100,
      reconnect: false,
      atLeastOnce: false,
      reconnectBufSize: 500,
      maxPending: 1000,
      replayMargin: 250,
      connect: { echo: false, verbose: true, pedantic: true, name: "me" },
      liveness: { pingInterval: 10, maxPingOut: 7, stallTimeout: 0 },
      ignoreClusterUpdates: true,
      connector: { maxReconnectAttempts: 3 },
    });
  });

  it("reconnectBufSize: 0 is the default, -1 nothing", () => {
    expect(engine({ reconnectBufSize: 0 }).reconnectBufSize).toBe(8 * MIB);
    expect(engine({ reconnectBufSize: -1 }).reconnectBufSize).toBe(-1);
  });

  it("pingInterval of 0 or less is none", () => {
    expect(engine({ pingInterval: 0 }).liveness.pingInterval).toBe(0);
    expect(engine({ pingInterval: -5 }).liveness.pingInterval).toBe(0);
  });

  it("waitOnFirstConnect and retryOnFailedConnect both go on after a failed first connect", () => {
    expect(engine({ waitOnFirstConnect: true }).retryFirst).toBe(true);
    expect(engine({ retryOnFailedConnect: true }).retryFirst).toBe(true);
  });

  it("beforeReplay holds the replay back, for so long at most", () => {
    expect(engine({ beforeReplay: () => {} }).holdTimeout).toBe(5000);
    expect(engine({ beforeReplay: () => {}, beforeReplayTimeout: 100 }).holdTimeout).toBe(100);
  });

  it("ignoreAuthErrorAbort is the default with an authenticator, whose answer may change", () => {
    const authenticator = () => ({ user: "me" });
    expect(engine({ authenticator }).connector.ignoreAuthErrorAbort).toBe(true);
    expect(engine({ authenticator, ignoreAuthErrorAbort: false }).connector.ignoreAuthErrorAbort).toBe(false);
    expect(engine({ user: "me", ignoreAuthErrorAbort: true }).connector.ignoreAuthErrorAbort).toBe(true);
  });

  it("are all refused as check-options says", () => {
    expect(refusal({ pinginterval: 1 }).detail.option).toBe("pinginterval");
    expect(refusal(null).code).toBe("INVALID_OPTION");
  });
});

describe("inboxes", () => {
  it("begin with the prefix, and no two connections have the same", () => {
    expect(engine().inbox).toMatch(/^_INBOX\.\w{22}\.$/);
    expect(engine({ inboxPrefix: "_MINE.me" }).inbox).toMatch(/^_MINE\.me\.\w{22}\.$/);
    expect(engine().inbox).not.toBe(engine().inbox);
  });

  it("are told to nobody where a move listens to itself: that one is not to be guessed from the other", () => {
    const { inbox, secret: another } = engine({ inboxPrefix: "_MINE.me" });
    const secret = another();
    expect(secret).toMatch(/^_MINE\.me\.\w{22}\.$/);
    // Ids of one source begin alike.
    expect(secret.slice(0, 20)).not.toBe(inbox.slice(0, 20));
    expect(another()).not.toBe(secret);
    expect(engine().secret()).toMatch(/^_INBOX\.\w{22}\.$/);
  });

  it.each(["", "a b", "a..b", "a.", ".a", "a\r\n", "a.*", ">", "a.>"])(
    "with the prefix %j are refused [parity 191]",
    (inboxPrefix) => {
      expect(refusal({ inboxPrefix })).toMatchObject({
        code: "INVALID_OPTION",
        detail: { option: "inboxPrefix" },
      });
    },
  );
});

describe("servers", () => {
  const listens = (servers: string | string[]) => parseServers(servers).map(({ listen }) => listen);

  it("are one, a comma-separated list, or many [parity 3, 4, 29]", () => {
    expect(listens("h")).toEqual(["h:4222"]);
    expect(listens("h, i:1 ,[::1]")).toEqual(["h:4222", "i:1", "[::1]:4222"]);
    expect(listens(["h", "nats://i"])).toEqual(["h:4222", "i:4222"]);
    expect(listens("h,")).toEqual(["h:4222"]);
    expect(listens("nats://u:p@h,u:p@i,nats://j,nats://t@k")).toEqual([
      "h:4222",
      "i:4222",
      "j:4222",
      "k:4222",
    ]);
  });

  it("are not split in an array: a comma is one of a password there", () => {
    const parsed = parseServers(["nats://me:a,b@h", "i:1", "wss://gateway/nats?token=a,b"]);
    expect(parsed.map(({ listen, user, pass }) => [listen, user, pass])).toEqual([
      ["h:4222", "me", "a,b"],
      ["i:1", undefined, undefined],
      ["gateway:443/nats", undefined, undefined],
    ]);
    for (const servers of [["h,i"], ["nats://me:S3CRET@h,i"], ["h", "i:1,j:2"], ["h\ni"]]) {
      const refused = refusal({ servers });
      expect(refused).toMatchObject({ code: "INVALID_OPTION", detail: { option: "servers" } });
      expect(refused.message).not.toContain("S3CRET");
    }
  });

  it.each([
    "nats://me:S3CRET,S3CRET2@host",
    "nats://me:1234,S3CRET@host:4222",
    "nats://S3CRET,S3CRET2@host",
    "me:S3CRET,S3CRET2@host",
    "me:,S3CRET@host",
    "nats://me:S3CRET,@host",
    "nats://me:S3CRET, S3CRET2,S3CRET3@host",
    "a:4222,nats://me:S3CRET,S3CRET2@host",
    "nats://u:p@a:4222,S3CRET,S3CRET2@host",
  ])("in one text with a comma that may be one of a password are refused, and not shown: %s", (servers) => {
    const { code, detail, message } = refusal({ servers });
    expect([code, detail.option]).toEqual(["INVALID_OPTION", "servers"]);
    expect(message).toMatch(/%2C.*array/);
    expect(message).not.toMatch(/S3CRET|1234/);
  });

  it("may be named by a port alone", () => {
    expect(settings({ port: 4223 }).addresses.map(({ listen }) => listen)).toEqual(["127.0.0.1:4223"]);
  });

  it.each(["", ",", [""], [" ", ","], "h:0", ["h", "i:x"]].map((servers) => ({ servers })))(
    "$servers is refused with the option's name",
    ({ servers }) => {
      expect(refusal({ servers })).toMatchObject({ code: "INVALID_OPTION", detail: { option: "servers" } });
    },
  );

  it.each(["nats://me:S3,CRET@h", "nats://me:S3CRET,x@h", "me:S3CRET,h", "nats://x,me:S3CRET@h:99999"])(
    "never show a password in the error, also not one that a comma cuts: %j",
    (servers) => {
      for (const given of [servers, [servers]]) {
        let error: Error | undefined;
        try {
          parseServers(given);
        } catch (failure) {
          error = failure as Error;
        }
        expect(error?.message ?? "").not.toMatch(/S3|CRET/);
      }
    },
  );
});

describe("credentials", () => {
  const asked = (options: ConnectionOptions) =>
    askAuthenticators(settings(options).authenticators, undefined);

  it("of the options are given to the server", async () => {
    expect(await asked({ user: "me", pass: "secret" })).toEqual({ user: "me", pass: "secret" });
    expect(await asked({ token: "t" })).toEqual({ auth_token: "t" });
    expect(await asked({})).toEqual({});
  });

  it("of an authenticator win over those of the options", async () => {
    const authenticator = [() => ({ user: "other" }), () => ({ auth_token: "t" })] as never;
    expect(await asked({ user: "me", pass: "secret", authenticator })).toEqual({
      user: "other",
      pass: "secret",
      auth_token: "t",
    });
  });

  it("are not part of what every CONNECT says", () => {
    expect(
      JSON.stringify(engine({ user: "me", pass: "S3CRET", servers: "nats://x:S3CRET@h" })),
    ).not.toContain("S3CRET");
  });
});

describe("preferred servers", () => {
  it("rank the servers of the pool; what they are is read as the servers are", () => {
    const [server] = new ServerPool(settings({ servers: "ws://h" }).addresses, undefined).all;
    expect(engine({ servers: "ws://h", preferredServers: ["h"] }).connector.preference?.rank(server)).toBe(0);
    expect(engine().connector.preference).toBeUndefined();
    expect(refusal({ preferredServers: ["h:99999"] }).detail.option).toBe("preferredServers");
  });

  it("are gone back to unless that is not wanted", () => {
    const preferredServers = ["h"];
    expect(engine().failback).toBeUndefined();
    for (const [random, delay] of [
      [0, 15_000],
      [0.5, 30_000],
      [0.9, 42_000],
    ]) {
      const { failback } = settings({ preferredServers }, () => random).engine;
      expect([failback?.delay(), failback?.stable]).toEqual([delay, 10_000]);
    }
    const own = engine({ preferredServers, failback: { interval: 100, stable: 5 } }).failback;
    expect([own?.delay(), own?.stable]).toEqual([100, 5]);
    expect(engine({ preferredServers, failback: false }).failback).toBeUndefined();
  });
});

describe("an outage", () => {
  it("is a partition from 30 s on, or as the option says", () => {
    expect(settings().partitionThreshold).toBe(30_000);
    expect(settings({ partitionThreshold: 0 }).partitionThreshold).toBe(0);
  });
});

describe("moves", () => {
  it("settle as their round trip demands, and begin within five seconds of a lame duck's word", () => {
    expect(engine()).toMatchObject({ standby: undefined, move: { settle: undefined } });
    for (const [random, delay] of [
      [0, 0],
      [0.5, 2500],
      [0.999, 4995],
    ])
      expect(settings({}, () => random).engine.move.lameDuckDelay()).toBe(delay);
  });

  it("are as the options say", () => {
    const { move, standby } = engine({ moveSettle: 0, lameDuckJitter: 100, standby: true });
    expect([move.settle, move.lameDuckDelay()]).toEqual([0, 50]);
    expect([0, 1, 4, 5, 1000].map((failures) => standby?.delay(failures))).toEqual([
      2000, 4000, 32_000, 60_000, 60_000,
    ]);
    expect(engine({ standby: false }).standby).toBeUndefined();
  });
});

describe("waits", () => {
  const delays = (options: ConnectionOptions, random?: () => number) =>
    [1, 2, 3, 20].map((pass) => settings(options, random).engine.connector.delay(pass));

  it("by default are exponential and spread, from 1 s to 30 s", () => {
    expect(delays({}, () => 0.999_999_999).map(Math.round)).toEqual([1000, 2000, 4000, 30_000]);
    expect(delays({}, () => 0).every((delay) => delay > 0)).toBe(true);
  });

  it("follow backoff", () => {
    expect(delays({ backoff: { initial: 10, max: 25, factor: 2, jitter: 0 } })).toEqual([10, 20, 25, 25]);
    expect(engine({ backoff: { maxAttempts: 4 } }).connector.maxPasses).toBe(4);
  });

  it("of backoff never exceed max, also when it is shorter than the default first wait", () => {
    expect(delays({ backoff: { max: 100 } }, () => 0.999_999)).toEqual(
      [100, 100, 100, 100].map((n) => expect.closeTo(n, 0)),
    );
  });

  it("of backoff begin with initial, also when it is longer than the default longest", () => {
    expect(delays({ backoff: { initial: 60_000, jitter: 0 } })[0]).toBe(60_000);
    for (const random of [0, 0.5, 0.999_999]) {
      for (const delay of delays({ backoff: { initial: 3_600_000 } }, () => random)) {
        expect(delay).toBeLessThanOrEqual(3_600_000);
        expect(delay).toBeGreaterThanOrEqual(3_600_000 * 0.05 - 1);
      }
    }
  });

  it("of backoff treat undefined as absent, as everywhere", () => {
    const backoff = {
      initial: undefined,
      max: undefined,
      factor: undefined,
      jitter: undefined,
      maxAttempts: undefined,
    };
    expect(delays({ backoff }, () => 0.5)).toEqual(delays({}, () => 0.5));
    expect(engine({ backoff }).connector.maxPasses).toBe(Number.POSITIVE_INFINITY);
  });

  it("are fixed with reconnectTimeWait, with a jitter of up to 100 ms unless said otherwise", () => {
    expect(delays({ reconnectTimeWait: 2000 }, () => 0)).toEqual([2000, 2000, 2000, 2000]);
    expect(delays({ reconnectTimeWait: 2000 }, () => 0.5)).toEqual([2050, 2050, 2050, 2050]);
    expect(delays({ reconnectTimeWait: 2000, reconnectJitter: 0 }, () => 0.5)).toEqual([
      2000, 2000, 2000, 2000,
    ]);
    expect(delays({ reconnectTimeWait: 0, reconnectJitter: 0 })).toEqual([0, 0, 0, 0]);
  });

  it("are what reconnectDelayHandler says; it is told the number and the last error", () => {
    const told: unknown[] = [];
    const error = new Error("why");
    const handler = (attempt: number, info: object) => {
      told.push([attempt, info]);
      return attempt * 7;
    };
    const { delay } = toSettings({ reconnectDelayHandler: handler }, Math.random, {
      lastError: () => error,
      info: () => undefined,
      report: () => {},
    }).engine.connector;
    expect([delay(1), delay(2)]).toEqual([7, 14]);
    expect(told).toEqual([
      [1, { error }],
      [2, { error }],
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("oops");
      },
    ],
    [
      "throws something odd",
      () => {
        throw Object.create(null);
      },
    ],
    ["answers NaN", () => Number.NaN],
    ["answers a negative number", () => -1],
    ["answers Infinity", () => Number.POSITIVE_INFINITY],
    ["answers nothing", () => undefined],
    ["answers a promise", () => Promise.resolve(5)],
    ["answers a text", () => "5"],
  ])("are the default when the handler %s, and it is reported", (_what, handler) => {
    reports.length = 0;
    const { delay } = settings({ reconnectDelayHandler: handler as never }, () => 0.5).engine.connector;
    expect(delay(1)).toBeGreaterThan(0);
    expect(delay(1)).toBeLessThanOrEqual(1000);
    expect(reports[0]).toMatchObject({ code: "CALLBACK_FAILED", option: "reconnectDelayHandler" });
  });
});
