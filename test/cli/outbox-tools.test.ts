import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ExportedMessage,
  type ExportOptions,
  exportOutbox,
  inspectOutbox,
  openOutbox,
  purgeOutbox,
  unparkOutbox,
} from "../../src/outbox/index.js";
import { openLmdbStore } from "../../src/outbox/store/lmdb-store.js";
import { rejection, thrown } from "../support/until.js";
import { all, OutboxFolder } from "./outbox-folder.js";

let folder: OutboxFolder;
beforeEach(() => {
  folder = new OutboxFolder();
});
afterEach(() => folder[Symbol.dispose]());

const SIX = ["a.1=one", "a.2=two", "b.1=three", "a.1=four", "b.2=five", "c=six"];
const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a);
const KEY = { encrypt: flip, decrypt: flip };

async function exported(options: ExportOptions = {}): Promise<ExportedMessage[]> {
  const messages: ExportedMessage[] = [];
  for await (const message of exportOutbox(folder.path, options)) messages.push(message);
  return messages;
}

const texts = async (options: ExportOptions = {}) =>
  (await exported(options)).map(({ subject, payload }) => `${subject}=${Buffer.from(payload)}`);

/** All files with their bytes and modes, to see that nothing was changed. */
const snapshot = () =>
  readdirSync(folder.path).map((name) => {
    const file = join(folder.path, name);
    const { mode, mtimeMs, ino } = statSync(file);
    return { name, mode, mtimeMs, ino, bytes: name.endsWith(".sock") ? "" : readFileSync(file, "latin1") };
  });

describe("inspectOutbox", () => {
  it("counts what is there", async () => {
    const before = Date.now();
    await folder.store(SIX);
    const report = await inspectOutbox(folder.path, { subjects: true });
    expect(report).toMatchObject({
      path: folder.path,
      owner: undefined,
      format: 1,
      messages: 6,
      parked: 0,
      parkedBy: [],
      encrypted: false,
      damaged: [],
    });
    expect(report.subjects).toContainEqual({ subject: "a.1", messages: 2, bytes: 7 });
    expect(report.subjects).toHaveLength(5);
    expect(report.oldestAt).toBeGreaterThanOrEqual(before);
    expect(report.newestAt).toBeGreaterThanOrEqual(report.oldestAt!);
    expect(report.createdAt).toBeGreaterThanOrEqual(before);
    expect(report.bytes).toBeGreaterThan(256);
    expect(report.fileBytes).toBeGreaterThan(report.bytes);
  });

  it("leaves every file as it is, of an outbox that is open as well", async () => {
    await folder.store(SIX);
    const closed = snapshot();
    await inspectOutbox(folder.path, { subjects: true });
    await texts();
    expect(snapshot()).toEqual(closed);
    await folder.with(async (journal) => {
      const opened = snapshot();
      const { owner, messages, id } = await inspectOutbox(folder.path, { subjects: true });
      expect({ owner, messages, id }).toMatchObject({
        owner: { pid: process.pid },
        messages: 6,
        id: journal.id,
      });
      expect(await texts()).toEqual(SIX);
      expect(snapshot()).toEqual(opened);
    });
  });

  it("tells what is parked and why, and counts a message that was parked from the middle of a batch once", async () => {
    await folder.store(SIX);
    await folder.park(2, 4);
    const report = await inspectOutbox(folder.path, { subjects: true });
    expect(report).toMatchObject({ messages: 4, parked: 2 });
    expect(report.parkedBy).toHaveLength(2);
    expect(report.parkedBy).toContainEqual({ reason: "refused: b.1", messages: 1 });
    expect(report.subjects?.map(({ subject }) => subject).sort()).toEqual(["a.1", "a.2", "c"]);
  });

  it("tells what cannot be read: heads always, bodies when it reads them", async () => {
    await folder.store(SIX);
    await folder.damage("body");
    expect((await inspectOutbox(folder.path)).damaged).toEqual([]);
    const { damaged } = await inspectOutbox(folder.path, { subjects: true });
    expect(damaged).toMatchObject([{ messages: 6, why: expect.stringContaining("checksum") }]);
    await folder.damage("head");
    expect((await inspectOutbox(folder.path)).damaged).toMatchObject([{ messages: undefined }]);
  });

  it("counts what is encrypted without the key, and by subject with it", async () => {
    await folder.store(SIX, KEY);
    expect(await inspectOutbox(folder.path, { subjects: true })).toMatchObject({
      messages: 6,
      encrypted: true,
      subjects: [],
      damaged: [],
    });
    expect((await inspectOutbox(folder.path, { subjects: true, decrypt: flip })).subjects).toHaveLength(5);
  });

  it("tells how far it is", async () => {
    await folder.store(SIX);
    const steps: number[][] = [];
    await inspectOutbox(folder.path, { subjects: true, progress: (...step) => steps.push(step) });
    expect([steps[0], steps.at(-1)]).toEqual([
      [0, 6],
      [6, 6],
    ]);
  });

  it("knows an outbox into which nothing was ever put", async () => {
    await (await openOutbox({ path: folder.path })).close();
    expect(await inspectOutbox(folder.path)).toMatchObject({
      messages: 0,
      oldestAt: undefined,
      newestAt: undefined,
    });
  });

  it("refuses what is no outbox, and makes nothing there", async () => {
    const missing = await rejection(inspectOutbox(folder.path));
    expect(missing).toMatchObject({
      code: "OUTBOX_FAILED",
      message: expect.stringContaining("no such folder"),
    });
    expect(existsSync(folder.path)).toBe(false);
    mkdirSync(folder.path);
    expect((await rejection(inspectOutbox(folder.path))).message).toContain(
      "there is no outbox in this folder",
    );
    writeFileSync(join(folder.path, "data.mdb"), "something else");
    expect(await rejection(inspectOutbox(folder.path))).toMatchObject({ code: "OUTBOX_FAILED" });
    expect(await rejection(inspectOutbox(""))).toMatchObject({ code: "INVALID_OPTION" });
    expect(await rejection(inspectOutbox(folder.path, { subject: true } as never))).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining('did you mean "subjects"'),
    });
  });
});

