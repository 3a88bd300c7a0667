import { afterEach, beforeEach, expect, it } from "vitest";
import { exportOutbox, inspectOutbox, unparkOutbox } from "../../../src/outbox/index.js";
import { openLmdbStore } from "../../../src/outbox/store/lmdb-store.js";
import { OutboxFolder } from "../../cli/outbox-folder.js";
import { rejection } from "../../support/until.js";

let folder: OutboxFolder;
beforeEach(() => {
  folder = new OutboxFolder();
});
afterEach(() => folder[Symbol.dispose]());

const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a);
const KEY = { encrypt: flip, decrypt: flip };

async function parkOne(): Promise<void> {
  await folder.store(["n=1", "n=2", "n=secret"], KEY);
  await folder.with(async (journal) => {
    journal.park((await journal.next())!, 1, "refused");
    await journal.flushed();
  }, KEY);
}

it("an encrypted batch of which some messages are parked needs the key, and stays encrypted", async () => {
  await parkOne();
  expect(await rejection(unparkOutbox(folder.path))).toMatchObject({
    code: "OUTBOX_FAILED",
    message: expect.stringContaining("only a program that has its key"),
  });
  expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 2, parked: 1 });
  const steps: [number, number][] = [];
  expect(await unparkOutbox(folder.path, { ...KEY, progress: (...step) => steps.push(step) })).toBe(1);
  expect(steps.at(-1)).toEqual([2, 2]);
  expect(await inspectOutbox(folder.path)).toMatchObject({ messages: 3, parked: 0, encrypted: true });
  const store = await openLmdbStore(folder.path, { readOnly: true });
  for (const { id } of store.records())
    expect(Buffer.from((await store.body(id)) ?? []).includes("secret")).toBe(false);
  await store.close();
  expect(await folder.left(KEY)).toEqual(["n=1", "n=secret", "n=2"]);
  for await (const { subject } of exportOutbox(folder.path, { decrypt: flip })) expect(subject).toBe("n");
});

it("both hooks are wanted, and wrong options are refused", async () => {
  await parkOne();
  expect(await rejection(unparkOutbox(folder.path, { decrypt: flip }))).toMatchObject({ option: "encrypt" });
  expect(await rejection(unparkOutbox(folder.path, { encrypt: flip }))).toMatchObject({ option: "decrypt" });
  expect(await rejection(unparkOutbox(folder.path, { decript: flip } as never))).toMatchObject({
    message: expect.stringContaining('did you mean "decrypt"'),
  });
});
