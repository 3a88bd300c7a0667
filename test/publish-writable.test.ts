import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { ConnectionOptions, DurableOverflow, Overflow } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { Outage } from "./support/outage.js";
import { expectNoProblems } from "./support/problems.js";
import { rejection, thrown, until } from "./support/until.js";

expectNoProblems();

const LONG = 600_000;
/** ms after which a loop that leaves nobody a turn has hung. */
const HANGS = 20_000;
/** Above 10,000 unconfirmed bytes `publish()` returns false. */
const SMALL = { maxPending: 40_000, overflow: "reject" } as const;
const LARGE = "x".repeat(12_000);

async function inOutage(
  options: ConnectionOptions,
  act: (outage: Outage) => void | Promise<void>,
): Promise<void> {
  await using outage = await Outage.prepare(options);
  await outage.begin();
  await act(outage);
  expectBalanced(outage.nc);
}

/** Whether `promise` has settled by the time that timers and sockets had their turn. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let i = 0; i < 5; i++) await turn();
  return settled;
}

it.each([
  ["over the shared inbox", {}],
  ["with noMux", { noMux: true }],
])("in an outage writable() resolves when requests that took the room are over, %s", async (_name, mode) => {
  await inOutage(SMALL, async ({ nc }) => {
    const late = rejection(nc.request("b", LARGE, { timeout: 50, ...mode }));
    const left = nc.writable().then(() => nc.buffered.messages);
    expect(await late).toMatchObject({ code: "TIMEOUT" });
    // Not before: while it waits it takes the room.
    expect(await left).toBe(0);
    expect(nc.publish("a", "1")).toBe(true);
    expect(nc.state).toBe("reconnecting");
  });
});

it.each([
  ["over the shared inbox", {}],
  ["with noMux", { noMux: true }],
])("in an outage writable() resolves when such requests are given up, %s", async (_name, mode) => {
  // Nothing but the signal may bring it about.
  await inOutage({ ...SMALL, reconnectTimeWait: LONG }, async ({ nc }) => {
    const controller = new AbortController();
    const given = { timeout: LONG, signal: controller.signal, ...mode };
    const late = rejection(nc.request("b", LARGE, given));
    const writable = nc.writable();
    expect(await isSettled(writable)).toBe(false);
    controller.abort(new Error("enough"));
    expect((await late).message).toBe("enough");
    // At once, and not only when something else happens.
    expect(await isSettled(writable)).toBe(true);
    expect(nc.publish("a", "1")).toBe(true);
  });
});

it("in an outage it resolves when messages have expired, and down to what publish() takes gladly, no further", async () => {
  await inOutage({ ...SMALL, reconnectTimeWait: LONG }, async ({ nc }) => {
    nc.publish("a", "x".repeat(9000));
    expect(nc.publish("a", "x".repeat(9000), { ttl: 50 })).toBe(false);
    const confirmed = rejection(nc.publishConfirmed("a", "x".repeat(9000), { ttl: 50 }));
    const left = nc.writable().then(() => nc.buffered.messages);
    expect(await confirmed).toMatchObject({ code: "MESSAGE_DROPPED" });
    expect(await left).toBe(1);
    expect(nc.publish("a", "1")).toBe(true);
  });
});

it("the buffer event tells of requests that are given up", async () => {
  await inOutage({ reconnectTimeWait: LONG, reconnectBufSize: 13_000 }, async ({ nc }) => {
    const levels: string[] = [];
    nc.on("buffer", ({ level }) => levels.push(level));
    const controller = new AbortController();
    const late = rejection(nc.request("b", LARGE, { timeout: LONG, signal: controller.signal }));
    await until(() => levels.length > 0, "the full buffer");
    controller.abort();
    await late;
    await until(() => levels.length > 1, "the buffer with room");
    expect(levels).toEqual(["high", "normal"]);
  });
});

it.each([
  ["bytes", { reconnectBufSize: 500 }],
  ["messages", { maxBufferedMessages: 5 }],
  ["anything", { reconnectBufSize: -1 }],
])(
  "a buffer that is full by %s makes writable() wait, and it resolves with the next link",
  async (_name, limits) => {
    await inOutage(limits, async (outage) => {
      const { nc } = outage;
      const full = thrown(() => {
        for (;;) nc.publish("a", "x".repeat(100));
      });
      expect(["BUFFER_FULL", "DISCONNECTED"]).toContain((full as Error & { code: string }).code);
      const writable = nc.writable();
      expect(await isSettled(writable)).toBe(false);
      const before = outage.end();
      await writable;
      expect(nc.publish("a", "after")).toBe(true);
      await before;
      await nc.flush();
      expect(outage.got.at(-1)).toBe("after");
    });
  },
);

it("as much room as was wanted has to come back", async () => {
  await inOutage({ reconnectBufSize: 1000, reconnectTimeWait: LONG }, async ({ nc }) => {
    nc.publish("a", "x".repeat(700), { ttl: 60 });
    nc.publish("a", "x".repeat(100), { ttl: 20 });
    expect(() => nc.publish("a", "x".repeat(400))).toThrow(expect.objectContaining({ code: "BUFFER_FULL" }));
    await nc.writable();
    // The large one has gone, mostly as the last: where this process stood still between the two, the small one may still be there.
    expect(nc.buffered.bytes).toBeLessThan(700);
    expect(nc.publish("a", "x".repeat(400))).toBe(true);
    // A small one finds room again, and so does who waits with nothing in particular.
    await nc.writable();
  });
});

it.each<[string, Partial<ConnectionOptions>]>([
  ["drop-newest", { overflow: "drop-newest", maxBufferedMessages: 3 }],
  ["an overflow that takes all", { overflow: takesAll(), maxBufferedMessages: 3 }],
  [
    "an overflow that drops all",
    { overflow: { name: "mine", offer: () => "drop-newest" }, maxBufferedMessages: 3 },
  ],
])(
  "a loop that is paced by writable() leaves timers and sockets their turn, with %s",
  async (_name, options) => {
    await inOutage({ closeTimeout: 10, ...options }, async (outage) => {
      const { nc } = outage;
      // Fails rather than hangs, however long a server takes to start.
      const end = performance.now() + HANGS;
      const loop = (async () => {
        while (nc.state !== "connected" && performance.now() < end) {
          if (!nc.publish("a", "1")) await nc.writable();
        }
      })();
      await outage.server.restart();
      await loop;
      expect(nc.state).toBe("connected");
    });
  },
);

/** Holds what it is offered, for ever. */
function takesAll(): Overflow {
  const overflow = {
    name: "mine",
    engaged: false,
    offer: () => {
      overflow.engaged = true;
      return "taken" as const;
    },
  };
  return overflow;
}

