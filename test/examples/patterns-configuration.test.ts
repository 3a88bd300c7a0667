import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Examples } from "../support/examples.js";
import { until } from "../support/until.js";

const NAME = "patterns/production-configuration";
const TOKEN = "a-token-that-nobody-may-see";

let examples: Examples;
let secrets: string;
beforeAll(async () => {
  examples = await Examples.make();
  secrets = mkdtempSync(join(tmpdir(), "holdfast-secrets-"));
  writeFileSync(join(secrets, "token"), `${TOKEN}\n`);
}, 60_000);
afterAll(async () => {
  await examples?.[Symbol.asyncDispose]();
  rmSync(secrets, { recursive: true, force: true });
});

it("production-configuration waits for its first server, counts through outages, and takes what variables say", async () => {
  await using server = await NatsServer.start({ token: TOKEN });
  await using proxy = await FaultProxy.start({ target: server.hostport });
  await server.kill();
  const env = {
    OTEL_SERVICE_NAME: "ticker",
    NATS_TOKEN_FILE: join(secrets, "token"),
    NATS_RECONNECT_TIME_WAIT: "20ms",
    NATS_RECONNECT_JITTER: "0",
    REPORT_EVERY: "20",
  };
  const example = examples.start(NAME, { servers: proxy.url, env });
  await until(() => proxy.stats().refused > 0, "an attempt in vain");
  await server.restart();
  const [, name, at] = await example.says(/^(\S+) is connected to (\S+)$/);
  expect([name, at]).toEqual([`ticker-${hostname()}`, proxy.hostport]);
  await example.says(/"disconnects":0,"reconnects":0,.*"outMsgs":[1-9]/);
  for (const outages of [1, 2]) {
    await server.kill();
    await example.says(
      new RegExp(`"disconnects":${outages},"reconnects":${outages - 1},.*"CONNECTION_[A-Z]+":[1-9]`),
    );
    await server.restart();
    await example.says(new RegExp(`"disconnects":${outages},"reconnects":${outages},`));
  }
  example.signal("SIGTERM");
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
  expect(example.text).not.toContain(TOKEN);
});

it("production-configuration names the variable that is wrong, and shows what is in force without secrets", async () => {
  const servers = `nats://joe:${TOKEN}@nats.example:4222`;
  const wrong = examples.start(NAME, { servers, env: { NATS_PING_INTERVAL: "soon" } });
  await wrong.ended();
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toMatch(/environment variable NATS_PING_INTERVAL/);
  const help = examples.start(NAME, {
    servers,
    args: ["--help"],
    env: { NATS_TOKEN: TOKEN, NATS_TIMEOUT: "10s" },
  });
  await help.ended();
  expect(help.code).toBe(0);
  expect(help.text).toMatch(/NATS_TOKEN /);
  expect(help.text).toMatch(/NATS_TIMEOUT .*\n.*10s/);
  expect(help.text + help.stderr + wrong.text + wrong.stderr).not.toContain(TOKEN);
});
