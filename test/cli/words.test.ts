import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, type Load } from "../../src/cli/bench/load.js";
import { contextOptions } from "../../src/cli/context/context-options.js";
import { Control, KEY_HELP } from "../../src/cli/proxy/control.js";
import { Memory } from "../../src/cli/watch/memory.js";
import { renderScreen } from "../../src/cli/watch/render.js";
import { awayView } from "../../src/cli/watch/view.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, speaksNats } from "../support/fake-server.js";
import { until } from "../support/until.js";
import { Cli } from "./run-cli.js";

/** A folder that goes with the test. */
class Folder implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "holdfast-words-"));

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.path, { recursive: true, force: true });
  }
}

let cli: Cli;
const cleanup = new Cleanup();
beforeAll(async () => {
  cli = await Cli.compile();
}, 60_000);
afterAll(async () => {
  cli.remove();
  await cleanup[Symbol.asyncDispose]();
});

describe("wrong use is told in the words of the command", () => {
  it.each([
    ["doctor", "127.0.0.1:1", "--monitor", "nats://h", "--monitor must be the URL of a monitoring port"],
    ["doctor", "127.0.0.1:1", "--monitor", "nats:/me:s3cr3t@h", "--monitor must be the URL of a monitoring"],
    ["doctor", "127.0.0.1:1", "--domain", "a.b", "--domain must be one token of a subject"],
    ["doctor", "127.0.0.1:1", "--tls-ca", "/nowhere/ca.pem", "--tls-ca names a file that cannot be read"],
    ["doctor", "127.0.0.1:1", "--tls-cert", "/nowhere/cert.pem", "--tls-cert needs --tls-key"],
    ["doctor", ",", "servers must be URLs of servers, and one is empty"],
    ["proxy", "h:0", "the target must be host:port or a nats:// URL"],
  ])("holdfast %s %s %s %s", async (...given) => {
    const said = given.at(-1)!;
    const { code, out, err } = await cli.run(given.slice(0, -1));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^holdfast: [^\n]*\n$/);
    expect(err.startsWith(`holdfast: ${said}`), err).toBe(true);
    expect(err).not.toContain("s3cr3t");
  });
});

describe("a line that a proxy cannot obey", () => {
  it("is told with all that would be right", async () => {
    const proxy = cleanup.use(await FaultProxy.start({ target: "127.0.0.1:1" }));
    const control = new Control(proxy, () => {});
    const [unknown] = await control.line("foo=1");
    expect(unknown).toMatch(/^not done: toxic "foo" is unknown; known are .*timeout.*[a-z_]$/);
    expect(await control.line("remove")).toEqual([
      'not done: "remove" wants the name of a toxic; "status" has them',
    ]);
    await control.line("latency=1,name=one");
    expect(await control.line("remove x")).toEqual(['not done: there is no toxic "x"; there is one']);
    await control.line("latency=1,name=two");
    expect(await control.line("remove x")).toEqual(['not done: there is no toxic "x"; there are one, two']);
  });
});

it("the keys of a proxy fit into 80 columns, with the time before them", () => {
  expect(Math.max(...KEY_HELP.map((line) => line.length + "00:00:00.000Z  ".length))).toBeLessThan(80);
});

it("watch does not say that there is no answer before it has waited for one", () => {
  const memory = new Memory();
  const view = awayView(0, "not asked yet");
  const canvas = { columns: 80, rows: 24, paint: (_: string, text: string) => text, where: "h", now: 0 };
  expect(renderScreen(view, memory, canvas).slice(1)).toEqual(["", "… asking"]);
  memory.take(awayView(0, "it failed"));
  expect(renderScreen(awayView(0, "it failed"), memory, canvas)).toContain("✗ no answer: it failed");
});

describe("a context that cannot be used", () => {
  const seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
  it.each([
    ["nkey", seed],
    ["creds", `-----BEGIN USER NKEY SEED-----\n${seed}`],
    ["key", "-----BEGIN PRIVATE KEY-----"],
  ])("has what is in a file where its path should be: %s", (field, text) => {
    const fields = { url: "h", cert: "/c.pem", key: "/k.pem", [field]: text };
    const use = () => contextOptions({ name: '"prod"', file: "prod.json", fields }, {});
    expect(use).toThrow(
      new RegExp(
        `^context "prod" \\(prod\\.json\\): field "${field}" must be the path of a file, and this looks`,
      ),
    );
    expect(use).not.toThrow(/SUAC|PRIVATE/);
  });

  it("has a comma in its password: no piece of it is taken for a server", async () => {
    const folder = cleanup.use(new Folder());
    mkdirSync(join(folder.path, "nats", "context"), { recursive: true });
    const file = join(folder.path, "nats", "context", "prod.json");
    writeFileSync(file, JSON.stringify({ url: "nats://me:12,34s3cr3t@127.0.0.1:1" }));
    const ended = await cli.run(["doctor", "--context", "prod"], { XDG_CONFIG_HOME: folder.path });
    expect(ended).toMatchObject({ code: 2, out: "", err: expect.stringContaining("write it there as %2C") });
    expect(ended.err).not.toMatch(/12|s3cr3t/);
  });
});

describe("a bench with which nothing goes on", () => {
  const load: Load = {
    subject: "a",
    pub: 1,
    sub: 1,
    msgs: 1_000_000,
    seconds: undefined,
    size: 128,
    rate: 100,
    request: false,
  };

  it("says who has not confirmed a subscription", async () => {
    // CONNECT's PING, and that behind the SUBs of a connection, of which each has two.
    const server = cleanup.use(await FakeServer.start(speaksNats({}, 2)));
    const bench = new Bench(load, { servers: server.url, stallTimeout: 0 }, undefined, 300);
    expect(await bench.begin()).toBeDefined();
    await expect(bench.run()).rejects.toMatchObject({
      code: "TIMEOUT",
      message: `${server.hostport} has not confirmed a subscription within 0.3 s`,
    });
    await bench.end();
  });

  it("says that its connections are lost", async () => {
    const server = await FakeServer.start(speaksNats());
    const bench = new Bench(
      { ...load, rate: undefined },
      { servers: server.url, maxPending: 65_536 },
      undefined,
      300,
    );
    await bench.begin();
    const measured = bench.run();
    await until(() => server.last.received.includes("PUB a 128"), "a message");
    await server[Symbol.asyncDispose]();
    expect((await measured).gaveUp).toMatch(
      /^nothing went on for \d+ s: 2 of 2 connections to \S+ are lost$/,
    );
    await bench.end();
  }, 20_000);
});