it("with drop-oldest and nothing that may go the loop does not stand in the way either", async () => {
  await inOutage({ overflow: "drop-oldest", maxBufferedMessages: 1 }, async (outage) => {
    const { nc } = outage;
    const late = rejection(nc.request("b", "", { timeout: 30 }));
    const end = performance.now() + HANGS;
    while (performance.now() < end && !nc.publish("a", "1")) await nc.writable();
    expect(performance.now()).toBeLessThan(end);
    expect(await late).toMatchObject({ code: "TIMEOUT" });
  });
});

it("an overflow that has begun to take everything lets go of who waits", async () => {
  const overflow = {
    name: "mine",
    engaged: false,
    offer: () => (overflow.engaged ? "taken" : "pass"),
  } as const;
  const own = overflow as unknown as Overflow & { engaged: boolean };
  await inOutage({ ...SMALL, overflow: own }, async ({ nc }) => {
    expect(nc.publish("a", LARGE)).toBe(false);
    const writable = nc.writable();
    expect(await isSettled(writable)).toBe(false);
    own.engaged = true;
    await writable;
    expect(nc.state).toBe("reconnecting");
    await nc.writable();
    own.engaged = false;
  });
});

it("who publishes past an outbox that is full waits for room on the link alone", async () => {
  // It has room again when what it holds was sent: by whoever waits here.
  const full: DurableOverflow = {
    name: "mine",
    offer: () => "reject",
    attach: () => {},
    detach: () => Promise.resolve(),
    store: () => Promise.reject(new Error("full")),
    writable: () => new Promise(() => {}),
  };
  await using outage = await Outage.prepare({ maxPending: 40_000, outbox: full });
  const { nc } = outage;
  expect(nc.publish("a", LARGE, { bypassOverflow: true })).toBe(false);
  const all = nc.writable();
  await nc.writable({ bypassOverflow: true });
  expect(await isSettled(all)).toBe(false);
  expect(await rejection(nc.writable(5 as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
});
