import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Connection } from "../index.js";
import { type Outbox, openOutbox } from "./index.js";
import type { OutboxOptions } from "./options.js";
import { MemoryStore } from "./store/memory-store.js";

/** As much of a connection as an outbox meets, without a server: nothing is ever confirmed. */
class FakeConnection extends EventEmitter {
  state = "connected";
  readonly published: string[] = [];

  link(isUp: boolean): void {
    this.state = isUp ? "connected" : "reconnecting";
    this.emit(isUp ? "reconnect" : "disconnect", {});
  }
  publish(_subject: string, payload: Uint8Array): boolean {
    this.published.push(Buffer.from(payload).toString());
    return true;
  }
  fence = () => new Promise<void>(() => {});
  writable = () => Promise.resolve();
  isClosed = () => false;
  addComponent = () => () => {};
  report = () => {};
}

const THRESHOLD = 10_000;
let nc: FakeConnection;
let outboxes: Outbox[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  nc = new FakeConnection();
  outboxes = [];
});
afterEach(async () => {
  await Promise.all(outboxes.map((outbox) => outbox.detach()));
  vi.useRealTimers();
  await Promise.all(outboxes.map((outbox) => outbox.close()));
});

async function attached(options: OutboxOptions = {}): Promise<Outbox> {
  const outbox = await openOutbox({ store: new MemoryStore(), ...options });
  outboxes.push(outbox);
  outbox.attach(nc as unknown as Connection);
  return outbox;
}
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
const message = (payload: string) => ({
  subject: "n",
  reply: "",
  headers: undefined,
  payload,
  bytes: 20,
  replay: true,
});

describe("the threshold of an outage", () => {
  it("is counted from its beginning", async () => {
    const outbox = await attached();
    nc.link(false);
    vi.advanceTimersByTime(THRESHOLD - 1);
    expect(outbox.engaged).toBe(false);
    vi.advanceTimersByTime(1);
    expect(outbox.engaged).toBe(true);
  });

  it("is nothing to an outage that has ended before", async () => {
    const outbox = await attached();
    nc.link(false);
    vi.advanceTimersByTime(THRESHOLD - 1);
    nc.link(true);
    vi.advanceTimersByTime(THRESHOLD);
    expect(outbox.engaged).toBe(false);
  });

  it("ends with the connection", async () => {
    const outbox = await attached();
    nc.link(false);
    await outbox.detach();
    vi.advanceTimersByTime(THRESHOLD);
    expect(outbox.engaged).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it.each(["always", "overflow"] as const)(
  'sends when the connection has told of its link, and not as soon as there is one, in mode "%s"',
  async (mode) => {
    const outbox = await attached({ mode });
    nc.link(false);
    const hold = async (text: string) => {
      if (mode === "always") return outbox.store(message(text));
      expect(outbox.offer(message(text))).toBe("taken");
    };
    await hold("held");
    await turns();
    // It has a link again, asks `beforeReplay`, and sends again what was not confirmed: the event comes behind that.
    nc.state = "connected";
    await hold("more");
    await turns();
    expect(nc.published).toEqual([]);
    nc.emit("reconnect", {});
    await turns();
    expect(nc.published).toEqual(["held", "more"]);
  },
);

it("sends no more than a little to a server that has come back, before the first confirmation", async () => {
  const outbox = await attached();
  nc.link(false);
  for (let i = 0; i < 40; i++) outbox.offer(message(String(i).padEnd(10_000)));
  nc.link(true);
  await turns();
  expect(nc.published.length).toBeGreaterThan(0);
  expect(nc.published.length).toBeLessThanOrEqual(8);
});

it.each(["always", "overflow"] as const)('is always engaged with a stream, in mode "%s"', async (mode) => {
  const outbox = await openOutbox({ store: new MemoryStore(), mode, stream: "S" });
  outboxes.push(outbox);
  expect(outbox.engaged).toBe(true);
  await outbox.close();
  expect(outbox.engaged).toBe(false);
});
