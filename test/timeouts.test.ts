import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { rejection, thrown, until } from "./support/until.js";

/** Longer than any timer of Node can run: it would fire at once. */
const BEYOND = [2 ** 31, Number.POSITIVE_INFINITY];
const BAD = [0, -1, Number.NaN, "5" as unknown as number];

let server: NatsServer;
let nc: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url, closeTimeout: 10 });
  nc.subscribe("mute", { callback: () => {} });
  await nc.flush();
});
afterEach(() => nc.close());

/** Whether the promise has settled by the time that a short wait of the same kind is over. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await rejection(nc.request("mute", "", { timeout: 30 }));
  return settled;
}

describe("a bad timeout is refused at the call", () => {
  it.each(BAD)("of flush(): %s [parity 112]", async (timeout) => {
    expect((await rejection(nc.flush({ timeout }))).code).toBe("INVALID_ARGUMENT");
  });

  it.each(BAD)("of request(): %s [parity 190]", async (timeout) => {
    expect((await rejection(nc.request("mute", "", { timeout }))).code).toBe("INVALID_ARGUMENT");
  });

  it.each(BAD)("of requestMany(): %s", async (maxWait) => {
    expect((await rejection(nc.requestMany("mute", "", { maxWait }))).code).toBe("INVALID_ARGUMENT");
  });

  it.each([-1, Number.NaN, "5" as unknown as number])("of subscribe(): %s", (timeout) => {
    expect(thrown(() => nc.subscribe("a", { timeout })).code).toBe("INVALID_ARGUMENT");
  });
});

describe.each(BEYOND)("a timeout of %s ms does not end at once", (timeout) => {
  it("of request()", async () => {
    const asked = nc.request("mute", "", { timeout });
    expect(await settles(asked)).toBe(false);
  });

  it("of a noMux request()", async () => {
    const asked = nc.request("mute", "", { timeout, noMux: true });
    expect(await settles(asked)).toBe(false);
  });

  it("of requestMany()", async () => {
    const many = await nc.requestMany("mute", "", { maxWait: timeout });
    expect(await settles(many[Symbol.asyncIterator]().next())).toBe(false);
  });

  it("of subscribe()", async () => {
    const sub = nc.subscribe("a", { timeout });
    expect(await settles(sub.closed)).toBe(false);
  });

  it("of flush()", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("a");
    const flushed = nc.flush({ timeout });
    expect(await settles(flushed)).toBe(false);
    await nc.close();
    await server.restart();
  });
});
