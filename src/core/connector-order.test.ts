import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { parseInfo } from "../wire/info.js";
import { parseAddress } from "./address.js";
import { Connector, type ConnectorOptions } from "./connector.js";
import { type PoolServer, ServerPool } from "./pool.js";
import { NOT_PREFERRED, type Preference } from "./preference.js";
import { serverError } from "./server-errors.js";
import { Place } from "./standing.js";

const refused = new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED");
const full = serverError("maximum connections exceeded");
const throttled = serverError("Connection throttling is active. Please try again later.");

const nameOf = (server: PoolServer) => server.address.hostname;

/** Prefers the servers whose names stand in `order`, the earlier the more. */
function preferring(order: string): Preference & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    needsInfo: false,
    rank: (server) => (order.includes(nameOf(server)) ? order.indexOf(nameOf(server)) : NOT_PREFERRED),
    outage: () => void told.push("outage"),
    reached: (servers) => void told.push(`reached ${servers.map(nameOf).join("")}`),
  };
}

/** A connector over servers with one letter each, in this order, and a clock. */
function world(letters: string, options: Partial<ConnectorOptions> = {}) {
  const pool = new ServerPool(
    [...letters].map((letter) => parseAddress(letter)),
    undefined,
  );
  const connector = new Connector(pool, {
    maxReconnectAttempts: -1,
    maxPasses: Number.POSITIVE_INFINITY,
    delay: (pass, _elapsed, isFull) => (isFull ? -pass : pass),
    ignoreAuthErrorAbort: false,
    stableAfter: 1000,
    ...options,
  });
  const clock = { now: 1_000_000 };
  const at = (name: string) => pool.all.find((server) => nameOf(server) === name)!;
  /** Takes decisions, each attempt failing, to the end of the pass: the servers, and the wait. */
  const pass = (error: Error | ((name: string) => Error) = refused): string => {
    let said = "";
    for (;;) {
      const decision = connector.next(clock.now);
      if (decision.type === "wait") return `${said} ${decision.delay}`;
      if (decision.type !== "dial") return `${said} ${decision.type}`;
      const name = nameOf(decision.server);
      said += name;
      connector.failed(decision.server, error instanceof Error ? error : error(name), clock.now);
    }
  };
  /** The next server that is dialled, and reached. */
  const reach = (): string => {
    for (;;) {
      const decision = connector.next(clock.now);
      if (decision.type === "give-up") throw decision.error;
      if (decision.type !== "dial") continue;
      connector.connected(decision.server);
      return nameOf(decision.server);
    }
  };
  const lose = (name: string, stood = 5000, error: Error | undefined = refused, ours = false) =>
    connector.begin(at(name), stood, error, ours, clock.now);
  const leave = (name: string) => connector.begin(at(name), 5000, undefined, false, clock.now);
  return { pool, connector, clock, at, pass, reach, lose, leave };
}