describe("exportOutbox", () => {
  it("gives all of it, in order", async () => {
    const headers = Buffer.from("NATS/1.0\r\nA: 1\r\n\r\n");
    await folder.store([
      { subject: "first", reply: "back", headers, payload: Uint8Array.of(0, 255), ttl: 60_000 },
      ...SIX,
    ]);
    const messages = await exported();
    expect(messages[0]).toMatchObject({
      subject: "first",
      reply: "back",
      headers: [["A", "1"]],
      payload: Uint8Array.of(0, 255),
      parked: undefined,
    });
    expect(messages[0].expiresAt - messages[0].at).toBe(60_000);
    expect(messages[1].expiresAt).toBe(Number.POSITIVE_INFINITY);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(7);
    expect((await texts()).slice(1)).toEqual(SIX);
  });

  it("gives those of a subject, so many, or those that are parked", async () => {
    await folder.store(SIX);
    expect(await texts({ subject: "a.*" })).toEqual(["a.1=one", "a.2=two", "a.1=four"]);
    expect(await texts({ subject: "*.1", limit: 2 })).toEqual(["a.1=one", "b.1=three"]);
    await folder.park(1);
    expect(await exported({ parked: true })).toMatchObject([{ subject: "a.2", parked: "refused: a.2" }]);
    expect(await texts()).toEqual(SIX.filter((one) => one !== "a.2=two"));
  });

  it("leaves out what has its outcome", async () => {
    await folder.store(SIX);
    await folder.with(async (journal) => {
      journal.confirmed((await journal.next())!, 4);
      await journal.flushed();
    });
    expect(await texts()).toEqual(SIX.slice(4));
  });

  it("needs the key of what is encrypted", async () => {
    await folder.store(SIX, KEY);
    const told: unknown[] = [];
    expect(await rejection(texts({ damaged: (record) => told.push(record) }))).toMatchObject({
      code: "OUTBOX_FAILED",
      message: expect.stringContaining("only a program that has its key"),
    });
    expect(told).toEqual([]);
    expect(await texts({ decrypt: flip })).toEqual(SIX);
  });

  it("ends at what is damaged, or goes on behind it for who wants to hear of it", async () => {
    await folder.store(SIX);
    await folder.store(["d=seven"]);
    await folder.damage("body");
    expect(await rejection(texts())).toMatchObject({ code: "OUTBOX_FAILED" });
    const told: unknown[] = [];
    expect(await texts({ damaged: (record) => told.push(record) })).toEqual(["d=seven"]);
    expect(told).toMatchObject([{ why: expect.stringContaining("damaged") }]);
  });

  it("refuses wrong options at the call", () => {
    expect(thrown(() => exportOutbox(folder.path, { subject: "a..b" }))).toMatchObject({
      code: "INVALID_OPTION",
    });
    expect(thrown(() => exportOutbox(folder.path, { limit: 0 }))).toMatchObject({ code: "INVALID_OPTION" });
  });

  it("goes on when what it was about to read is confirmed meanwhile", async () => {
    for (let i = 0; i < 3; i++) await folder.store([`n=${i}`]);
    await folder.with(async (journal) => {
      const messages = exportOutbox(folder.path);
      expect((await messages.next()).value).toMatchObject({ payload: Uint8Array.of(48) });
      for (const batch of await all(journal)) journal.confirmed(batch, batch.entries.length);
      await journal.flushed();
      expect(await messages.next()).toEqual({ done: true, value: undefined });
    });
  });
});

