import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress, type Scheme } from "../core/address.js";
import { type PoolServer, ServerPool } from "../core/pool.js";
import { NOT_PREFERRED } from "../core/preference.js";
import { CodedError } from "../errors.js";
import type { Server, ServerInfo } from "../interop/nats-core.js";
import { parseInfo } from "../wire/info.js";
import type { PreferredServer } from "./options.js";
import { checkPreferred, toPreference } from "./preferred-servers.js";

const reports: Error[] = [];
beforeEach(() => {
  reports.length = 0;
});

const prefer = (given: readonly string[] | PreferredServer, scheme: Scheme = "nats") =>
  toPreference(given, scheme, (error) => reports.push(error))!;

function servers(...urls: string[]): readonly PoolServer[] {
  return new ServerPool(
    urls.map((url) => parseAddress(url)),
    undefined,
  ).all;
}

/** The server has told its name, and more. */
function tells(server: PoolServer, server_name: string, more: object = {}): void {
  server.info = parseInfo(JSON.stringify({ server_name, ...more }));
}

/** The ranks of servers, `-` for those that are not preferred. */
const ranks = (given: readonly string[] | PreferredServer, all: readonly PoolServer[], scheme?: Scheme) => {
  const preference = prefer(given, scheme);
  return all
    .map((server) => preference.rank(server))
    .map((rank) => (rank === NOT_PREFERRED ? "-" : rank))
    .join(" ");
};

describe("a list", () => {
  it.each<[string, string[], string[], string]>([
    ["URLs", ["nats://c:1", "nats://a:4222"], ["a", "b", "c:1"], "1 - 0"],
    ["host:port", ["b:4222"], ["a", "b"], "- 0"],
    ["hosts, for the usual port", ["b"], ["a", "b", "b:1"], "- 0 -"],
    ["IPv6 addresses", ["[::1]:7", "::1"], ["[::1]:7", "::1", "[::2]"], "0 1 -"],
    ["what stands in another case or has spaces around it", [" B:4222 "], ["a", "b"], "- 0"],
    ["URLs with credentials, which play no part", ["nats://x:y@b"], ["nats://me:secret@b", "a"], "0 -"],
    ["the same server twice: the better place counts", ["b", "nats://b:4222", "a"], ["a", "b"], "2 0"],
    ["websockets", ["h/path", "wss://i"], ["ws://h/path", "ws://h", "wss://i"], "0 - 1"],
  ])("has %s", (_, list, urls, wanted) => {
    const scheme = urls.some((url) => url.startsWith("ws")) ? "ws" : "nats";
    expect(ranks(list, servers(...urls), scheme)).toBe(wanted);
  });

  it("has names of servers, which are known only when they have told them", () => {
    const all = servers("a", "b", "c");
    const list = ["zone-1", "ünïcode=1", "b"];
    expect(ranks(list, all)).toBe("- 2 -");
    tells(all[0], "ünïcode=1");
    tells(all[2], "zone-1");
    expect(ranks(list, all)).toBe("1 2 0");
  });

  it("takes a URL for no name", () => {
    const [a] = servers("a");
    tells(a, "b:4222");
    expect(ranks(["b:4222"], [a])).toBe("-");
  });

  it.each([
    "nats://",
    "http://a",
    "a:99999",
    "a:0",
    "two words",
    "",
    "  ",
    "nats://me:S3CRET@h:99999",
    "nats://me:S3CRET@",
    "nats://a/path",
    "[::1",
    "a\r\nb",
    "x".repeat(513),
  ])("with %j is refused by the option's name, without secrets", (text) => {
    let thrown: unknown;
    try {
      prefer(["a", text]);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CodedError);
    expect(thrown).toMatchObject({ code: "INVALID_OPTION", detail: { option: "preferredServers" } });
    const { message } = thrown as Error;
    expect(message).toContain('option "preferredServers" has ');
    expect(message).not.toContain('"servers"');
    expect(message).not.toContain("S3CRET");
    expect(message.length).toBeLessThan(400);
  });

  it("of servers that there are not is reported once when a link stands: they may come", () => {
    const all = servers("a", "b");
    const preference = prefer(["nats://u:S3CRET@x:1", "a", "nats://y:2"]);
    preference.reached(all);
    expect(reports.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^option "preferredServers" names "x:1", which is no server that is known/),
      expect.stringMatching(/^option "preferredServers" names "y:2", which is no server that is known/),
    ]);
    expect(reports[0]).toMatchObject({ code: "INVALID_OPTION", option: "preferredServers" });
    preference.reached(all);
    preference.outage();
    preference.reached(all);
    expect(reports).toHaveLength(2);
    expect(preference.rank(servers("y:2")[0])).toBe(2);
  });

  it("of names that nobody has is reported only when all servers have told theirs", () => {
    const all = servers("a", "b");
    const preference = prefer(["nobody", "b-name", "b"]);
    tells(all[0], "a-name");
    preference.reached(all);
    expect(reports).toEqual([]);
    tells(all[1], "b-name");
    preference.reached(all);
    expect(reports).toHaveLength(1);
    expect(reports[0].message).toContain('"nobody"');
  });

  it("says nothing of a server that was there once", () => {
    const preference = prefer(["nats://b:4222"]);
    preference.reached(servers("a", "b"));
    preference.reached(servers("a"));
    expect(reports).toEqual([]);
  });
});

