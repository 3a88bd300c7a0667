import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "../core/address.js";
import { ServerPool } from "../core/pool.js";
import type { ReconnectToServerHandler, Server, ServerInfo } from "../interop/nats-core.js";
import { toChoice } from "./server-choice.js";

const reports: Error[] = [];
let info: ServerInfo | undefined;
beforeEach(() => {
  reports.length = 0;
  info = undefined;
});

const CONTEXT = {
  lastError: () => undefined,
  info: () => info,
  report: (error: Error) => reports.push(error),
};

function ask(handler: unknown) {
  const pool = new ServerPool(
    [parseAddress("me:secret@a"), parseAddress("b:5"), parseAddress("[::1]:7")],
    undefined,
  );
  const choice = toChoice(handler as ReconnectToServerHandler, CONTEXT)(pool.all);
  return choice === undefined ? undefined : [choice.server.address.listen, choice.delay];
}

describe("an answer", () => {
  it.each<[string, (pool: Server[]) => unknown, unknown]>([
    ["a server of the pool", (pool) => pool[1], ["b:5", 0]],
    ["a copy of one", (pool) => ({ ...pool[2] }), ["[::1]:7", 0]],
    ["a server with a delay", (pool) => ({ server: pool[1], delay: 500 }), ["b:5", 500]],
    ["a server with a delay of none", (pool) => ({ server: pool[1], delay: 0 }), ["b:5", 0]],
    ["a server without a delay", (pool) => ({ server: pool[1] }), ["b:5", 0]],
    ["null: the default choice [parity 85]", () => null, undefined],
    ["nothing: the default choice", () => undefined, undefined],
  ])("can be %s", (_, handler, wanted) => {
    expect(ask(handler)).toEqual(wanted);
    expect(reports).toEqual([]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a server that is not in the pool [parity 84]",
      () => ({ listen: "c:4222" }),
      /not in the pool: "c:4222"/,
    ],
    ["what is no server", () => ({ hostname: "a" }), /no server/],
    ["a text", () => "nats://a:4222", /returned string/],
    ["a number", () => 1, /returned number/],
    ["a promise", () => Promise.resolve(null), /promise: it must be synchronous/],
    ["a promise that rejects", () => Promise.reject(new Error("late")), /promise: it must be synchronous/],
    ["a delay without a server", () => ({ server: undefined, delay: 5 }), /"server" is none/],
    ["a server as text with a delay", () => ({ server: "a:4222", delay: 5 }), /"server" is none/],
    ["a negative delay", () => ({ server: { listen: "b:5" }, delay: -1 }), /delay of -1/],
    ["a delay that is none", () => ({ server: { listen: "b:5" }, delay: Number.NaN }), /delay of NaN/],
    ["a delay without an end", () => ({ server: { listen: "b:5" }, delay: Infinity }), /delay of Infinity/],
    ["a delay as text", () => ({ server: { listen: "b:5" }, delay: "1s" }), /delay of string/],
    [
      "an exception",
      () => {
        throw new Error("no idea");
      },
      /has thrown: no idea/,
    ],
    [
      "an exception without a text",
      () => {
        throw Object.create(null);
      },
      /has thrown: something that has no text/,
    ],
  ])("that is %s is reported with the option's name, and the default choice is taken", (_, handler, text) => {
    expect(ask(handler)).toBeUndefined();
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ code: "CALLBACK_FAILED", option: "reconnectToServer" });
    expect(reports[0].message).toMatch(text);
    expect(reports[0].message).toContain('option "reconnectToServer"');
  });
});

describe("who is asked", () => {
  it("gets the pool with its metadata, without credentials, and cannot change it [parity 90, 93]", () => {
    let seen: readonly Server[] = [];
    ask((pool: readonly Server[]) => {
      seen = pool;
      return null;
    });
    expect(seen.map(({ listen }) => listen)).toEqual(["a:4222", "b:5", "[::1]:7"]);
    expect(seen[0]).toEqual({
      hostname: "a",
      port: 4222,
      listen: "a:4222",
      src: "a:4222",
      tlsName: "",
      reconnects: 0,
      lastConnect: 0,
      gossiped: false,
      didConnect: false,
    });
    expect(JSON.stringify(seen)).not.toContain("secret");
    expect(Object.isFrozen(seen) && seen.every((server) => Object.isFrozen(server))).toBe(true);
  });

  it("gets the last INFO, and null before the first [parity 93]", () => {
    const seen: unknown[] = [];
    const handler = (_: unknown, last: unknown) => {
      seen.push(last);
      return null;
    };
    ask(handler);
    info = { server_id: "one" } as ServerInfo;
    ask(handler);
    expect(seen).toEqual([null, { server_id: "one" }]);
  });

  it("is not asked again from within", () => {
    const pool = new ServerPool([parseAddress("a")], undefined);
    let asked = 0;
    const choose: (servers: typeof pool.all) => unknown = toChoice(() => {
      asked++;
      choose(pool.all);
      return null;
    }, CONTEXT);
    choose(pool.all);
    choose(pool.all);
    expect(asked).toBe(2);
  });
});
