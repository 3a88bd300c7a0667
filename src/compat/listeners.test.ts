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