describe("within a pass", () => {
  it("servers that failed lately come behind the others, for 30 s", () => {
    const { clock, at, reach, lose, pass } = world("abc");
    at("a").standing.failed(clock.now);
    expect(reach()).toBe("b");
    lose("b");
    expect(pass()).toBe("cab 1");
    const later = world("abc");
    later.at("a").standing.failed(later.clock.now);
    later.clock.now += 30_000;
    expect(later.reach()).toBe("a");
  });

  it("the one that was just lost comes behind those that failed lately", () => {
    const { at, clock, lose, pass, reach } = world("ab");
    expect(reach()).toBe("a");
    at("b").standing.failed(clock.now);
    lose("a");
    expect(pass()).toBe("ba 1");
  });

  it("the one that was left comes last, although nothing speaks against it", () => {
    const { at, clock, leave, pass, reach } = world("abc", { preference: preferring("a") });
    expect(reach()).toBe("a");
    at("b").standing.failed(clock.now);
    leave("a");
    expect(pass()).toBe("cba 1");
    clock.now += 60_000;
    expect(pass()).toBe("acb 2");
  });

  it("one that shuts down comes behind the others, until it is back", () => {
    const { pool, at, clock, lose, pass, reach } = world("abc");
    pool.told(at("a"), parseInfo('{"ldm":true}'), clock.now);
    expect(reach()).toBe("b");
    pool.told(at("a"), parseInfo("{}"), clock.now);
    lose("b");
    expect(pass()).toBe("acb 1");
  });

  it("one that is full comes behind the others", () => {
    const { connector, clock, lose, pass, reach } = world("abc");
    const first = connector.next(clock.now);
    if (first.type === "dial") connector.failed(first.server, full, clock.now);
    expect(reach()).toBe("b");
    lose("b");
    expect(pass()).toBe("cab 1");
  });

  it("one whose links do not last comes behind those that failed lately, before the one that was just lost", () => {
    const { at, clock, lose, pass, reach } = world("abc");
    for (let i = 0; i < 2; i++) at("a").standing.flapped(clock.now);
    expect(reach()).toBe("b");
    at("c").standing.failed(clock.now);
    lose("b");
    expect(pass()).toBe("cab 1");
  });

  it("one whose links do not last is dialled when it is the only one", () => {
    const { clock, lose, reach } = world("a");
    for (let i = 0; i < 9; i++) {
      expect(reach()).toBe("a");
      lose("a", 5);
      clock.now += 10;
    }
  });

  it("one whose links do not last is passed over, though preferred, and has another chance later", () => {
    const { at, clock, lose, reach } = world("abc", { preference: preferring("a") });
    const loseNext = () => {
      const name = reach();
      lose(name, name === "a" ? 5 : 5000);
      clock.now += 100;
      return name;
    };
    // The first flap makes it no worse than one that has failed: it is the preferred one of them. Then b and c take turns.
    expect(Array.from({ length: 7 }, loseNext).join("")).toBe("abcabcb");
    expect(at("a").standing.place(clock.now)).toBe(Place.flapping);
    expect(reach()).toBe("c");
    clock.now += 60_000;
    lose("c");
    expect(reach()).toBe("a");
  });

  it("one whose links do not last comes behind others of that kind when it was just lost", () => {
    const { at, clock, lose, pass, reach } = world("ab");
    expect(reach()).toBe("a");
    for (const name of "ab") for (let i = 0; i < 2; i++) at(name).standing.flapped(clock.now);
    lose("a", 5);
    expect(pass()).toBe("ba 1");
  });

  it("one that was lost is doubtful in the next outage, until it is reached again", () => {
    const { at, clock, lose, pass, reach } = world("abc", { preference: preferring("a") });
    expect(reach()).toBe("a");
    lose("a");
    expect(reach()).toBe("b");
    lose("b");
    expect(pass()).toBe("cab 1");
    expect(reach()).toBe("a");
    expect(at("a").standing.place(clock.now)).toBe(Place.well);
    expect(at("b").standing.place(clock.now)).toBe(Place.doubtful);
  });

  it("one whose last link has stood is none whose links do not last", () => {
    const { at, clock, lose } = world("ab");
    lose("a", 5);
    lose("a", 1000);
    lose("a", 5);
    expect(at("a").standing.place(clock.now)).toBe(Place.doubtful);
    lose("a", 5);
    expect(at("a").standing.place(clock.now)).toBe(Place.flapping);
  });

  it("links that were lost for what we wrote say nothing against their server", () => {
    const { lose, pass, reach } = world("abc");
    for (let i = 0; i < 3; i++) {
      expect(reach()).toBe("abc"[i]);
      lose("abc"[i], 5, refused, true);
    }
    expect(pass()).toBe("abc 1");
  });
});

