import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect, type PreferredServer } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import type { NatsServer } from "../src/testing/server.js";
import { deadUrl, FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { rejection, until } from "./support/until.js";

/** A wait that no test can sit out: what happens does so without one. */
const NEVER = { reconnectTimeWait: 600_000 };

let cluster: NatsCluster;
let one: NatsServer;
let two: NatsServer;
let three: NatsServer;
let nc: Connection;
let errors: (Error & { code?: string; option?: string })[];

beforeAll(async () => {
  cluster = await NatsCluster.start();
  [one, two, three] = cluster.servers;
});
afterAll(() => cluster.close());
beforeEach(() => {
  errors = [];
});
afterEach(() => nc.close());

async function start(
  preferredServers: string[] | PreferredServer,
  options: ConnectionOptions = {},
): Promise<void> {
  nc = await connect({
    servers: [one.url, two.url, three.url],
    noRandomize: true,
    ignoreClusterUpdates: true,
    failback: false,
    moveSettle: 1,
    dialer: inTurn(),
    ...NEVER,
    ...options,
    preferredServers,
    asyncErrorCb: (error) => void errors.push(error),
  });
}

/** nc.reconnect(), and the server that it led to. */
async function goOn(): Promise<string> {
  let led: string | undefined;
  nc.once("move", ({ to }) => {
    led = to;
  });
  await nc.reconnect();
  await until(() => led !== undefined, "a move");
  return nc.getServer();
}

describe("option preferredServers [F2]", () => {
  it("has them dialled first, in their order, whatever the order of servers", async () => {
    const dead = await deadUrl();
    await start([dead, three.hostport, two.url], { servers: [one.url, two.url, three.url, dead] });
    expect(nc.getServer()).toBe(three.hostport);
    expect(errors).toEqual([]);
  });

  it("lets nc.reconnect() leave for the next best one, and come back by the next", async () => {
    await start([three.hostport, two.hostport]);
    expect(nc.getServer()).toBe(three.hostport);
    expect([await goOn(), await goOn()]).toEqual([two.hostport, three.hostport]);
  });

  it("knows names of servers once it has met them", async () => {
    await start([three.name]);
    expect([nc.getServer(), await goOn(), await goOn()]).toEqual([
      one.hostport,
      two.hostport,
      three.hostport,
    ]);
    expect([await goOn(), await goOn()]).toEqual([one.hostport, three.hostport]);
    expect(errors).toEqual([]);
  });

  it("can be a function of the server and of its last INFO", async () => {
    const known = new Set<string>();
    await start((server, info) => {
      if (info !== undefined) known.add(`${server.listen} ${info.server_name}`);
      return server.listen === two.hostport;
    });
    expect(nc.getServer()).toBe(two.hostport);
    expect([await goOn(), await goOn()]).toEqual([one.hostport, two.hostport]);
    expect([...known]).toEqual([`${two.hostport} ${two.name}`, `${one.hostport} ${one.name}`]);
  });

  it("is the default that reconnectToServer may overrule", async () => {
    const inFront: string[] = [];
    let overruled = false;
    await start([three.hostport], {
      reconnectToServer: (pool) => {
        inFront.push(pool[0].listen);
        return overruled ? pool.find(({ listen }) => listen === two.hostport)! : null;
      },
    });
    // Asked once more where it takes longer to answer than it has a head start.
    expect([nc.getServer(), inFront[0]]).toEqual([three.hostport, three.hostport]);
    overruled = true;
    expect(await goOn()).toBe(two.hostport);
  });

  it("that has just died is not dialled before the others, however much it is preferred", async () => {
    await using dying = await FakeServer.start(speaksNats());
    await start([dying.hostport], { servers: [one.url, dying.url] });
    expect(nc.getServer()).toBe(dying.hostport);
    dying.links[0].socket.destroy();
    await until(() => nc.getServer() === one.hostport, "the other server");
    await nc.flush();
    expect(dying.links).toHaveLength(1);
  });

  it("that is full is tried last in what follows, however much it is preferred", async () => {
    await using crowded = await FakeServer.start((link) => {
      link.send(infoLine());
      link.socket.on("data", () => link.socket.end("-ERR 'maximum connections exceeded'\r\n"));
    });
    await start([crowded.hostport], { servers: [one.url, two.url, crowded.url] });
    expect([nc.getServer(), crowded.links.length]).toEqual([one.hostport, 1]);
    expect([await goOn(), await goOn()]).toEqual([two.hostport, one.hostport]);
    expect(crowded.links).toHaveLength(1);
  });

  it("of which some are no servers of the pool is reported, and the others count", async () => {
    await start(["nats://u:S3CRET@127.0.0.1:1", two.hostport, "some-name"]);
    expect(nc.getServer()).toBe(two.hostport);
    await until(() => errors.length > 0, "the report");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: "INVALID_OPTION", option: "preferredServers" });
    expect(errors[0].message).toContain('"127.0.0.1:1"');
    expect(errors[0].message).not.toContain("S3CRET");
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
      /has thrown: no idea/,
    ],
    ["answers with a promise", () => Promise.reject(new Error("late")), /promise/],
    ["answers nonsense", () => "yes", /returned string/],
  ])("as a function that %s is reported once, and the default choice is taken", async (_, wrong, text) => {
    await start(wrong as PreferredServer);
    expect(nc.getServer()).toBe(one.hostport);
    await until(() => errors.length > 0, "the report");
    await nc.flush();
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", option: "preferredServers" }]);
    expect(errors[0].message).toMatch(text);
  });

  it("may close the connection, or call reconnect(), from within", async () => {
    let act: () => void = () => {};
    await start((server) => {
      act();
      return server.listen === two.hostport;
    });
    act = () => void nc.reconnect();
    expect(await goOn()).not.toBe(two.hostport);
    act = () => void nc.close();
    await nc.reconnect().catch(() => {});
    await until(() => nc.isClosed(), "the end");
    expect(errors).toEqual([]);
  });

  it.each([
    [[]],
    ["nats://a"],
    [[1]],
    [["http://a"]],
    [["two words"]],
    [{}],
    [Array.from({ length: 257 }, (_, i) => `h${i}`)],
  ])("of a wrong type or value is refused by its name: %#", async (preferredServers) => {
    nc = await connect({ servers: one.url });
    const error = await rejection<Error & { code: string; option: string }>(
      connect({ servers: one.url, preferredServers: preferredServers as string[] }),
    );
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "preferredServers" });
  });
});
