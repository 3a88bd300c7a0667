import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench } from "../../src/cli/bench/load.js";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { FakeServer } from "../support/fake-server.js";
import { until } from "../support/until.js";
import { Cli } from "./run-cli.js";

let cli: Cli;
let server: NatsServer;
beforeAll(async () => {
  [cli, server] = await Promise.all([Cli.compile(), NatsServer.start({ user: "u", pass: "p4ss" })]);
}, 60_000);
afterAll(async () => {
  cli.remove();
  await server.close();
});

const url = () => `nats://u:p4ss@${server.hostport}`;

describe("holdfast bench", () => {
  it("waits for a connection so long, however many servers there are to be tried", async () => {
    const silent = await FakeServer.start(() => {});
    const load = { subject: "a", pub: 1, sub: 0, msgs: 1, seconds: undefined, size: 0, rate: undefined };
    const bench = new Bench({ ...load, request: false }, { servers: silent.url, timeout: 60_000 }, 100);
    await expect(bench.begin()).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("no connection within 0.1 s"),
    });
    expect(bench.stuck).toBe(true);
    await Promise.all([bench.end(), silent[Symbol.asyncDispose]()]);
  });

  it("publishes and subscribes, and tells what that gave", async () => {
    const args = ["bench", "--server", url(), "--msgs", "5000", "--pub", "2", "--sub", "3"];
    const { code, out, err } = await cli.run(args);
    expect(err).toMatch(/^holdfast: --server: 127\.0\.0\.1:\d+; this loads it with 5,000 messages of 128 B/);
    expect(code).toBe(0);
    expect(out).toMatch(/published │ +5,000 │/);
    expect(out).toMatch(/received +│ +15,000 │/);
    expect(out).toMatch(/latency +min [\d.]+, p50 [\d.]+, p90 .* max [\d.,]+ ms\ncpu +\d+ % of one core/);
    expect(out + err).not.toContain("p4ss");
  });

  it("asks, and tells programs", async () => {
    const { code, out } = await cli.run([
      "bench",
      "-s",
      url(),
      "--request",
      "--pub",
      "2",
      "--msgs",
      "200",
      "--json",
    ]);
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      mode: "request",
      published: { messages: 200, bytes: 200 * 128 },
      received: { messages: 200 },
      missing: 0,
      failed: {},
      latency: { count: 200 },
      interrupted: false,
    });
    const { min, p50, p99, max } = report.latency;
    expect([min, p50, p99, max]).toEqual([min, p50, p99, max].sort((a, b) => a - b));
  });

  it("goes as fast as it is told", async () => {
    const { out } = await cli.run(["bench", "-s", url(), "--msgs", "300", "--rate", "500", "--json"]);
    const { published } = JSON.parse(out);
    expect(published.messages).toBe(300);
    expect(published.ms).toBeGreaterThan(550);
  });

  it("ends at Ctrl-C with what was measured so far", async () => {
    const { child, ended } = cli.begin([
      "bench",
      "x.bench",
      "-s",
      url(),
      "--seconds",
      "600",
      "--rate",
      "1000",
      "--json",
    ]);
    await using nc = await connect({ servers: url() });
    let seen = 0;
    nc.subscribe("x.bench", { callback: () => void seen++ });
    // The bench itself may get its own a little later than we do.
    await until(() => seen > 300, "messages of the bench");
    child.kill("SIGINT");
    const { code, out } = await ended;
    expect(code).toBe(130);
    const { interrupted, published, received } = JSON.parse(out);
    expect(interrupted).toBe(true);
    expect(published.messages).toBeGreaterThan(50);
    expect(received.messages).toBeGreaterThan(50);
  });

  it("says that nobody answers, and that the server takes less", async () => {
    const nobody = await cli.run(["bench", "nobody.here", "-s", url(), "--request", "--sub", "0"]);
    expect(nobody).toMatchObject({
      code: 1,
      out: expect.stringContaining("ended early: nobody answers requests"),
    });
    expect(nobody.out).toContain("failed   1 × NO_RESPONDERS");
    const large = await cli.run(["bench", "-s", url(), "--size", "2MiB"]);
    expect(large).toMatchObject({ code: 2, err: expect.stringContaining("its max_payload is 1048576") });
  });

  it("goes where a context leads, the selected one without being told, and says so", async () => {
    const config = mkdtempSync(join(tmpdir(), "holdfast-contexts-"));
    try {
      mkdirSync(join(config, "nats", "context"), { recursive: true });
      const fields = { url: server.hostport, user: "u", password: "p4ss" };
      writeFileSync(join(config, "nats", "context", "here.json"), JSON.stringify(fields));
      writeFileSync(join(config, "nats", "context.txt"), "here");
      const variables = { XDG_CONFIG_HOME: config };
      const told = await cli.run(["bench", "--msgs", "10", "--context", "here"], variables);
      expect(told).toMatchObject({ code: 0, err: expect.stringContaining('holdfast: context "here": ') });
      const selected = await cli.run(["bench", "--msgs", "10"], variables);
      expect(selected).toMatchObject({ code: 0, err: expect.stringContaining('selected context "here": ') });
    } finally {
      rmSync(config, { recursive: true, force: true });
    }
  });
});
