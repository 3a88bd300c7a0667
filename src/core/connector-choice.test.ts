import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { parseAddress } from "./address.js";
import { Connector, type ConnectorOptions, type Decision, type ServerChoice } from "./connector.js";
import { type PoolServer, ServerPool } from "./pool.js";

const refused = new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED");

type Answer = string | [name: string, delay: number] | undefined;

/** A connector whose application answers with a server's name, with a name and a delay, or with nothing. */
function world(urls: string, answer: (pool: string[]) => Answer, options: Partial<ConnectorOptions> = {}) {
  const pool = new ServerPool(
    urls.split(" ").map((url) => parseAddress(url)),
    undefined,
  );
  const asked: string[] = [];
  const nameOf = (server: PoolServer) => server.address.hostname;
  const choose = (servers: readonly PoolServer[]): ServerChoice | undefined => {
    const names = servers.map(nameOf);
    asked.push(names.join(""));
    const said = answer(names);
    if (said === undefined) return undefined;
    const [name, delay] = typeof said === "string" ? [said, 0] : said;
    return { server: pool.all.find((server) => nameOf(server) === name)!, delay };
  };
  const connector = new Connector(pool, {
    maxReconnectAttempts: -1,
    maxPasses: Number.POSITIVE_INFINITY,
    delay: (pass) => pass * 100,
    ignoreAuthErrorAbort: false,
    stableAfter: 1000,
    choose,
    ...options,
  });
  const tell = (decision: Decision): string => {
    if (decision.type === "dial") return nameOf(decision.server);
    if (decision.type !== "wait") return decision.type;
    return `wait ${decision.delay}${decision.passEnded ? "" : ", same pass"}`;
  };
  /** Takes `count` decisions; each attempt fails. */
  const fail = (count: number): string[] =>
    Array.from({ length: count }, () => {
      const decision = connector.next(0);
      if (decision.type === "dial") connector.failed(decision.server, refused, 0);
      return tell(decision);
    });
  return { pool, connector, asked, fail, tell };
}

