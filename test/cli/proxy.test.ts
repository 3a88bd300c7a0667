import { once } from "node:events";
import { connect as dial } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { startCluster } from "../../src/testing/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "../support/until.js";
import { Cli, type Running } from "./run-cli.js";

let cli: Cli;
let server: NatsServer;
beforeAll(async () => {
  [cli, server] = await Promise.all([Cli.compile(), NatsServer.start()]);
}, 60_000);
afterAll(async () => {
  cli.remove();
  await server.close();
});

/** Waits until it listens; returns where. */
async function listening({ said, child }: Running): Promise<string> {
  await until(
    () => / → /.test(said.out) || child.exitCode !== null,
    () => `the proxy: ${said.err}`,
  );
  return /(\S+) → /.exec(said.out)![1];
}

/** The INFO that a client gets there. */
async function infoOf(hostport: string): Promise<Record<string, unknown>> {
  const [host, port] = hostport.split(":");
  const socket = dial({ host, port: Number(port) });
  const [chunk] = await once(socket, "data");
  socket.destroy();
  return JSON.parse(String(chunk).replace(/^INFO /, ""));
}

describe("holdfast proxy", () => {
  it("passes on, and does what lines of standard input say", async () => {
    const running = cli.begin(["proxy", server.hostport, "--toxic", "latency=1"]);
    const { child, said, ended } = running;
    const tell = (line: string) => child.stdin.write(`${line}\n`);
    const hostport = await listening(running);
    expect(hostport).toMatch(/^127\.0\.0\.1:\d+$/);
    await using nc = await connect({ servers: hostport, backoff: { initial: 20, max: 20 } });
    await until(() => said.out.includes("link 1 opened"), "the link");

    tell("latency=100,stream=downstream,name=slow");
    await until(() => said.out.includes("+ slow: jitter 0, latency 100, downstream"), "the toxic");
    expect(await nc.rtt()).toBeGreaterThan(95);
    tell("remove slow");
    await until(() => said.out.includes("- slow"), "its end");

    tell("down");
    await until(() => nc.state === "reconnecting", "the outage");
    tell("up");
    await until(() => nc.state === "connected", "the link to be back");
    tell("bogus");
    await until(() => /not done: .*"bogus" is unknown/.test(said.out), "the refusal");
    tell("status");
    await until(() => /up · 1 open of \d+ · .*latency_both × \d+/.test(said.out), "the status");
    tell("quit");
    expect(await ended).toMatchObject({ code: 0, err: "" });
    expect(said.out).toMatch(/link 1 ended by the proxy \(rst\), .*, up [\d.]+ K?i?B, down/);
    expect(said.out).toMatch(/ended: up · 1 open/);
  });

  it("takes other servers out of INFO, unless it is told to leave them", async () => {
    await using cluster = await startCluster({ size: 2 });
    const [target] = cluster.servers;
    expect((await infoOf(target.hostport)).connect_urls).toHaveLength(2);
    const closed = cli.begin(["proxy", target.hostport]);
    const open = cli.begin(["proxy", target.hostport, "--gossip"]);
    try {
      expect((await infoOf(await listening(closed))).connect_urls).toBeUndefined();
      expect((await infoOf(await listening(open))).connect_urls).toHaveLength(2);
      // What keeps clients here is no toxic that anybody has put in.
      closed.child.stdin.write("clear\nstatus\n");
      await until(() => closed.said.out.includes("no toxics\n"), "the status");
      expect((await infoOf(await listening(closed))).connect_urls).toBeUndefined();
    } finally {
      closed.child.kill("SIGTERM");
      open.child.kill("SIGINT");
    }
    expect((await closed.ended).code).toBe(0);
    expect((await open.ended).code).toBe(0);
  });

  it("goes on at the end of standard input, and ends when nobody reads what it says", async () => {
    const running = cli.begin(["proxy", server.hostport]);
    running.child.stdin.end();
    const hostport = await listening(running);
    await using nc = await connect({ servers: hostport, reconnect: false });
    await nc.flush();
    running.child.stdout.destroy();
    // The next line finds nobody: the proxy ends, maybe before this one is connected.
    const second = await connect({ servers: hostport, reconnect: false }).catch(() => undefined);
    await second?.close();
    expect((await running.ended).code).toBe(0);
  });

  it("says that a port is taken", async () => {
    const { code, err } = await cli.run(["proxy", "127.0.0.1:1", "--listen", server.hostport]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^holdfast: cannot listen on .*\n$/),
    });
  });
});
