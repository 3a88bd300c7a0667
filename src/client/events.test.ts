import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { type ConnectionEvents, Emitter, type EventName, Events, type StateChange } from "./events.js";

const CHANGE: StateChange = { from: "connecting", to: "connected", at: 1, reason: "r" };

/** A promise that is no `Promise`. */
const FOREIGN = {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
  then: (_: unknown, reject: (error: Error) => void) => reject(new Error("x")),
};

function world() {
  const failures: [EventName, unknown][] = [];
  const emitter = new Emitter({ listenerFailed: (name, cause) => failures.push([name, cause]) });
  const told: string[] = [];
  return { emitter, failures, told };
}

it("each event goes to the channel of its name, with the connection and what listeners get, while somebody subscribes there", () => {
  const connection = {};
  const emitter = new Emitter({ connection, listenerFailed() {} });
  const told: unknown[] = [];
  const listener = (message: unknown) => told.push(message);
  subscribe("holdfast:state", listener);
  expect([emitter.has("state"), emitter.has("connect")]).toEqual([true, false]);
  emitter.emit("state", CHANGE);
  emitter.emit("connect", { server: "a:1" });
  unsubscribe("holdfast:state", listener);
  emitter.emit("state", CHANGE);
  expect([told, emitter.has("state")]).toEqual([[{ connection, args: [CHANGE] }], false]);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("listeners", () => {
  it("are called in the order in which they were added, with the event's arguments", () => {
    const { emitter, told } = world();
    emitter.add("state", (change) => told.push(`one ${change.to}`), false);
    emitter.add("state", (change) => told.push(`two ${change.to}`), false);
    emitter.add("connect", () => told.push("other"), false);
    emitter.emit("state", CHANGE);
    emitter.emit("state", CHANGE);
    expect(told).toEqual(["one connected", "two connected", "one connected", "two connected"]);
  });

  it("added with once are called once, also when they emit the event again", () => {
    const { emitter, told } = world();
    emitter.add(
      "state",
      () => {
        told.push("once");
        emitter.emit("state", CHANGE);
      },
      true,
    );
    emitter.emit("state", CHANGE);
    expect(told).toEqual(["once"]);
    expect(emitter.has("state")).toBe(false);
  });

  it("added with once are called once, also when one before them emits the event again", () => {
    const { emitter, told } = world();
    let again = true;
    const first = () => {
      if (again) {
        again = false;
        emitter.emit("state", CHANGE);
      }
    };
    emitter.add("state", first, false);
    emitter.add("state", () => told.push("once"), true);
    emitter.emit("state", CHANGE);
    expect(told).toEqual(["once"]);
  });

  it("added with once, and to stay, stay", () => {
    const { emitter, told } = world();
    const listener = () => told.push("x");
    emitter.add("state", listener, false);
    emitter.add("state", listener, true);
    for (let i = 0; i < 3; i++) emitter.emit("state", CHANGE);
    expect(told).toHaveLength(4);
  });

  it("that were removed are not called, each removal taking one", () => {
    const { emitter, told } = world();
    const listener = () => told.push("x");
    emitter.add("state", listener, false);
    emitter.add("state", listener, true);
    emitter.remove("state", listener);
    expect(emitter.has("state")).toBe(true);
    emitter.remove("state", listener);
    emitter.remove("state", listener);
    emitter.remove("connect", listener);
    expect(emitter.has("state")).toBe(false);
    emitter.emit("state", CHANGE);
    expect(told).toEqual([]);
  });

  it("may add and remove listeners while they are called", () => {
    const { emitter, told } = world();
    const later = () => told.push("later");
    emitter.add(
      "state",
      () => {
        told.push("first");
        emitter.add("state", later, false);
        emitter.remove("state", second);
      },
      true,
    );
    const second = () => told.push("second");
    emitter.add("state", second, false);
    emitter.emit("state", CHANGE);
    expect(told[0]).toBe("first");
    expect(told).not.toContain("later");
    told.length = 0;
    emitter.emit("state", CHANGE);
    expect(told).toEqual(["later"]);
  });

  it("need not be there, also not for error", () => {
    const { emitter, failures } = world();
    emitter.emit("error", new Error("x"));
    expect(failures).toEqual([]);
  });
});

describe("a listener that fails", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("x");
      },
    ],
    [
      "throws nothing",
      () => {
        throw undefined;
      },
    ],
    [
      "throws something odd",
      () => {
        throw Object.create(null);
      },
    ],
    ["rejects", () => Promise.reject(new Error("x"))],
    [
      "rejects later",
      async () => {
        await Promise.resolve();
        throw new Error("x");
      },
    ],
    ["answers with a promise of a foreign kind that rejects", () => FOREIGN],
  ])(
    "and %s is reported with the event's name, and the others are called all the same",
    async (_what, listener) => {
      const { emitter, failures, told } = world();
      emitter.add("connect", () => told.push("before"), false);
      emitter.add("connect", listener as never, false);
      emitter.add("connect", () => told.push("after"), false);
      emitter.emit("connect", { server: "a" });
      expect(told).toEqual(["before", "after"]);
      await turn();
      expect(failures.map(([name]) => name)).toEqual(["connect"]);
    },
  );

  it("because it answers with a hostile thenable harms nobody", async () => {
    const { emitter, told } = world();
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    const hostile = Object.defineProperty({}, "then", {
      get: () => {
        throw new Error("no");
      },
    });
    emitter.add("connect", (() => hostile) as never, false);
    emitter.add("connect", () => told.push("after"), false);
    expect(() => emitter.emit("connect", { server: "a" })).not.toThrow();
    await turn();
    expect(told).toEqual(["after"]);
  });
});

describe("the constants", () => {
  /** Complete by its type: an event without a line here does not compile. */
  const NAMES: Record<keyof ConnectionEvents, true> = {
    state: true,
    connect: true,
    disconnect: true,
    reconnecting: true,
    attemptFailed: true,
    reconnect: true,
    move: true,
    standby: true,
    failback: true,
    partition: true,
    update: true,
    lameDuck: true,
    serverInfo: true,
    error: true,
    messageLost: true,
    overflow: true,
    buffer: true,
    slowConsumer: true,
    close: true,
  };

  it("are there for every event, and for nothing else", () => {
    expect(Object.values(Events).toSorted()).toEqual(Object.keys(NAMES).toSorted());
  });

  it("are called as their events, with a capital letter", () => {
    for (const [name, event] of Object.entries(Events)) {
      expect(name).toBe(event[0].toUpperCase() + event.slice(1));
    }
  });
});
