import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { Journal } from "./journal/journal.js";
import { readHeads } from "./journal/open-store.js";
import { REAL_CLOCK } from "./journal/options.js";
import { openOutbox } from "./open-outbox.js";
import { MemoryStore } from "./store/memory-store.js";

let warn: MockInstance<typeof process.emitWarning>;
beforeEach(() => {
  warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

/** A store in which an outbox for this stream has left messages. */
async function storeOf(stream: string | undefined, messages: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const journal = await Journal.open({ store, stream });
  for (let n = 0; n < messages; n++) {
    await journal.store({ subject: "a", reply: "", headers: undefined, payload: "x", bytes: 10 });
  }
  await journal.close();
  return store;
}

async function warned(was: string | undefined, now: string | undefined, messages = 2): Promise<unknown[]> {
  const outbox = await openOutbox({ store: await storeOf(was, messages), stream: now });
  await outbox.close();
  return warn.mock.calls.map(([text, options]) => [text, (options as { code: string }).code]);
}

describe("an outbox that was for a stream", () => {
  it("warns when it holds messages, and is opened for core NATS, or for another stream", async () => {
    expect(await warned("ORDERS", undefined)).toEqual([
      [
        expect.stringMatching(
          /holds 2 messages for stream "ORDERS", and has no option stream now.*core NATS/,
        ),
        "OUTBOX_STREAM_CHANGED",
      ],
    ]);
    warn.mockClear();
    expect(await warned("ORDERS", "OTHER", 1)).toEqual([
      [
        expect.stringMatching(/holds 1 message for stream "ORDERS", and is for stream "OTHER" now/),
        "OUTBOX_STREAM_CHANGED",
      ],
    ]);
  });

  it.each([
    ["ORDERS", "OTHER"],
    ["ORDERS", undefined],
    [undefined, "OTHER"],
  ])("%s, keeps that name when it was opened for %s, and nothing was sent", async (was, wrong) => {
    const store = await storeOf(was, 2);
    for (let times = 0; times < 2; times++) {
      await (await openOutbox({ store, stream: wrong })).close();
      expect(readHeads(store.copy()).head?.stream).toBe(was);
    }
    warn.mockClear();
    await (await openOutbox({ store, stream: was })).close();
    expect(warn).not.toHaveBeenCalled();
  });

  it("is for the other one as soon as that has got something of what it holds", async () => {
    const store = await storeOf("ORDERS", 2);
    const journal = await Journal.open({ store, stream: "OTHER" });
    expect(readHeads(store).head?.stream).toBe("ORDERS");
    const batch = await journal.next();
    journal.confirmed(batch!, 1);
    await journal.flushed();
    expect(readHeads(store).head?.stream).toBe("OTHER");
    await journal.close();
    expect(readHeads(store).head?.stream).toBe("OTHER");
  });

  it("is for the other one when nothing was held, or what was held has expired", async () => {
    const empty = await storeOf("ORDERS", 0);
    await (await openOutbox({ store: empty, stream: "OTHER" })).close();
    expect(readHeads(empty).head?.stream).toBe("OTHER");
    const old = await storeOf("ORDERS", 2);
    const now = Date.now() + 60_000;
    const clock = { ...REAL_CLOCK, now: () => now };
    const journal = await Journal.open({ store: old, stream: "OTHER", maxAge: 1000, clock });
    expect(await journal.next()).toBeUndefined();
    await journal.close();
    expect(readHeads(old).head?.stream).toBe("OTHER");
  });

  it.each<[string | undefined, string | undefined, number]>([
    ["ORDERS", "ORDERS", 2],
    ["ORDERS", undefined, 0],
    [undefined, "ORDERS", 2],
    [undefined, undefined, 2],
  ])("%s, opened for %s with %i messages, does not", async (was, now, messages) => {
    expect(await warned(was, now, messages)).toEqual([]);
  });
});
