import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, headers, type LostMessage } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { connectAtFirst } from "./support/at-first.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { onlyOnce } from "./support/only-once.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

const SMALL = 10_000;

let large: NatsServer;
let small: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  [large, small] = await Promise.all([NatsServer.start(), NatsServer.start({ maxPayload: SMALL })]);
  nc = await connectAtFirst([large.url, small.url], { reconnectTimeWait: 5 });
  recorder = new Recorder(nc);
});
afterEach(async () => {
  await nc.close();
  await Promise.all([large.close(), small.close()]);
});

/** Kills the first server; `action` runs when that is noticed, before the second one is dialled. */
async function inTheOutage<T>(connection: Connection, action: () => T): Promise<T> {
  const done = new Promise<T>((resolve) => {
    connection.once("disconnect", () => resolve(action()));
  });
  await large.kill();
  return done;
}

const lost = (): LostMessage[] => recorder.of("messageLost").flatMap(([messages]) => messages);

describe("a server that takes less than the one before [peers 18]", () => {
  it("gets all but the messages that are too large for it, which are reported", async () => {
    const got: number[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.data.length) });
    await nc.flush();
    const sizes = [10, SMALL + 1, SMALL, 500_000, 20, SMALL - 1, 300_000];
    const error = await inTheOutage(nc, () => {
      for (const [i, size] of sizes.entries()) nc.publish("a", Buffer.alloc(size, i));
      return rejection(nc.publishConfirmed("a", Buffer.alloc(SMALL + 5)));
    });
    await nc.flush();
    expect(error.code).toBe("MESSAGE_DROPPED");
    expect(got).toEqual(sizes.filter((size) => size <= SMALL));
    expect(nc.getServer()).toBe(small.hostport);
    expect(recorder.count("disconnect")).toBe(1);
    expect(
      lost().map(({ subject, size, reason, maybeDelivered }) => [subject, size, reason, maybeDelivered]),
    ).toEqual([SMALL + 1, 500_000, 300_000, SMALL + 5].map((size) => ["a", size, "max-payload", false]));
    expect(lost()[0].data?.[0]).toBe(1);
    expect(expectBalanced(nc)).toMatchObject({
      accepted: 8,
      confirmed: 4,
      dropped: 4,
      dropReasons: { "max-payload": 4 },
    });
  });

  it("refuses too large ones at the call from then on [parity 17]", async () => {
    await large.kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(thrown(() => nc.publish("a", Buffer.alloc(SMALL + 1))).code).toBe("MAX_PAYLOAD_EXCEEDED");
    nc.publish("a", Buffer.alloc(SMALL));
    await nc.flush();
    expect([nc.state, recorder.count("disconnect")]).toEqual(["connected", 1]);
  });

  it("drops also what may have been delivered already, and says so", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    const other = await connectAtFirst([mute.url, small.url]);
    const events = new Recorder(other);
    other.publish("a", Buffer.alloc(SMALL + 1));
    other.publish("a", "small");
    await until(() => mute.last.times("PUB a ") === 2, "both are written");
    mute.last.socket.resetAndDestroy();
    await other.flush();
    expect(events.of("messageLost")).toMatchObject([[[{ reason: "max-payload", maybeDelivered: true }]]]);
    expect(expectBalanced(other)).toMatchObject({ accepted: 2, confirmed: 1, dropped: 1 });
    await other.close();
  });

  it("fails the request that is too large for it", async () => {
    const error = await inTheOutage(nc, () =>
      rejection<Error & { code: string; maybeDelivered: boolean }>(
        nc.request("a", Buffer.alloc(SMALL + 1), { timeout: 20_000 }),
      ),
    );
    expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: false });
  });
});

describe("a server that takes no headers", () => {
  it("gets all but the messages with headers, which are reported [parity 25]", async () => {
    await using plain = await FakeServer.start(speaksNats({ headers: false }));
    const other = await connectAtFirst([large.url, plain.url]);
    const events = new Recorder(other);
    const hdrs = headers();
    hdrs.set("A", "b");
    await inTheOutage(other, () => {
      other.publish("a", "with", { headers: hdrs });
      other.publish("a", "without");
    });
    await other.flush();
    expect(plain.last.received).toContain("PUB a 7\r\nwithout");
    expect(plain.last.received).not.toContain("HPUB");
    expect(events.of("messageLost")).toMatchObject([[[{ reason: "headers", subject: "a" }]]]);
    expect(thrown(() => other.publish("a", "x", { headers: hdrs })).code).toBe("HEADERS_UNSUPPORTED");
    expectBalanced(other);
    await other.close();
  });
});