describe("purgeOutbox", () => {
  it("says what it would remove, and leaves every file as it is", async () => {
    await folder.store(SIX);
    const before = snapshot();
    const would = await purgeOutbox(folder.path, { subject: "a.>", dryRun: true });
    expect(would).toMatchObject({ messages: 3, damaged: 0 });
    expect(snapshot()).toEqual(before);
    expect(await purgeOutbox(folder.path, { subject: "a.>" })).toEqual(would);
    expect(await folder.left()).toEqual(["b.1=three", "b.2=five", "c=six"]);
  });

  it("leaves the others their places and ids, also when it comes again", async () => {
    await folder.store(SIX);
    const ids = new Map((await exported()).map(({ payload, messageId }) => [String(payload), messageId]));
    await purgeOutbox(folder.path, { subject: "*.2" });
    await purgeOutbox(folder.path, { subject: "b.1" });
    const rest = await exported();
    expect(rest.map(({ payload }) => Buffer.from(payload).toString())).toEqual(["one", "four", "six"]);
    for (const { payload, messageId } of rest) expect(messageId).toBe(ids.get(String(payload)));
    expect(await inspectOutbox(folder.path, { subjects: true })).toMatchObject({ messages: 3, damaged: [] });
  });

  it("counts what is left of a batch that was partly sent", async () => {
    await folder.store(SIX);
    await folder.with(async (journal) => {
      journal.confirmed((await journal.next())!, 2);
      await journal.flushed();
    });
    await purgeOutbox(folder.path, { subject: "b.2" });
    expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 3 });
    expect(await folder.left()).toEqual(["b.1=three", "a.1=four", "c=six"]);
  });

  it("removes what is older than an age", async () => {
    const hour = 3_600_000;
    const clock = (now: number) => ({
      clock: {
        now: () => now,
        monotonic: () => performance.now(),
        setTimeout,
        clearTimeout: clearTimeout as never,
      },
    });
    await folder.store(["old=1", "old=2"], clock(Date.now() - 2 * hour));
    await folder.store(["new=3"]);
    expect(await purgeOutbox(folder.path, { olderThan: 3 * hour })).toMatchObject({ messages: 0 });
    expect(await purgeOutbox(folder.path, { olderThan: hour, subject: "new" })).toMatchObject({
      messages: 0,
    });
    expect(await purgeOutbox(folder.path, { olderThan: hour })).toMatchObject({ messages: 2 });
    expect(await folder.left()).toEqual(["new=3"]);
  });

  it.each([
    ["from the start", [0, 1]],
    ["from the middle", [2, 4]],
    ["from the end", [5]],
  ])(
    "removes what was parked %s of a batch for good: it does not come to life again there",
    async (_name, parked) => {
      await folder.store(SIX);
      await folder.park(...parked);
      expect(await purgeOutbox(folder.path, { parked: true })).toMatchObject({ messages: parked.length });
      expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 6 - parked.length, parked: 0 });
      expect(await folder.left()).toEqual(SIX.filter((_, index) => !parked.includes(index)));
    },
  );

  it("removes some of what is parked", async () => {
    await folder.store(["x=1", "y=2", "x=3", "z=4"]);
    await folder.park(0, 1, 2);
    expect(await purgeOutbox(folder.path, { parked: true, subject: "y" })).toMatchObject({ messages: 1 });
    expect(await texts({ parked: true })).toEqual(["x=1", "x=3"]);
    expect(await folder.left()).toEqual(["z=4"]);
  });

  it("removes everything, what is damaged as well; new messages get new ids", async () => {
    await folder.store(SIX);
    const ids = (await exported()).map(({ messageId }) => messageId);
    await folder.park(3);
    await folder.damage("head");
    expect(await purgeOutbox(folder.path, { all: true })).toMatchObject({ damaged: 1 });
    expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 0, parked: 0, damaged: [], bytes: 0 });
    await folder.store(["n=1"]);
    expect(ids).not.toContain((await exported())[0].messageId);
  });

  it("looks into what is encrypted only with the key", async () => {
    await folder.store(SIX, KEY);
    expect(await rejection(purgeOutbox(folder.path, { subject: "c" }))).toMatchObject({
      code: "OUTBOX_FAILED",
    });
    expect(await purgeOutbox(folder.path, { subject: "c", ...KEY })).toMatchObject({ messages: 1 });
    expect(await folder.left(KEY)).toEqual(SIX.slice(0, 5));
    expect(await purgeOutbox(folder.path, { all: true })).toMatchObject({ messages: 5 });
  });

  it("does many records, a part at a time", async () => {
    await folder.store(["n=1"]);
    const store = await openLmdbStore(folder.path);
    const [record] = [...store.records()].filter(({ id }) => id > 1);
    const { head } = record;
    const body = (await store.body(record.id))!;
    const put = Array.from({ length: 699 }, (_, index) => ({ id: record.id + 1 + index, head, body }));
    await store.commit({ put, remove: [] });
    await store.close();
    expect(await purgeOutbox(folder.path, { subject: "n" })).toMatchObject({ messages: 700 });
    expect(await folder.left()).toEqual([]);
  });

  it("refuses an outbox that a process has, and names it; also to unpark", async () => {
    await folder.store(SIX);
    await folder.with(async () => {
      const changes = [() => purgeOutbox(folder.path, { all: true }), () => unparkOutbox(folder.path)];
      for (const change of changes) {
        expect(await rejection(change())).toMatchObject({
          code: "OUTBOX_IN_USE",
          message: expect.stringContaining(`in use by this process (${process.pid}) since `),
        });
      }
    });
    expect(await folder.left()).toEqual(SIX);
  });

  it("refuses what says nothing, or contradicts itself, and makes no folder where there is none", async () => {
    const refused = async (options: object) =>
      (await rejection(purgeOutbox(folder.path, options))).message.replace(/^.*?option/, "option");
    expect(await refused({})).toContain("all");
    expect(await refused({ all: true, parked: true })).toContain("all");
    expect(await refused({ olderThan: -1 })).toContain("olderThan");
    expect(await refused({ subject: "a", encrypt: flip })).toContain("decrypt");
    expect(await rejection(purgeOutbox(folder.path, { all: true }))).toMatchObject({ code: "OUTBOX_FAILED" });
    expect(existsSync(folder.path)).toBe(false);
  });
});

