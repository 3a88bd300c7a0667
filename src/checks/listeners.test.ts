import { describe, expect, it } from "vitest";
import { thrown } from "../../test/support/until.js";
import { Listeners } from "./listeners.js";

interface Events {
  retry: { attempt: number };
  discarded: { attempts: number };
}

function setup() {
  const reported: Error[] = [];
  const listeners = new Listeners<Events>(["retry", "discarded"], (error) => reported.push(error));
  return { listeners, reported };
}

describe("Listeners", () => {
  it("tell in order; once is once; removed is removed", () => {
    const { listeners } = setup();
    const told: string[] = [];
    const first = ({ attempt }: Events["retry"]) => told.push(`first ${attempt}`);
    listeners.add("retry", first);
    listeners.add("retry", ({ attempt }) => told.push(`once ${attempt}`), true);
    listeners.add("discarded", () => told.push("other"));
    listeners.emit("retry", { attempt: 1 });
    listeners.emit("retry", { attempt: 2 });
    expect(listeners.has("retry")).toBe(true);
    listeners.remove("retry", first);
    listeners.emit("retry", { attempt: 3 });
    expect(told).toEqual(["first 1", "once 1", "first 2"]);
    expect(listeners.has("retry")).toBe(false);
  });

  it("that fail are told, and the others called", async () => {
    const { listeners, reported } = setup();
    let called = 0;
    listeners.add("retry", () => {
      throw "a string";
    });
    listeners.add("retry", async () => {
      throw new Error("later");
    });
    listeners.add("retry", () => called++);
    listeners.emit("retry", { attempt: 1 });
    await Promise.resolve();
    expect(called).toBe(1);
    expect(reported).toMatchObject([
      { code: "CALLBACK_FAILED", message: 'a listener of "retry" failed: a string', cause: "a string" },
      { code: "CALLBACK_FAILED", message: 'a listener of "retry" failed: later' },
    ]);
  });

  it("are called once, also when one before them brings the event about again", () => {
    const { listeners } = setup();
    const told: number[] = [];
    let again = true;
    listeners.add("retry", () => {
      if (!again) return;
      again = false;
      listeners.emit("retry", { attempt: 2 });
    });
    listeners.add("retry", ({ attempt }) => told.push(attempt), true);
    listeners.emit("retry", { attempt: 1 });
    expect(told).toEqual([2]);
  });

  it("have an owner whom errors name", () => {
    const reported: Error[] = [];
    const listeners = new Listeners<Events>(["retry"], (error) => reported.push(error), "the outbox");
    listeners.add("retry", () => {
      throw new Error("no");
    });
    listeners.emit("retry", { attempt: 1 });
    expect(reported).toMatchObject([{ message: 'a listener of the outbox\'s "retry" failed: no' }]);
  });

  it("may come and go in the middle of an event", () => {
    const { listeners } = setup();
    const told: string[] = [];
    const second = () => told.push("second");
    listeners.add("retry", () => {
      listeners.remove("retry", second);
      listeners.add("retry", () => told.push("new"));
    });
    listeners.add("retry", second);
    listeners.emit("retry", { attempt: 1 });
    expect(told).toEqual(["second"]);
  });

  it("of no event, or that are no functions, are refused", () => {
    const { listeners } = setup();
    expect(thrown(() => listeners.add("retrry" as never, () => {}))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'there is no event "retrry"; there are retry, discarded',
    });
    expect(thrown(() => listeners.add("retry", 7 as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
