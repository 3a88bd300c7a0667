import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect, type NatsConnection } from "../../../src/index.js";
import { openOutbox } from "../../../src/outbox/index.js";
import { NatsServer } from "../../../src/testing/server.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-copied-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const STREAM = { mode: "always", stream: "S" } as const;

/** Opens the outbox in a folder without a server, and leaves messages in it. */
async function fill(path: string, ...texts: string[]): Promise<void> {
  const outbox = await openOutbox({ path, ...STREAM });
  for (const text of texts) {
    await outbox.store({
      subject: "s",
      reply: "",
      headers: undefined,
      payload: text,
      bytes: 40,
    } as Parameters<typeof outbox.store>[0]);
  }
  await outbox.close();
}

it("loses nothing into a stream when a folder was copied, or put back, and both are used: what both have comes once", async () => {
  await using server = await NatsServer.start({ jetstream: true });
  const watcher = await connect({ servers: server.url });
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s"] });
  const path = (name: string) => join(folder, name);
  await fill(path("original"), "both");
  for (const name of ["copy", "backup"]) cpSync(path("original"), path(name), { recursive: true });
  await fill(path("original"), "1 of the original", "2 of the original");
  await fill(path("copy"), "1 of the copy", "2 of the copy");
  await send(server, path("original"));
  await send(server, path("copy"));
  // In place of the original, as after a disk has died: its numbers are those of the time of the backup.
  rmSync(path("original"), { recursive: true });
  cpSync(path("backup"), path("original"), { recursive: true });
  await fill(path("original"), "1 of the backup", "2 of the backup");
  await send(server, path("original"));
  const { messages } = (await jsm.streams.info("S")).state;
  const found: (string | undefined)[] = [];
  for (let seq = 1; seq <= messages; seq++) {
    found.push((await jsm.streams.getMessage("S", { seq }))?.string());
  }
  expect(found).toEqual([
    "both",
    "1 of the original",
    "2 of the original",
    "1 of the copy",
    "2 of the copy",
    "1 of the backup",
    "2 of the backup",
  ]);
  await watcher.close();
});

async function send(server: NatsServer, path: string): Promise<void> {
  const outbox = await openOutbox({ path, ...STREAM });
  const nc = await connect({ servers: server.url, outbox });
  await outbox.empty({ timeout: 10_000 });
  await nc.close();
  await outbox.close();
}