describe("preferred servers", () => {
  it("come first, in their order, and then the others as ever", () => {
    const { pass } = world("abcd", { preference: preferring("dc") });
    expect(pass()).toBe("dcab 1");
    expect(pass()).toBe("dcab 2");
  });

  it("that failed lately, or were just lost, come last like the others, the preferred first among these", () => {
    const { at, clock, lose, pass, reach } = world("abcd", { preference: preferring("dc") });
    expect(reach()).toBe("d");
    at("c").standing.failed(clock.now);
    at("a").standing.failed(clock.now);
    lose("d");
    expect(pass()).toBe("bcad 1");
    expect(pass()).toBe("dcba 2");
  });

  it("are the default of the application's choice", () => {
    const seen: string[] = [];
    const choose = (servers: readonly PoolServer[]) => {
      seen.push(servers.map(nameOf).join(""));
      return undefined;
    };
    const { pass } = world("abc", { preference: preferring("c"), choose });
    expect(pass()).toBe("cab 1");
    expect(seen).toEqual(["cab", "abc", "bca"]);
  });

  it("lose against the application's choice", () => {
    const { pool, pass } = world("abc", {
      preference: preferring("c"),
      choose: () => ({ server: pool.all.find((server) => nameOf(server) === "b")!, delay: 0 }),
    });
    expect(pass()).toBe("b 1");
  });

  it("are told of outages, and of the servers that there are when one is reached", () => {
    const preference = preferring("b");
    const { lose, reach } = world("ab", { preference });
    expect(reach()).toBe("b");
    lose("b");
    expect(preference.told).toEqual(["reached ab", "outage"]);
  });

  it("that are asked for by a function which replaces the pool from within are not dialled when they are gone", () => {
    const preference = preferring("b");
    const { pool, pass } = world("ab", { preference });
    const { rank } = preference;
    let replaced = false;
    preference.rank = (server) => {
      if (!replaced) {
        replaced = true;
        pool.replace([parseAddress("x"), parseAddress("y")]);
      }
      return rank(server);
    };
    expect(pass()).toBe("xy 1");
  });

  it("that are asked for by a function which has them dialled from within are not dialled twice", () => {
    const preference = preferring("b");
    const { connector, clock, pass } = world("abc", { preference });
    const { rank } = preference;
    let from = "";
    preference.rank = (server) => {
      if (from === "" && nameOf(server) === "c") {
        from = "within";
        const decision = connector.next(clock.now);
        if (decision.type === "dial") from = nameOf(decision.server);
      }
      return rank(server);
    };
    expect(pass()).toBe("ac 1");
    expect(from).toBe("b");
  });

  it("whatever is known of the servers, each has its turn once in a pass (property)", () => {
    const what = fc.constantFrom("failed", "flapped", "lame", "lost", "left", "wait", "none");
    const step = fc.tuple(what, fc.constantFrom(..."abcd"));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.subarray([..."abcd"]), (steps, order) => {
        const { clock, at, connector, lose, leave, pass } = world("abcd", {
          preference: preferring(order.join("")),
        });
        for (const [happens, name] of steps) {
          if (happens === "failed") at(name).standing.failed(clock.now);
          else if (happens === "flapped") at(name).standing.flapped(clock.now);
          else if (happens === "lame") at(name).standing.told(true, clock.now);
          else if (happens === "lost") lose(name, 5);
          else if (happens === "left") leave(name);
          else if (happens === "wait") clock.now += 10_000;
        }
        connector.anew();
        expect([...pass().split(" ")[0]].toSorted().join("")).toBe("abcd");
      }),
    );
  });
});

describe("the wait", () => {
  it.each([full, throttled])(
    "after a pass in which a server had no room for us is another one: %s",
    (error) => {
      const { pass } = world("ab");
      expect(pass((name) => (name === "a" ? error : refused))).toBe("ab -1");
      expect(pass()).toBe("ab 2");
    },
  );

  it("is another one, too, when the link was lost for that", () => {
    const { lose, pass, reach } = world("ab");
    expect(reach()).toBe("a");
    lose("a", 5000, full);
    expect(pass()).toBe("ba -1");
  });

  it("is the usual one when a link stood in between", () => {
    const { connector, clock, lose, pass, reach } = world("ab");
    const first = connector.next(clock.now);
    if (first.type === "dial") connector.failed(first.server, full, clock.now);
    expect(reach()).toBe("b");
    lose("b");
    expect(pass()).toBe("ab 1");
  });

  it("begins anew after a link that stood and was left, not after one that did not stand", () => {
    const { connector, at, clock, pass, reach, leave } = world("a");
    expect([pass(), pass(), pass()]).toEqual(["a 1", "a 2", "a 3"]);
    expect(reach()).toBe("a");
    connector.begin(at("a"), 999, undefined, false, clock.now);
    expect(pass()).toBe("a 4");
    expect(reach()).toBe("a");
    leave("a");
    expect(pass()).toBe("a 1");
  });

  it("is told how long the outage has lasted, from its first attempt", () => {
    const elapsed: (number | undefined)[] = [];
    const { clock, lose, pass, reach } = world("a", {
      delay: (_pass, since) => {
        elapsed.push(since);
        return 1;
      },
    });
    reach();
    clock.now += 77_000;
    lose("a");
    for (let i = 0; i < 3; i++) {
      pass();
      clock.now += 1500;
    }
    expect(elapsed).toEqual([0, 1500, 3000]);
  });
});
