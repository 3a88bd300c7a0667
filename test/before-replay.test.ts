import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { openRequests } from "./support/inside.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

let fake: FakeServer;
let nc: Connection;
let release: () => void;
let calls: number;
let during: (connection: Connection) => void;
beforeEach(async () => {
  calls = 0;
  during = () => {};
  fake = await FakeServer.start(speaksNats());
  nc = await connect({
    servers: fake.url,
    reconnectTimeWait: 5,
    reconnectJitter: 0,
    closeTimeout: 50,
    beforeReplayTimeout: 60_000,
    beforeReplay: (self) => {
      calls++;
      during(self);
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  });
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  expect(openRequests(nc)).toBe(0);
  await fake[Symbol.asyncDispose]();
});

/** Loses the link; ten messages are accepted meanwhile. Resolves when `beforeReplay` has been called on the next one. */
async function outage(): Promise<void> {
  const before = calls;
  nc.once("disconnect", () => publishNumbers(nc, "a", 0, 10));
  fake.last.socket.resetAndDestroy();
  await until(() => calls === before + 1, "the call of beforeReplay");
}

describe("while beforeReplay has not settled", () => {
  it("it is not called at the first connect, and nothing of the replay is written", async () => {
    expect(calls).toBe(0);
    await outage();
    expect(nc.state).toBe("connected");
    await nc.rtt();
    expect(fake.last.times("PUB a ")).toBe(0);
    release();
    await nc.flush();
    expect(fake.last.times("PUB a ")).toBe(10);
    expect(nc.stats()).toMatchObject({ accepted: 10, confirmed: 10 });
  });

  it("what is published waits behind the replay, in order", async () => {
    await outage();
    nc.publish("a", "10");
    await nc.rtt();
    expect(fake.last.times("PUB a ")).toBe(0);
    release();
    nc.publish("a", "11");
    await nc.flush();
    const numbers = [...fake.last.received.matchAll(/PUB a \d+\r\n(\d+)\r\n/g)].map((match) =>
      Number(match[1]),
    );
    expect(numbers).toEqual([...Array(12).keys()]);
  });

  it("subscriptions and requests go out ahead", async () => {
    let asked: Promise<Error & { code: string }> | undefined;
    during = (self) => {
      self.subscribe("fresh", { callback: () => {} });
      asked = rejection(self.request("ask", "", { timeout: 100 }));
    };
    await outage();
    await until(() => fake.last.times("PUB ask ") === 1, "the request");
    expect(fake.last.times("SUB fresh ")).toBe(1);
    expect(fake.last.times("PUB a ")).toBe(0);
    expect((await asked)?.code).toBe("TIMEOUT");
    release();
    await nc.flush();
    expect(fake.last.times("PUB a ")).toBe(10);
  });

  it("the link may die: requests made in it fail at once, and it is called again on the next link", async () => {
    let asked: Promise<Error & { code: string }> | undefined;
    during = (self) => {
      asked ??= rejection(self.request("ask", "", { timeout: 60_000 }));
    };
    await outage();
    await until(() => fake.last.times("PUB ask ") === 1, "the request");
    fake.last.socket.resetAndDestroy();
    expect(await asked).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    await until(() => calls === 2, "the second call");
    release();
    await nc.flush();
    expect(fake.last.times("PUB a ")).toBe(10);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 11, confirmed: 10, unconfirmed: 1 });
  });

  it("an old one that settles late does not release the next link", async () => {
    await outage();
    const releaseOld = release;
    fake.last.socket.resetAndDestroy();
    await until(() => calls === 2, "the second call");
    releaseOld();
    await nc.rtt();
    expect(fake.last.times("PUB a ")).toBe(0);
    release();
    await nc.flush();
    expect(fake.last.times("PUB a ")).toBe(10);
  });

  it("close() settles within its timeout, and what was held back is reported", async () => {
    await outage();
    const recorder = new Recorder(nc);
    await nc.close();
    expect(recorder.of("close")).toMatchObject([
      [undefined, { cause: { kind: "client" }, dropped: 10, unconfirmed: 0 }],
    ]);
    expect(recorder.of("messageLost").flatMap(([messages]) => messages)).toHaveLength(10);
  });

  it("an unsubscribe takes effect at once", async () => {
    const sub = nc.subscribe("gone", { callback: () => {} });
    await nc.flush();
    await outage();
    sub.unsubscribe();
    await until(() => fake.last.times(`UNSUB ${sub.getID()}\r\n`) === 1, "the UNSUB");
    release();
    await nc.flush();
  });
});
