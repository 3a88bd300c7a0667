import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { type FakeLink, FakeServer, speaksNats } from "./support/fake-server.js";
import { openRequests } from "./support/inside.js";
import { rejection, until } from "./support/until.js";

const READ_ONLY = [
  "$JS.API.INFO",
  "$JS.API.STREAM.INFO.S",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.CONSUMER.INFO.S.C",
  "$JS.hub.API.CONSUMER.NAMES.S",
];
const CHANGING = [
  "$JS.API.STREAM.CREATE.S",
  "$JS.API.STREAM.DELETE.S",
  "$JS.API.CONSUMER.CREATE.S.C",
  "$JS.API.STREAM.MSG.GET.S",
  "$JS.API.CONSUMER.MSG.NEXT.S.C",
  "$JS.ACK.S.C.1.1.1.1.0",
  "orders",
];

let fake: FakeServer;
let nc: Connection;
beforeEach(async () => {
  fake = await FakeServer.start(speaksNats());
  nc = await connect({ servers: fake.url, reconnectTimeWait: 5, reconnectJitter: 0 });
});
afterEach(async () => {
  expectBalanced(nc);
  expect(openRequests(nc)).toBe(0);
  await nc.close();
  await fake[Symbol.asyncDispose]();
});

/** Answers the request to `subject` that has arrived on this link. */
function answer(link: FakeLink, subject: string, text: string): void {
  const line = link.received.split("\r\n").find((one) => one.startsWith(`PUB ${subject} `)) ?? "";
  const reply = line.split(" ")[2];
  const sid = /SUB (_INBOX\.\S+) (\d+)/.exec(link.received)?.[2];
  link.send(`MSG ${reply} ${sid} ${text.length}`, text);
}

describe("a request in flight when the link dies (promises §2)", () => {
  it.each(READ_ONLY)("%s only reads: it is sent again, and answered", async (subject) => {
    const asked = nc.request(subject, "x", { timeout: 20_000 });
    const [first] = fake.links;
    await until(() => first.times("PUB \\$JS") === 1, "the request");
    first.socket.resetAndDestroy();
    await until(() => fake.links.length === 2 && fake.last.times("PUB \\$JS") === 1, "the request, again");
    answer(fake.last, subject, "answer");
    expect((await asked).string()).toBe("answer");
  });

  it.each(CHANGING)("%s may change something: it fails at once, and is not sent again", async (subject) => {
    const asked = rejection(nc.request(subject, "x", { timeout: 20_000 }));
    const [first] = fake.links;
    await until(() => first.received.includes(`PUB ${subject} `), "the request");
    first.socket.resetAndDestroy();
    expect(await asked).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    await nc.flush();
    expect(fake.links[1].received).not.toContain(`PUB ${subject} `);
  });

  it("that was confirmed by the old server, too", async () => {
    const asked = nc.request("$JS.API.STREAM.INFO.S", "x", { timeout: 20_000 });
    await nc.flush();
    expect(nc.stats().confirmed).toBe(1);
    fake.links[0].socket.resetAndDestroy();
    await until(() => fake.links.length === 2 && fake.last.times("PUB \\$JS") === 1, "the request, again");
    answer(fake.last, "$JS.API.STREAM.INFO.S", "answer");
    expect((await asked).string()).toBe("answer");
  });

  it("is not sent again once its timeout is over", async () => {
    const asked = rejection(nc.request("$JS.API.INFO", "x", { timeout: 60 }));
    const [first] = fake.links;
    await until(() => first.times("PUB \\$JS") === 1, "the request");
    expect((await asked).code).toBe("TIMEOUT");
    first.socket.resetAndDestroy();
    await until(() => nc.stats().reconnects === 1, "the reconnect");
    await nc.flush();
    expect(fake.last.times("PUB \\$JS")).toBe(0);
  });
});