describe("a function", () => {
  it("is told of a server what reconnectToServer is told, and its last INFO if it was reached", () => {
    const all = servers("me:S3CRET@a", "b:5");
    tells(all[1], "b-name", { cluster: "east", connect_urls: ["c:1"] });
    const seen: [Server, ServerInfo | undefined][] = [];
    const inEast: PreferredServer = (server, info) => {
      seen.push([server, info]);
      return info?.cluster === "east";
    };
    expect(ranks(inEast, all)).toBe("- 0");
    expect(seen[0][0]).toMatchObject({ hostname: "a", port: 4222, listen: "a:4222", didConnect: false });
    expect(seen[0][1]).toBeUndefined();
    expect(seen[1][0].listen).toBe("b:5");
    expect(seen[1][1]).toMatchObject({ server_name: "b-name", cluster: "east" });
    expect(JSON.stringify(seen)).not.toContain("S3CRET");
  });

  it("gets a copy: it can change nothing", () => {
    const [a] = servers("a");
    tells(a, "a-name", { max_payload: 5, connect_urls: ["c:1"] });
    ranks(
      (server, info) => {
        Object.assign(info!, { max_payload: 1 });
        info!.connect_urls!.push("evil:1");
        return Object.isFrozen(server);
      },
      [a],
    );
    expect(a.info).toMatchObject({ max_payload: 5, connect_urls: ["c:1"] });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
      /has thrown: no idea/,
    ],
    [
      "throws something without a text",
      () => {
        throw Object.create(null);
      },
      /has thrown: something that has no text/,
    ],
    ["answers with a promise", async () => true, /promise: it must be synchronous/],
    [
      "answers with a promise that rejects",
      () => Promise.reject(new Error("late")),
      /promise: it must be sync/,
    ],
    ["answers nothing", () => undefined, /returned undefined: it must return true or false/],
    ["answers null", () => null, /returned null: it must return true or false/],
    ["answers a text", () => "yes", /returned string/],
    ["answers a number", () => 1, /returned number/],
    ["answers a server", () => ({ listen: "a:4222" }), /returned object/],
  ])("that %s is reported once an outage, and prefers nothing", async (_, answer, text) => {
    const preference = prefer(answer as PreferredServer);
    for (const server of servers("a", "b", "c")) expect(preference.rank(server)).toBe(NOT_PREFERRED);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ code: "CALLBACK_FAILED", option: "preferredServers" });
    expect(reports[0].message).toMatch(text);
    expect(reports[0].message).toContain('option "preferredServers"');
    preference.reached([]);
    preference.rank(servers("a")[0]);
    expect(reports).toHaveLength(1);
    preference.outage();
    preference.rank(servers("a")[0]);
    preference.rank(servers("a")[0]);
    expect(reports).toHaveLength(2);
    await new Promise(setImmediate);
  });

  it("that fails for one server is heard for the others", () => {
    const all = servers("a", "b");
    tells(all[1], "b-name");
    expect(ranks((_, info) => info!.server_name === "b-name", all)).toBe("- 0");
    expect(reports).toHaveLength(1);
  });

  it("is not asked again from within", () => {
    const [a] = servers("a");
    let asked = 0;
    const preference = prefer(() => {
      asked++;
      expect(preference.rank(a)).toBe(NOT_PREFERRED);
      return true;
    });
    expect([preference.rank(a), preference.rank(a)]).toEqual([0, 0]);
    expect(asked).toBe(2);
  });
});

describe("the type", () => {
  it("is that of a list with up to 256 texts, or of a function", () => {
    for (const right of [["a"], Array.from({ length: 256 }, () => "a"), () => true])
      expect(checkPreferred(right)).toBeUndefined();
    expect(checkPreferred([])).toBe("must name at least one server");
    expect(checkPreferred(Array.from({ length: 257 }, () => "a"))).toBe("must name at most 256 servers");
    for (const wrong of ["a", 1, {}, null, [1], ["a", null], true])
      expect(checkPreferred(wrong)).toBe("must be an array of strings or a function");
  });

  it("of nothing means no preference", () => {
    expect(toPreference(undefined, "nats", () => {})).toBeUndefined();
  });
});
