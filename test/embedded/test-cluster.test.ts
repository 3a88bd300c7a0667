import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import type { TestClusterOptions } from "../../src/testing/embedded/cluster-options.js";
import { startCluster } from "../../src/testing/embedded/start-cluster.js";
import { Cleanup } from "../support/cleanup.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";
import { play } from "./transcript.js";

const QUICK = { reconnectTimeWait: 10, reconnectJitter: 0, noRandomize: true };

describe("a cluster of test servers", () => {
  it("has three members with different names and ports", async () => {
    await using cluster = await startCluster();
    expect(cluster.servers.map(({ name }) => name)).toEqual(["n1", "n2", "n3"]);
    expect(new Set(cluster.urls).size).toBe(3);
  });

  it("carries messages, requests and queue groups from one member to another", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await startCluster());
    const [a, b, c] = await Promise.all(
      cluster.urls.map(async (servers) => cleanup.use(await connect({ servers }))),
    );
    const got: string[] = [];
    b.subscribe("a.*", { callback: (_, msg) => void got.push(msg.subject) });
    const served = { b: 0, c: 0 };
    b.subscribe("work", { queue: "q", callback: () => void served.b++ });
    c.subscribe("work", { queue: "q", callback: () => void served.c++ });
    c.subscribe("echo", { callback: (_, msg) => void msg.respond(msg.data) });
    await Promise.all([b.flush(), c.flush()]);
    a.publish("a.b");
    for (let i = 0; i < 200; i++) a.publish("work");
    expect((await a.request("echo", "hi", { timeout: 5000 })).string()).toBe("hi");
    expect((await rejection(a.request("nobody", "", { timeout: 5000 }))).code).toBe("NO_RESPONDERS");
    await Promise.all([b.flush(), c.flush()]);
    expect(got).toEqual(["a.b"]);
    expect(served.b + served.c).toBe(200);
    expect(Math.min(served.b, served.c)).toBeGreaterThan(30);
    // A member serves its own group, if it has one.
    served.c = 0;
    for (let i = 0; i < 50; i++) c.publish("work");
    await Promise.all([b.flush(), c.flush()]);
    expect(served.c).toBe(50);
  });

  it("tells its clients of its members, and they move to another one when theirs dies", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await startCluster());
    const [first, second] = cluster.servers;
    const nc = cleanup.use(await connect({ servers: first.url, ...QUICK }));
    const recorder = new Recorder(nc);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
    await nc.flush();
    await first.kill();
    nc.publish("a", "x");
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    await until(() => got.length === 1, "the message");
    expect(nc.getServer()).not.toBe(first.hostport);
    expect(second.running).toBe(true);
  });

  it("says who is there: members that are gone, or in lame duck mode, are not named", async () => {
    await using cluster = await startCluster();
    const [first, second, third] = cluster.servers;
    const named = async () => {
      const nc = await connect({ servers: first.url });
      const urls = nc.info?.connect_urls ?? [];
      await nc.close();
      return urls;
    };
    expect(await named()).toEqual(cluster.servers.map(({ hostport }) => hostport));
    await second.kill();
    expect(await named()).toEqual([first.hostport, third.hostport]);
    third.lameDuck();
    expect(await named()).toEqual([first.hostport]);
    await second.restart();
    expect(await named()).toEqual([first.hostport, second.hostport]);
  });

  it("is killed and started again as a whole", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await startCluster({ size: 2 }));
    const nc = cleanup.use(await connect({ servers: cluster.urls, ...QUICK }));
    await cluster.killAll();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("a", "x");
    await cluster.restartAll();
    await cluster.settled();
    await nc.flush();
    expect(nc.stats().confirmed).toBe(1);
  });

  it("answers a client of one member as nats-server does while another one stands still", async () => {
    await using cluster = await startCluster({ size: 2 });
    const [first, second] = cluster.servers;
    second.stop();
    const said = await play(first, [["a", 'CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n']]);
    expect(said.a).toContain("MSG a 1 1\r\nx\r\n");
  });

  it.each([
    [{ size: 0 }, "size"],
    [{ port: 4222 }, "port"],
    [{ nme: "x" }, "nme"],
  ])("refuses %j by name", async (options, option) => {
    const error = await rejection<Error & { option: string }>(startCluster(options as TestClusterOptions));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
  });
});
