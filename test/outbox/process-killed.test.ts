import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, type NatsConnection } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { CompiledLibrary } from "../support/child.js";

let library: CompiledLibrary;
const folder = mkdtempSync(join(tmpdir(), "holdfast-outbox-"));
beforeAll(async () => {
  library = await CompiledLibrary.make();
}, 60_000);
afterAll(() => {
  library?.[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the outbox at `path` of this test. */
const opening = (path: string) => `
import { openOutbox } from "./dist/outbox/index.js";
const outbox = await openOutbox({ path: ${JSON.stringify(path)}, mode: "always", stream: "S" });
`;

it("leaves to the next process what publishDurable had promised, when it is killed in an outage", async () => {
  await using server = await NatsServer.start({ jetstream: true });
  const path = join(folder, "killed");
  const watcher = await connect({ servers: server.url, reconnectTimeWait: 5 });
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s"] });
  using first = library.run(
    `${opening(path)}
    const nc = await connect({ servers: SERVER, outbox, reconnectTimeWait: 5 });
    for (let i = 0; i < 50; i++) await nc.publishDurable("s", String(i));
    say("connected");
    await until(() => nc.state === "reconnecting");
    await Promise.all(Array.from({ length: 500 }, (_, i) => nc.publishDurable("s", String(50 + i))));
    say("stored");
    process.kill(process.pid, "SIGKILL");`,
    server.url,
  );
  await first.said("connected");
  await server.kill();
  await first.said("stored");
  await first.ended();
  await server.restart();
  using second = library.run(
    `${opening(path)}
    const { recovered } = outbox.stats();
    const nc = await connect({ servers: SERVER, outbox });
    nc.publish("s", "550");
    await outbox.empty({ timeout: 20_000 });
    const { stored, confirmed, messages } = outbox.stats();
    await nc.close();
    await outbox.close();
    say(JSON.stringify({ recovered, stored, confirmed, messages, counted: nc.stats().recovered, problems }));`,
    server.url,
  );
  await second.ended(30_000);
  const { recovered, ...said } = second.result<Record<string, number> & { problems: unknown[] }>();
  expect(recovered).toBeGreaterThanOrEqual(500);
  expect(said).toMatchObject({ stored: 1, confirmed: recovered + 1, messages: 0, problems: [] });
  const found: number[] = [];
  for (let seq = 1; seq <= 551; seq++) {
    const message = await jsm.streams.getMessage("S", { seq });
    found.push(Number(message?.string()));
  }
  expect(found).toEqual(Array.from({ length: 551 }, (_, i) => i));
  expect((await jsm.streams.info("S")).state.messages).toBe(551);
  await watcher.close();
});

it("lives until publishDurable has settled, and no longer because of the outbox", async () => {
  await using server = await NatsServer.start({ jetstream: true });
  using child = library.run(
    `${opening(join(folder, "alive"))}
    const nc = await connect({ servers: SERVER, outbox });
    void nc.publishDurable("s", "0").then(() => say("stored"));
    await nc.close();
    say("closed");`,
    server.url,
  );
  await child.ended(10_000);
  expect(child.lines.toSorted()).toEqual(["closed", "stored"]);
  expect(child.code).toBe(0);
});
