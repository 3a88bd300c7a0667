import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { parseAddress } from "./address.js";
import { Connector, type ConnectorOptions } from "./connector.js";
import { type PoolServer, ServerPool } from "./pool.js";
import { serverError } from "./server-errors.js";

const OPTIONS: ConnectorOptions = {
  maxReconnectAttempts: -1,
  maxPasses: Number.POSITIVE_INFINITY,
  delay: (pass) => pass * 100,
  ignoreAuthErrorAbort: false,
  stableAfter: 1000,
};
const refused = new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED");
const denied = serverError("Authorization Violation");

function world(urls: string, options: Partial<ConnectorOptions> = {}) {
  const pool = new ServerPool(
    urls.split(" ").map((url) => parseAddress(url)),
    undefined,
  );
  const connector = new Connector(pool, { ...OPTIONS, ...options });
  /** Takes decisions, each attempt failing, until `count` are taken; in short words. */
  const fail = (count: number, error: Error = refused): string[] =>
    Array.from({ length: count }, () => {
      const decision = connector.next(0);
      if (decision.type === "dial") {
        connector.failed(decision.server, error, 0);
        return decision.server.address.hostname;
      }
      return decision.type === "wait" ? `wait ${decision.delay}` : "give up";
    });
  const connect = (): PoolServer => {
    for (;;) {
      const decision = connector.next(0);
      if (decision.type === "give-up") throw decision.error;
      if (decision.type !== "dial") continue;
      connector.connected(decision.server);
      return decision.server;
    }
  };
  return { pool, connector, fail, connect };
}

describe("passes", () => {
  it("go through the whole list without a pause, and wait only then, longer each time", () => {
    const { fail } = world("a b c");
    expect(fail(12)).toEqual([
      "a",
      "b",
      "c",
      "wait 100",
      "a",
      "b",
      "c",
      "wait 200",
      "a",
      "b",
      "c",
      "wait 300",
    ]);
  });

  it("of a single server: the first attempt at once, then a wait before each", () => {
    const { connector, fail, connect } = world("a");
    const a = connect();
    connector.begin(a, 5000, refused, false, 0);
    expect(fail(4)).toEqual(["a", "wait 100", "a", "wait 200"]);
  });

  it("after a loss begin with another server where there is one", () => {
    const { connector, fail, connect } = world("a b c");
    const a = connect();
    connector.begin(a, 5000, refused, false, 0);
    expect(fail(4)).toEqual(["b", "c", "a", "wait 100"]);
  });

  it("are as many as allowed, then it gives up with a typed error and the last cause", () => {
    const { connector, fail } = world("a b", { maxPasses: 2 });
    expect(fail(5)).toEqual(["a", "b", "wait 100", "a", "b"]);
    const decision = connector.next(0);
    expect(decision.type).toBe("give-up");
    const error = decision.type === "give-up" && (decision.error as CodedError);
    if (error === false) throw new Error("did not give up");
    expect(error).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    expect(error.message).toContain("4 attempts");
    expect(error.message).toContain(refused.message);
    expect(error.detail.cause).toBe(refused);
  });

  it("of the first connect that leave no server end with the error of the last attempt, as in nats.js", () => {
    const { connector, fail } = world("a b", { maxReconnectAttempts: 1 });
    expect(fail(2)).toEqual(["a", "b"]);
    expect(connector.next(0)).toEqual({ type: "give-up", error: refused });
  });

  it("count the attempts of an outage", () => {
    const { connector, fail, connect } = world("a b");
    fail(3);
    expect(connector.attempts).toBe(2);
    const server = connect();
    connector.begin(server, 5000, refused, false, 0);
    expect(connector.attempts).toBe(0);
    fail(2);
    expect(connector.attempts).toBe(2);
  });

  it("begin anew at once when asked to", () => {
    const { connector, fail } = world("a b");
    expect(fail(3)).toEqual(["a", "b", "wait 100"]);
    expect(fail(1)).toEqual(["a"]);
    connector.anew();
    expect(fail(3)).toEqual(["b", "a", "wait 200"]);
  });
});

