import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ExportOptions,
  exportOutbox,
  inspectOutbox,
  openOutbox,
  purgeOutbox,
} from "../../../src/outbox/index.js";
import { OutboxFolder } from "../../cli/outbox-folder.js";
import { rejection } from "../../support/until.js";

let folder: OutboxFolder;
beforeEach(() => {
  folder = new OutboxFolder();
});
afterEach(() => folder[Symbol.dispose]());

const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a);
const KEY = { encrypt: flip, decrypt: flip };

/** A subject that is too long for one batch to be joined with another. */
async function batches(...payloads: string[]): Promise<void> {
  for (const payload of payloads)
    await folder.store([{ subject: "n", payload: `${payload}${" ".repeat(100_000)}` }]);
}

async function exported(options: ExportOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { payload } of exportOutbox(folder.path, options))
    found.push(String(Buffer.from(payload)).trim());
  return found;
}

describe("inspectOutbox", () => {
  it("says whether it has looked at what is stored", async () => {
    await batches("1", "2");
    const record = await folder.damage("body");
    expect(await inspectOutbox(folder.path)).toMatchObject({ damaged: [], checked: false });
    expect(await inspectOutbox(folder.path, { subjects: true })).toMatchObject({
      damaged: [{ record, messages: 1, why: "its body is damaged: its checksum is wrong" }],
      checked: true,
    });
  });

  it("finds damage of what is encrypted without its key", async () => {
    await folder.store(["n=1"], KEY);
    const { damaged } = await inspectOutbox(folder.path, { subjects: true });
    expect(damaged).toEqual([]);
    await folder.damage("body");
    expect((await inspectOutbox(folder.path, { subjects: true })).damaged).toMatchObject([{ messages: 1 }]);
  });

  it("tells the stream that it was for", async () => {
    await (await openOutbox({ path: folder.path, stream: "ORDERS" })).close();
    expect(await inspectOutbox(folder.path)).toMatchObject({ stream: "ORDERS" });
    await (await openOutbox({ path: folder.path })).close();
    expect(await inspectOutbox(folder.path)).toMatchObject({ stream: undefined });
  });
});

describe("exportOutbox", () => {
  it("passes what is damaged, and tells of it, with how many messages that had", async () => {
    await batches("1", "2", "3");
    const record = await folder.damage("body");
    const told: unknown[] = [];
    expect(await exported({ damaged: (one) => told.push(one) })).toEqual(["2", "3"]);
    expect(told).toEqual([{ record, messages: 1, why: "its body is damaged: its checksum is wrong" }]);
    expect(await rejection(exported())).toMatchObject({ code: "OUTBOX_FAILED" });
  });

  it("is not concerned when the head of the store itself is damaged", async () => {
    await batches("1", "2");
    await folder.damage("head", 1);
    expect(await exported()).toEqual(["1", "2"]);
  });
});

describe("purgeOutbox of what is damaged", () => {
  it("says what it would remove, removes that alone, and leaves the others", async () => {
    await batches("1", "2", "3");
    const record = await folder.damage("body");
    const would = await purgeOutbox(folder.path, { damaged: true, dryRun: true });
    expect(would).toMatchObject({
      messages: 1,
      damaged: 1,
      unreadable: [{ record, messages: 1, why: "its body is damaged: its checksum is wrong" }],
    });
    expect((await inspectOutbox(folder.path, { subjects: true })).damaged).toHaveLength(1);
    expect(await purgeOutbox(folder.path, { damaged: true })).toEqual(would);
    expect(await inspectOutbox(folder.path, { subjects: true })).toMatchObject({ messages: 2, damaged: [] });
    expect(await exported()).toEqual(["2", "3"]);
    expect(await purgeOutbox(folder.path, { damaged: true })).toMatchObject({ messages: 0, damaged: 0 });
  });

  it("removes records whose head is damaged, and makes that of the store anew", async () => {
    await batches("1", "2");
    const { id } = await inspectOutbox(folder.path);
    const record = await folder.damage("head");
    await folder.damage("head", 1);
    const report = await purgeOutbox(folder.path, { damaged: true });
    expect(report.unreadable.map((one) => one.record).sort()).toEqual([1, record]);
    expect(await inspectOutbox(folder.path, { subjects: true })).toMatchObject({
      id,
      messages: 1,
      damaged: [],
    });
    expect(await exported()).toEqual(["2"]);
  });

  it("removes parked ones that cannot be read, and they do not come to life again where they came from", async () => {
    await folder.store(["n=1", "n=2", "n=3"]);
    await folder.park(1);
    const { parkedBy } = await inspectOutbox(folder.path);
    expect(parkedBy).toHaveLength(1);
    const parked = await folder.records();
    await folder.damage("body", parked.at(-1));
    expect((await inspectOutbox(folder.path)).damaged).toMatchObject([{ messages: 1 }]);
    expect(await purgeOutbox(folder.path, { damaged: true })).toMatchObject({ messages: 1, damaged: 1 });
    expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 2, parked: 0 });
    expect(await folder.left()).toEqual(["n=1", "n=3"]);
  });

  it("needs no key, and leaves alone what only has none", async () => {
    await folder.store(["n=1"], KEY);
    expect(await purgeOutbox(folder.path, { damaged: true })).toMatchObject({ messages: 0, damaged: 0 });
    await folder.damage("body");
    expect(await purgeOutbox(folder.path, { damaged: true })).toMatchObject({ messages: 1, damaged: 1 });
  });

  it("goes alone", async () => {
    await batches("1");
    for (const other of [{ all: true }, { parked: true }, { olderThan: 1 }, { subject: "n" }]) {
      expect(await rejection(purgeOutbox(folder.path, { damaged: true, ...other }))).toMatchObject({
        code: "INVALID_OPTION",
      });
    }
  });
});
