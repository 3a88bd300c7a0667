import { expect, it } from "vitest";
import { OutboxListeners } from "./outbox-events.js";

it("calls listeners in their order, those for once once, and survives those that fail", async () => {
  const reported: Error[] = [];
  const listeners = new OutboxListeners((error) => reported.push(error));
  const calls: string[] = [];
  const first = () => calls.push("first");
  listeners.add("empty", first, false);
  listeners.add(
    "empty",
    () => {
      calls.push("once");
      // It brings the event about again.
      listeners.emit("empty", {});
    },
    true,
  );
  listeners.add(
    "empty",
    () => {
      throw new Error("thrown");
    },
    false,
  );
  listeners.add("empty", async () => Promise.reject(new Error("rejected")), false);
  listeners.emit("empty", {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(["first", "once", "first"]);
  expect(reported.map(({ message }) => message)).toEqual([
    expect.stringContaining("thrown"),
    expect.stringContaining("thrown"),
    expect.stringContaining("rejected"),
    expect.stringContaining("rejected"),
  ]);
  expect(reported[0]).toMatchObject({ code: "CALLBACK_FAILED" });
  listeners.remove("empty", first);
  listeners.emit("empty", {});
  expect(calls).toHaveLength(3);
  listeners.emit("expired", { messages: 1 });
});

it("refuses unknown events, and what is no function", () => {
  const listeners = new OutboxListeners(() => {});
  for (const [name, listener] of [
    ["drained", () => {}],
    ["empty", undefined],
  ] as const) {
    expect(() => listeners.add(name as "empty", listener as () => void, false)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
});