describe("a link that did not stand", () => {
  it("is dialled again at once the first time, then not in a tight loop: the waits grow", () => {
    const { connector, connect } = world("a");
    const decisions: string[] = [];
    let server = connect();
    for (let i = 0; i < 5; i++) {
      connector.begin(server, 10, refused, false, 0);
      for (let decision = connector.next(0); ; decision = connector.next(0)) {
        if (decision.type === "give-up") throw decision.error;
        if (decision.type === "wait") decisions.push(`wait ${decision.delay}`);
        if (decision.type !== "dial") continue;
        decisions.push(decision.server.address.hostname);
        server = decision.server;
        connector.connected(server);
        break;
      }
    }
    expect(decisions).toEqual(["a", "wait 100", "a", "wait 200", "a", "wait 300", "a", "wait 400", "a"]);
  });

  it("does not hold up the other servers", () => {
    const { connector, fail, connect } = world("a b c");
    for (let i = 0; i < 3; i++) connector.begin(connect(), 0, refused, false, 0);
    expect(fail(1)[0]).not.toMatch(/^wait/);
  });

  it("does not count any more after one that stood: the waits begin anew", () => {
    const { connector, fail, connect } = world("a");
    connector.begin(connect(), 5, refused, false, 0);
    connector.begin(connect(), 5, refused, false, 0);
    connector.begin(connect(), 5, refused, false, 0);
    connector.begin(connect(), 1000, refused, false, 0);
    expect(fail(4)).toEqual(["a", "wait 100", "a", "wait 200"]);
  });

  it("that was left on purpose is no sign of trouble", () => {
    const { connector, fail, connect } = world("a");
    for (let i = 0; i < 10; i++) connector.begin(connect(), 0, undefined, false, 0);
    expect(fail(2)).toEqual(["a", "wait 100"]);
  });

  it("counts as long as stableAfter says, not a millisecond less", () => {
    const { connector, fail, connect } = world("a");
    connector.begin(connect(), 999, refused, false, 0);
    connector.begin(connect(), 999, refused, false, 0);
    expect(fail(1)).toEqual(["wait 100"]);
    connector.begin(connect(), 1000, refused, false, 0);
    expect(fail(1)).toEqual(["a"]);
  });
});

describe("maxReconnectAttempts", () => {
  it("counts per server: each leaves the pool after so many failures in a row [parity 7, 69]", () => {
    const { pool, fail } = world("a b", { maxReconnectAttempts: 2 });
    expect(fail(5)).toEqual(["a", "b", "wait 100", "a", "b"]);
    expect(pool.all).toEqual([]);
    expect(fail(1)).toEqual(["give up"]);
  });

  it("begins anew with each server that was reached", () => {
    const { pool, connector, fail, connect } = world("a b", { maxReconnectAttempts: 2 });
    expect(fail(3)).toEqual(["a", "b", "wait 100"]);
    const server = connect();
    expect(server.reconnects).toBe(0);
    connector.begin(server, 5000, refused, false, 0);
    expect(fail(3)).toEqual(["b", "a", "wait 100"]);
    expect(pool.all.map((entry) => entry.address.hostname)).toEqual(["a"]);
  });

  it("of -1 is no limit [parity 38]", () => {
    const { pool, fail } = world("a");
    fail(5000);
    expect(pool.all).toHaveLength(1);
  });

  it("of 0 tries each server once all the same", () => {
    const { fail } = world("a b", { maxReconnectAttempts: 0 });
    expect(fail(3)).toEqual(["a", "b", "give up"]);
  });
});

describe("refused credentials", () => {
  it("twice by the same server end it, with the server's error", () => {
    const { connector, fail } = world("a b");
    expect(fail(4, denied)).toEqual(["a", "b", "wait 100", "a"]);
    expect(connector.next(0)).toEqual({ type: "give-up", error: denied });
    expect(connector.next(0)).toEqual({ type: "give-up", error: denied });
  });

  it("once by each of several servers do not end it", () => {
    const { fail } = world("a b c");
    expect(fail(4, denied)).toEqual(["a", "b", "c", "wait 100"]);
  });

  it("do not end it when that is to be ignored", () => {
    const { fail } = world("a", { ignoreAuthErrorAbort: true });
    expect(fail(6, denied)).toEqual(["a", "wait 100", "a", "wait 200", "a", "wait 300"]);
  });

  it("are forgotten by a server that lets us in again", () => {
    const { connector, fail, connect } = world("a");
    fail(2, denied);
    connector.begin(connect(), 5000, denied, false, 0);
    expect(fail(2, denied)).toEqual(["a", "wait 100"]);
  });

  it("count in a row only: another failure between them is another story", () => {
    const { connector, fail } = world("a");
    fail(2, denied);
    fail(2, refused);
    fail(2, denied);
    expect(connector.next(0).type).toBe("dial");
  });

  it("are what is told in the end, rather than that the attempts are used up", () => {
    const { connector, fail } = world("a", { maxPasses: 1 });
    fail(1, denied);
    expect(connector.next(0)).toEqual({ type: "give-up", error: denied });
  });
});

describe("the last error", () => {
  it("is that of the last attempt, until one succeeds", () => {
    const { connector, fail, connect } = world("a b");
    expect(connector.error).toBeUndefined();
    fail(1, refused);
    fail(1, denied);
    expect(connector.error).toBe(denied);
    const server = connect();
    expect(connector.error).toBeUndefined();
    connector.begin(server, 0, refused, false, 0);
    expect(connector.error).toBe(refused);
  });
});
