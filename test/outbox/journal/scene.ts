import { vi } from "vitest";
import type { Batch } from "../../../src/outbox/journal/entry.js";
import { Journal } from "../../../src/outbox/journal/journal.js";
import type { JournalOptions } from "../../../src/outbox/journal/options.js";
import type { MemoryStore } from "../../../src/outbox/store/memory-store.js";

/** Time passes only when a test lets it. */
export function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
}

export const events = () => ({
  failed: vi.fn(),
  expired: vi.fn(),
  lost: vi.fn(),
  work: vi.fn(),
  stored: vi.fn(),
});

export const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });

export function message(
  name: string | Uint8Array,
  more: { subject?: string; ttl?: number; headers?: Uint8Array } = {},
) {
  return {
    subject: "orders.new",
    reply: "",
    headers: undefined,
    payload: name,
    bytes: name.length + 20,
    ...more,
  };
}

/** The payloads of a batch, as texts. */
export function names(batch: Batch | undefined): string[] {
  return (batch?.entries ?? []).map(({ payload }) => Buffer.from(payload).toString());
}

/** The payloads of all that is handed out until there is nothing more. */
export async function rest(journal: Journal): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const batch = await journal.next();
    if (!batch) return all;
    all.push(...names(batch));
  }
}

/** What a turn of the event loop brings, a few times. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
}

/** Number of the newest record. */
export const newestId = (store: MemoryStore) => Math.max(...[...store.records()].map(({ id }) => id));