describe("unparkOutbox", () => {
  it("puts the parked ones behind the others, once each, in their order", async () => {
    await folder.store(SIX);
    await folder.park(1, 2, 4);
    expect(await unparkOutbox(folder.path)).toBe(3);
    expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 6, parked: 0 });
    expect(await folder.left()).toEqual(["a.1=one", "a.1=four", "c=six", "a.2=two", "b.1=three", "b.2=five"]);
    expect(new Set((await exported()).map(({ messageId }) => messageId)).size).toBe(6);
    expect(await unparkOutbox(folder.path)).toBe(0);
  });

  it("works when all of a batch were parked, and when they are parked again", async () => {
    await folder.store(SIX);
    await folder.park(0, 1, 2, 3, 4, 5);
    for (let round = 0; round < 2; round++) {
      expect(await unparkOutbox(folder.path)).toBe(6);
      expect(await folder.left()).toEqual(SIX);
      await folder.with(async (journal) => {
        for (const batch of await all(journal)) {
          for (const index of batch.entries.keys()) journal.park(batch, index, "again");
        }
        await journal.flushed();
      });
    }
    expect(await texts({ parked: true })).toEqual(SIX);
  });

  it("gives ids that no new message gets", async () => {
    await folder.store(SIX);
    await folder.park(0);
    await unparkOutbox(folder.path);
    await folder.store(["n=1", "n=2"]);
    expect(new Set((await exported()).map(({ messageId }) => messageId)).size).toBe(8);
  });

  it("works for what is encrypted without its key, as long as no batch has others left", async () => {
    await folder.store(["x=1"], KEY);
    await folder.with(async (journal) => {
      journal.park((await journal.next())!, 0, "refused");
      await journal.flushed();
    }, KEY);
    expect(await unparkOutbox(folder.path)).toBe(1);
    expect(await folder.left(KEY)).toEqual(["x=1"]);
  });
});

it("tools refuse a format that is newer, and leave it alone", async () => {
  await folder.store(SIX);
  const store = await openLmdbStore(folder.path);
  const { crc32 } = await import("node:zlib");
  const text = JSON.stringify({ format: 99, id: "X", created: 1, reserved: 1 });
  await store.commit({ put: [{ id: 1, head: Buffer.from(`${text} ${crc32(text)}`) }], remove: [] });
  await store.close();
  const attempts = [
    () => inspectOutbox(folder.path),
    () => texts(),
    () => purgeOutbox(folder.path, { all: true }),
    () => unparkOutbox(folder.path),
  ];
  for (const attempt of attempts) {
    expect(await rejection(attempt())).toMatchObject({
      code: "OUTBOX_FAILED",
      message: expect.stringContaining("newer than 1: update holdfast"),
    });
  }
  const kept = await openLmdbStore(folder.path, { readOnly: true });
  expect([...kept.records()]).toHaveLength(2);
  await kept.close();
});
