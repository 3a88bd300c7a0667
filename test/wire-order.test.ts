import { describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { Load } from "./support/load.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 1, reconnectJitter: 0 };

/** What one link carried: the numbers on it, and how many of them were confirmed to the client. */
interface Carried {
  numbers: number[];
  confirmed: number;
}

/** What is done to one link. */
interface Plan {
  /** So many PINGs are answered; the first two are the handshake. Default: all. */
  pongs?: number;
  /** PINGs are answered up to so many messages. Default: any number. */
  confirms?: number;
  /** The connection is reset when so many messages have come. Default: never. */
  messages?: number;
}

/** A server that dies again and again. `plan` says how for each link; the last entry holds for all further ones. */
function dyingServer(plan: Plan[], carried: Carried[]) {
  return (link: FakeLink, number: number): void => {
    const {
      pongs = Number.POSITIVE_INFINITY,
      confirms = Number.POSITIVE_INFINITY,
      messages = Number.POSITIVE_INFINITY,
    } = plan[Math.min(number, plan.length) - 1];
    const mine: Carried = { numbers: [], confirmed: 0 };
    carried.push(mine);
    let rest = "";
    let asked = 0;
    link.send(infoLine());
    link.socket.on("data", (data) => {
      const lines = (rest + data.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (/^\d+$/.test(line)) mine.numbers.push(Number(line));
        if (line !== "PING") continue;
        if (++asked > pongs || mine.numbers.length > confirms) continue;
        link.send("PONG");
        mine.confirmed = mine.numbers.length;
      }
      if (mine.numbers.length >= messages) link.socket.resetAndDestroy();
    });
  };
}

function ascending(numbers: number[]): boolean {
  return numbers.every((number, i) => i === 0 || number === numbers[i - 1] + 1);
}

describe("the order on the wire (promises §2)", () => {
  it("is that of the calls, without gaps, across any number of links; each goes on at the first unconfirmed", async () => {
    const carried: Carried[] = [];
    const deaths = Array.from({ length: 12 }, (_, i) => ({
      pongs: 2 + ((i * 7) % 5),
      messages: 150 + i * 37,
    }));
    const plan: Plan[] = [...deaths, {}];
    await using fake = await FakeServer.start(dyingServer(plan, carried));
    const nc = await connect({ servers: fake.url, ...EAGER });
    using steady = Load.numbers(nc, "a", 10_000);
    await until(() => carried.length === 13, "twelve deaths");
    await until(() => steady.count > 8_000, "enough messages");
    const count = steady.stop();
    await nc.flush();
    let confirmed = 0;
    for (const link of carried) {
      expect(ascending(link.numbers), `in order: ${link.numbers.slice(0, 20)}`).toBe(true);
      // A PONG may be lost with its link: then the client goes on further back, never further ahead.
      if (link.numbers.length > 0) expect(link.numbers[0]).toBeLessThanOrEqual(confirmed);
      confirmed = Math.max(confirmed, (link.numbers[0] ?? 0) + link.confirmed);
    }
    expect(carried.at(-1)?.numbers.at(-1)).toBe(count - 1);
    const seen = new Set(carried.flatMap((link) => link.numbers));
    expect(seen.size).toBe(count);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
    await nc.close();
  });

  it("what is confirmed is not written again", async () => {
    const carried: Carried[] = [];
    const plan = [{ confirms: 1_000, messages: 1_500 }, {}];
    await using fake = await FakeServer.start(dyingServer(plan, carried));
    const nc = await connect({ servers: fake.url, ...EAGER });
    publishNumbers(nc, "a", 0, 1_000);
    await nc.flush();
    publishNumbers(nc, "a", 1_000, 1_500);
    await nc.flush();
    expect(carried[1].numbers).toEqual(Array.from({ length: 500 }, (_, i) => 1_000 + i));
    expect(nc.stats().replayed).toBe(500);
    await nc.close();
  });

  it("subscriptions stand before the first replayed message", async () => {
    const carried: Carried[] = [];
    const plan = [{ pongs: 2, messages: 10 }, {}];
    await using fake = await FakeServer.start(dyingServer(plan, carried));
    const nc = await connect({ servers: fake.url, ...EAGER });
    nc.subscribe("s.one", { callback: () => {} });
    nc.subscribe("s.two", { queue: "q", callback: () => {} });
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
    const { received } = fake.links[1];
    const order = ["CONNECT", "SUB s.one 1", "SUB s.two q 2", "PUB a 1\r\n0"].map((text) =>
      received.indexOf(text),
    );
    expect(order.every((at) => at >= 0)).toBe(true);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    await nc.close();
  });

  it("a subscription with a max asks the next server only for what is left of it [parity 64]", async () => {
    await using fake = await FakeServer.start(speaksNats());
    const nc = await connect({ servers: fake.url, ...EAGER });
    const sub = nc.subscribe("s", { max: 10, callback: () => {} });
    await nc.flush();
    for (let i = 0; i < 4; i++) fake.last.send("MSG s 1 0", "");
    await until(() => sub.getReceived() === 4, "four messages");
    fake.last.socket.resetAndDestroy();
    await nc.flush();
    expect(fake.links[0].received).toContain("SUB s 1\r\nUNSUB 1 10\r\n");
    await until(() => fake.links.length === 2 && fake.last.times("UNSUB") === 1, "the second link");
    expect(fake.last.received).toContain("SUB s 1\r\nUNSUB 1 6\r\n");
    await nc.close();
  });
});