describe("the application's choice", () => {
  it("is asked for before every attempt, once, with the default choice in front [parity 93]", () => {
    const { asked, fail } = world("a b c", () => undefined);
    expect(fail(5)).toEqual(["a", "b", "c", "wait 100", "a"]);
    expect(asked).toEqual(["abc", "bca", "cab", "abc"]);
  });

  it("is dialled at once, and the others keep their turn [parity 93]", () => {
    let first = true;
    const { fail } = world("a b c", () => {
      if (!first) return undefined;
      first = false;
      return "c";
    });
    expect(fail(4)).toEqual(["c", "a", "b", "wait 100"]);
  });

  it("of the same server again and again waits as a whole pass would: it does not spin [parity 76]", () => {
    const { asked, fail } = world("a b c", () => "b");
    expect(fail(6)).toEqual(["b", "wait 100", "b", "wait 200", "b", "wait 300"]);
    expect(asked).toHaveLength(4);
  });

  it("with a delay waits so long, instead of the wait between passes [parity 83]", () => {
    const { asked, fail } = world("a b", () => ["b", 500]);
    expect(fail(6)).toEqual(["wait 500, same pass", "b", "wait 500", "b", "wait 500", "b"]);
    expect(asked).toHaveLength(3);
  });

  it("of a single server waits between the attempts", () => {
    const { fail } = world("a", () => "a");
    expect(fail(5)).toEqual(["a", "wait 100", "a", "wait 200", "a"]);
  });

  it("is forgotten when that server has left the pool meanwhile", () => {
    const { pool, fail } = world("a b", (names) => (names.includes("b") ? ["b", 500] : undefined));
    expect(fail(1)).toEqual(["wait 500, same pass"]);
    pool.replace([parseAddress("c")]);
    expect(fail(2)).toEqual(["c", "wait 100"]);
  });

  it("does not count when the pool was replaced from within", () => {
    const { pool, fail } = world("a b", (names) => {
      if (names.includes("c")) return undefined;
      pool.replace([parseAddress("c")]);
      return undefined;
    });
    expect(fail(2)).toEqual(["c", "wait 100"]);
  });

  it("is dialled at once when the wait is cut short", () => {
    const { connector, fail } = world("a b", () => ["b", 500]);
    expect(fail(1)).toEqual(["wait 500, same pass"]);
    connector.anew();
    expect(fail(1)).toEqual(["b"]);
  });

  it("is forgotten when a link stands", () => {
    const { connector, pool, asked, fail } = world("a b", () => ["b", 500]);
    fail(1);
    connector.connected(pool.all[0]);
    connector.begin(pool.all[0], 5000, refused, false, 0);
    fail(1);
    expect(asked).toHaveLength(2);
  });

  it("counts its passes: the limit of passes and of attempts holds for it as well", () => {
    const passes = world("a b", () => ["a", 5], { maxPasses: 2 });
    expect(passes.fail(5)).toEqual(["wait 5, same pass", "a", "wait 5", "a", "give-up"]);
    const attempts = world("a b", () => "a", { maxReconnectAttempts: 1 });
    attempts.fail(1);
    expect(attempts.pool.all.map((server) => server.address.hostname)).toEqual(["b"]);
  });

  it("whatever it is: one question per attempt, servers of the pool alone, and none twice without a wait (property)", () => {
    const letters = ["a", "b", "c"];
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.constant("next" as const) },
      { weight: 1, arbitrary: fc.constantFrom("connect" as const, "anew" as const) },
      { weight: 1, arbitrary: fc.subarray(letters, { minLength: 1 }) },
    );
    const said = fc.option(fc.tuple(fc.constantFrom(...letters), fc.constantFrom(0, 0, 7)), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(said, { minLength: 1 }), fc.array(step, { maxLength: 60 }), (answers, steps) => {
        let turn = 0;
        const { pool, connector, asked } = world("a b c", (names) => {
          const answer = answers[turn++ % answers.length];
          return answer !== undefined && names.includes(answer[0]) ? answer : undefined;
        });
        /** Dialled since the last wait, or since a pass was begun anew. */
        const dialled = new Set<PoolServer>();
        let dials = 0;
        for (const what of steps) {
          if (Array.isArray(what)) pool.replace(what.map((name) => parseAddress(name)));
          else if (what === "anew") connector.anew();
          if (what !== "next" && what !== "connect") {
            dialled.clear();
            continue;
          }
          const decision = connector.next(0);
          if (decision.type === "wait") {
            expect(decision.delay).toBeGreaterThan(0);
            if (decision.passEnded) dialled.clear();
            continue;
          }
          if (decision.type !== "dial") throw new Error(decision.type);
          const { server } = decision;
          dials++;
          expect(pool.has(server)).toBe(true);
          expect(dialled.has(server)).toBe(false);
          dialled.add(server);
          if (what === "next") connector.failed(server, refused, 0);
          else {
            connector.connected(server);
            connector.begin(server, 5000, refused, false, 0);
            dialled.clear();
          }
        }
        // An answer is kept for later at most once, or is forgotten with its server.
        expect(asked.length).toBeGreaterThanOrEqual(dials);
        expect(asked.length).toBeLessThanOrEqual(
          dials + steps.filter((what) => Array.isArray(what)).length + 1,
        );
      }),
    );
  });

  describe("while other attempts are under way", () => {
    it("is dialled beside them when it was not tried yet", () => {
      const answers = ["c", "b"];
      const { connector, tell } = world("a b c", () => answers.shift());
      expect(tell(connector.next(0))).toBe("c");
      expect(tell(connector.next(0, true))).toBe("b");
    });

    it("is kept for later when it is under way itself, or has a delay", () => {
      const pinned = world("a b", () => "b");
      expect(pinned.tell(pinned.connector.next(0))).toBe("b");
      expect(pinned.tell(pinned.connector.next(0, true))).toBe("none");
      expect(pinned.asked).toHaveLength(2);
      expect(pinned.fail(2)).toEqual(["wait 100", "b"]);
      expect(pinned.asked).toHaveLength(2);

      let asked = 0;
      const slow = world("a b", () => (asked++ === 0 ? "a" : ["b", 700]));
      slow.connector.next(0);
      expect(slow.tell(slow.connector.next(0, true))).toBe("none");
      expect(slow.fail(2)).toEqual(["wait 700, same pass", "b"]);
    });
  });
});
