import { describe, expect, it } from "vitest";
import type { ClientConnection } from "./client-connection.js";
import { KeepAlive } from "./keep-alive.js";
import type { Scheduler } from "./line.js";

/** A clock that is set by hand, a connection that notes what is done to it, and what watches over it. */
function watched(
  settings: { pingInterval?: number; maxPingsOut?: number; authTimeout?: number },
  connected = true,
) {
  let due: { at: number; run: () => void }[] = [];
  const scheduler = {
    now: 0,
    in(delay: number, run: () => void) {
      const entry = { at: this.now + delay, run };
      due.push(entry);
      return {
        cancel: () => {
          due = due.filter((one) => one !== entry);
        },
      };
    },
  };
  const done: string[] = [];
  const client = {
    broker: { settings },
    connected,
    mustAuthenticate: !connected,
    askPing: () => done.push(`PING at ${scheduler.now}`),
    expel: (error: string) => {
      done.push(`${error} at ${scheduler.now}`);
      keepAlive.end();
    },
  };
  const keepAlive = new KeepAlive(client as unknown as ClientConnection, scheduler satisfies Scheduler);
  const pass = (until: number) => {
    for (;;) {
      const next = due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      due = due.filter((one) => one !== next);
      scheduler.now = next.at;
      next.run();
    }
    scheduler.now = until;
  };
  return { keepAlive, client, done, pass, timers: () => due.length };
}

describe("keeping a client alive", () => {
  it("asks soon for the first time, then in intervals, and gives up", () => {
    const { done, pass, timers } = watched({ pingInterval: 5000, maxPingsOut: 2 });
    pass(60_000);
    expect(done).toEqual(["PING at 2000", "PING at 7000", "Stale Connection at 12000"]);
    expect(timers()).toBe(0);
  });

  it("goes on while it is answered", () => {
    const { keepAlive, done, pass } = watched({ pingInterval: 1000, maxPingsOut: 1 });
    for (let at = 1000; at <= 10_000; at += 1000) {
      pass(at);
      keepAlive.ponged();
    }
    expect(done.at(-1)).toBe("PING at 10000");
  });

  it("does not ask one that talks, once it has asked", () => {
    const { keepAlive, done, pass } = watched({ pingInterval: 1000 });
    pass(1000);
    keepAlive.ponged();
    for (let at = 1000; at <= 10_000; at += 500) {
      pass(at);
      keepAlive.heard();
    }
    expect(done).toEqual(["PING at 1000"]);
  });

  it("waits a whole interval before the CONNECT", () => {
    const { keepAlive, done, pass } = watched({ pingInterval: 5000, maxPingsOut: 9 }, false);
    pass(4000);
    expect(done).toEqual([]);
    keepAlive.connected();
    pass(6000);
    expect(done).toEqual(["PING at 6000"]);
  });

  it("wants to know who it is", () => {
    const late = watched({ authTimeout: 100 }, false);
    late.pass(1000);
    expect(late.done).toEqual(["Authentication Timeout at 100"]);
    const inTime = watched({ authTimeout: 100 }, false);
    inTime.client.mustAuthenticate = false;
    inTime.pass(1000);
    expect(inTime.done).toEqual([]);
  });
});
