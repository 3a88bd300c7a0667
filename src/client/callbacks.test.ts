import { describe, expect, it, vi } from "vitest";
import { CALLBACKS, type CallbackOptions, listenWithCallbacks } from "./callbacks.js";
import { connect } from "./connect.js";
import { Connection } from "./connection.js";
import { Emitter, type EventName } from "./events.js";
import type { ConnectionOptions } from "./options.js";
import { toSettings } from "./settings.js";

/** Every callback, its event, and arguments of such an event. */
const EVENTS: Record<keyof CallbackOptions, [EventName, unknown[]]> = {
  connectedCb: ["connect", [{ server: "a:1" }]],
  closedCb: ["close", [undefined, { dropped: 1 }]],
  disconnectedCb: ["disconnect", [new Error("x"), { server: "a:1" }]],
  reconnectedCb: ["reconnect", [{ server: "b:1" }]],
  reconnectErrCb: ["attemptFailed", [new Error("y"), { attempt: 2 }]],
  discoveredServersCb: ["update", [{ added: ["c:1"], deleted: [] }]],
  asyncErrorCb: ["error", [new Error("z")]],
  lameDuckCb: ["lameDuck", [{ server: "a:1" }]],
};
const NAMES = Object.keys(EVENTS) as (keyof CallbackOptions)[];

/** A connection of which only listeners are needed. */
function world(options: CallbackOptions) {
  const failures: EventName[] = [];
  const emitter = new Emitter({ listenerFailed: (name) => failures.push(name) });
  const nc = { on: (name: EventName, listener: never) => emitter.add(name, listener, false) };
  listenWithCallbacks(nc as unknown as Connection, options);
  const emit = (name: EventName, args: unknown[]) => emitter.emit(name, ...(args as never));
  return { nc, emitter, emit, failures };
}

describe("callback options", () => {
  it("are all that there are", () => {
    expect([...CALLBACKS].toSorted()).toEqual(NAMES.toSorted());
  });

  it.each(NAMES)("%s is called with the event's arguments and the connection, each time", (name) => {
    const callback = vi.fn();
    const { nc, emit } = world({ [name]: callback });
    for (const [event, args] of Object.values(EVENTS)) emit(event, args);
    const [event, args] = EVENTS[name];
    expect(callback.mock.calls).toEqual([[...args, nc]]);
    expect(callback.mock.calls[0].at(-1)).toBe(nc);
    emit(event, args);
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it("that are not given listen to nothing", () => {
    const { emitter } = world({ connectedCb: undefined });
    for (const [event] of Object.values(EVENTS)) expect(emitter.has(event)).toBe(false);
  });

  it("that fail are treated as listeners that fail, whether they throw or reject", async () => {
    const { emit, failures } = world({
      connectedCb: () => {
        throw new Error("x");
      },
      lameDuckCb: () => Promise.reject(new Error("y")),
    });
    emit(...EVENTS.connectedCb);
    emit(...EVENTS.lameDuckCb);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toEqual(["connect", "lameDuck"]);
  });

  it("are in place when the connection is made, before anything is dialled", () => {
    const callbacks = Object.fromEntries(NAMES.map((name) => [name, () => {}]));
    const add = vi.spyOn(Connection.prototype, "on");
    const context = { lastError: () => undefined, info: () => undefined, report: () => {} };
    const nc = new Connection(toSettings(callbacks as ConnectionOptions, Math.random, context));
    expect(add.mock.calls.map(([event]) => event)).toEqual(NAMES.map((name) => EVENTS[name][0]));
    expect(nc.state).toBe("disconnected");
    add.mockRestore();
  });

  it("hear of the first attempt that fails, and of the end", async () => {
    const told: string[] = [];
    const options: ConnectionOptions = {
      // Port 1 of this machine: nobody listens.
      port: 1,
      reconnectErrCb: (error, { attempt, server }, nc) =>
        told.push(`${(error as { code?: string }).code} ${attempt} ${server} ${nc.state}`),
      closedCb: (error, { cause }) => told.push(`closed ${(error as { code?: string }).code} ${cause.kind}`),
    };
    await expect(connect(options)).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
    expect(told).toEqual([
      expect.stringMatching(/^CONNECTION_REFUSED 1 127\.0\.0\.1:1 /),
      "closed CONNECTION_REFUSED refused",
    ]);
  });
});
