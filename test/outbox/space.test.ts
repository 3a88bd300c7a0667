import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspectOutbox, purgeOutbox } from "../../src/outbox/index.js";
import { OutboxWorld } from "./world.js";

const MIB = 1024 * 1024;
const PAYLOAD = "x".repeat(MIB / 2);
const MESSAGES = 40;
/** Bytes of a file without messages, at most. */
const SMALL = 100_000;

let world: OutboxWorld;
let folder: string;
let path: string;
let data: string;
beforeEach(async () => {
  world = await OutboxWorld.make();
  folder = mkdtempSync(join(tmpdir(), "holdfast-space-"));
  path = join(folder, "outbox");
  data = join(path, "data.mdb");
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const size = () => statSync(data).size;

/** An outbox with a backlog of 20 MiB, and its connection, in an outage. */
async function withBacklog() {
  const outbox = await world.open({ path });
  const nc = await world.connect(outbox, { closeTimeout: 0 });
  await world.cut(nc);
  for (let i = 0; i < MESSAGES; i++) await nc.publishDurable("n", PAYLOAD);
  return { outbox, nc };
}

describe("the file of an outbox that held a large backlog", () => {
  it("is made anew at closing, when all has been sent", async () => {
    const { outbox, nc } = await withBacklog();
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    await nc.close();
    expect(size()).toBeGreaterThan(16 * MIB);
    const { id } = await inspectOutbox(path);
    await outbox.close();
    expect(size()).toBeLessThan(SMALL);
    expect(await inspectOutbox(path)).toMatchObject({ id, messages: 0, damaged: [] });
  });

  it("is made anew at the next opening, when the process was killed before its end", async () => {
    const { outbox, nc } = await withBacklog();
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    await expect.poll(async () => (await inspectOutbox(path)).bytes, { timeout: 10_000 }).toBe(0);
    copyFileSync(data, join(folder, "killed"));
    await nc.close();
    await outbox.close();
    copyFileSync(join(folder, "killed"), data);
    expect(size()).toBeGreaterThan(16 * MIB);
    const next = await world.open({ path });
    expect(size()).toBeLessThan(SMALL);
    const again = await world.connect(next);
    await again.publishDurable("n", "1");
    await next.empty({ timeout: 10_000 });
    expect(next.stats()).toMatchObject({ recovered: 0, stored: 1, confirmed: 1 });
  });

  it("is made anew when purge has removed all, and not while messages are left", async () => {
    const { outbox, nc } = await withBacklog();
    await nc.close();
    await outbox.close();
    expect(size()).toBeGreaterThan(16 * MIB);
    expect((await inspectOutbox(path)).messages).toBe(MESSAGES);
    await purgeOutbox(path, { all: true });
    expect((await inspectOutbox(path)).messages).toBe(0);
    expect(size()).toBeLessThan(SMALL);
  });
});
