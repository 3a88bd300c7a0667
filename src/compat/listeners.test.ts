import { expect, it, vi } from "vitest";
import type { Connection } from "../index.js";
import { Listeners } from "./listeners.js";

it("a listener of a status that throws or rejects harms neither the process nor those that follow", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  let told = () => {};
  const all = new Promise<void>((resolve) => {
    told = resolve;
  });
  async function* statuses() {
    for (const pendingPings of [1, 2, 3]) yield { type: "ping", pendingPings };
  }
  const source = Object.assign(statuses(), { stop: () => {} });
  const nc = { status: () => source, on: () => {}, off: () => {} } as unknown as Connection;
  const failure = new Error("mine");
  const got: unknown[] = [];
  const listener = (data: unknown) => {
    got.push(data);
    if (got.length === 1) throw failure;
    if (got.length === 2) return Promise.reject("text");
    return told();
  };
  new Listeners(nc).add("pingTimer", listener, false);
  await all;
  expect(got).toEqual(["1", "2", "3"]);
  expect(warn.mock.calls).toEqual([[failure], ["text"]]);
  warn.mockRestore();
});

/** What `on()`, `off()` and the events of a connection are, and nothing else of it. */
function world() {
  const all: { name: string; listener: (...args: unknown[]) => void }[] = [];
  const nc = {
    on: (name: string, listener: () => void) => all.push({ name, listener }),
    off: (_: string, listener: () => void) => {
      const at = all.findIndex((entry) => entry.listener === listener);
      if (at !== -1) all.splice(at, 1);
    },
  } as unknown as Connection;
  const emit = (name: string) => {
    for (const entry of [...all]) if (entry.name === name) entry.listener({ server: "a:1" });
  };
  return { listeners: new Listeners(nc), emit, all };
}

it("a listener added with once, and to stay, stays", () => {
  const { listeners, emit, all } = world();
  let calls = 0;
  const listener = () => calls++;
  listeners.add("ldm", listener, false);
  listeners.add("ldm", listener, true);
  for (let i = 0; i < 3; i++) emit("lameDuck");
  expect(calls).toBe(4);
  listeners.remove("ldm", listener);
  expect(all).toEqual([]);
});

it("a listener added with once is called once, also when one before it brings the event about again", () => {
  const { listeners, emit, all } = world();
  let calls = 0;
  let again = true;
  const first = () => {
    if (again) {
      again = false;
      emit("connect");
    }
  };
  listeners.add("connect", first, false);
  listeners.add("connect", () => calls++, true);
  emit("connect");
  expect([calls, all.length]).toEqual([1, 1]);
});
