import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, headers, type LostMessage } from "../src/index.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

const SMALL = 10_000;

let server: NatsServer;
let proxy: FaultProxy;
let reader: Connection;
let nc: Connection;
let recorder: Recorder;
/** Number and size of the messages that arrived, without repetitions. */
let got: Map<number, number>;
let order: number[];
beforeEach(async () => {
  server = await NatsServer.start({ maxPayload: 1024 * 1024 });
  proxy = await FaultProxy.start({ target: server.hostport });
  reader = await connect({ servers: server.url });
  nc = await connect({ servers: proxy.url, ignoreClusterUpdates: true, reconnectTimeWait: 5 });
  recorder = new Recorder(nc);
  got = new Map();
  order = [];
  reader.subscribe("a", {
    callback: (_, msg) => {
      const number = Buffer.from(msg.data).readUInt32BE(0);
      if (!got.has(number)) order.push(number);
      got.set(number, msg.data.length);
    },
  });
  await reader.flush();
});
afterEach(async () => {
  expectBalanced(nc);
  await Promise.all([nc.close(), reader.close()]);
  await proxy.close();
  await server.close();
});

/** A numbered message. */
function message(number: number, size: number): Buffer {
  const data = Buffer.alloc(size);
  data.writeUInt32BE(number, 0);
  return data;
}

const lost = (): LostMessage[] => recorder.of("messageLost").flatMap(([messages]) => messages);
const numberOf = ({ data }: LostMessage) => Buffer.from(data!).readUInt32BE(0);

const allTold = () => until(() => lost().length === nc.stats().dropped, "the losses are told");

describe("a max_payload that a reload lowers while we are connected", () => {
  it("holds for everything that was not written yet; all the rest arrives, in order", async () => {
    const sizes = Array.from({ length: 600 }, (_, i) => (i % 3 === 1 ? 50_000 : 4 + ((i * 31) % SMALL)));
    const freeze = proxy.addToxic({ type: "freeze" });
    for (const [number, size] of sizes.entries()) nc.publish("a", message(number, size));
    await until(() => nc.buffered.bytes > 5_000_000, "much waits");
    await server.reload({ maxPayload: SMALL });
    freeze.remove();
    await nc.flush({ timeout: 20_000 });
    const small = sizes.flatMap((size, number) => (size <= SMALL ? [number] : []));
    const large = sizes.flatMap((size, number) => (size > SMALL ? [number] : []));
    await until(() => small.every((number) => got.has(number)), "all that are small enough");
    await allTold();
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(lost().every(({ reason }) => reason === "max-payload")).toBe(true);
    const told = lost().map(numberOf);
    expect(new Set(told).size).toBe(told.length);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(large.filter((number) => !got.has(number) && !told.includes(number))).toEqual([]);
    expect(told.length).toBeGreaterThan(100);
    expect(nc.state).toBe("connected");
    expect(nc.info?.max_payload).toBe(SMALL);
    expect(nc.stats()).toMatchObject({ accepted: 600, confirmed: 600 - told.length, dropped: told.length });
    expect(nc.stats().dropReasons["max-payload"]).toBe(told.length);
    // What never was on a link cannot have been delivered.
    for (const message of lost()) if (!message.maybeDelivered) expect(got.has(numberOf(message))).toBe(false);
    expect(recorder.count("disconnect")).toBe(recorder.count("reconnect"));
  });

  it("while messages are published all the time: each has one outcome", async () => {
    const refused: number[] = [];
    let number = 0;
    const publish = () => {
      for (let i = 0; i < 5; i++, number++) {
        try {
          nc.publish("a", message(number, number % 2 === 0 ? 100 : 20_000));
        } catch (error) {
          expect(error).toMatchObject({ code: "MAX_PAYLOAD_EXCEEDED", subject: "a" });
          refused.push(number);
        }
      }
    };
    let reloaded = false;
    const reload = server.reload({ maxPayload: SMALL }).then(() => {
      reloaded = true;
    });
    await until(() => {
      publish();
      return reloaded && refused.length > 100;
    }, "the client knows");
    await reload;
    await nc.flush();
    const smaller = Array.from({ length: number / 2 }, (_, i) => 2 * i);
    await until(() => smaller.every((one) => got.has(one)), "all that are small enough");
    await allTold();
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const told = new Set(lost().map(numberOf));
    const larger = smaller.map((one) => one + 1);
    const ends = larger.map((one) => [got.has(one) || told.has(one), refused.includes(one)]);
    expect(ends.filter(([accepted, no]) => accepted === no)).toEqual([]);
    expect(nc.stats()).toMatchObject({ accepted: number - refused.length, dropped: told.size, refused: 0 });
  });

  it("counts headers with the payload", async () => {
    const hdrs = headers();
    hdrs.set("Long", "x".repeat(6_000));
    const freeze = proxy.addToxic({ type: "freeze" });
    // What the kernel takes is out of our hands: these fill it.
    for (let i = 0; i < 100; i++) nc.publish("filling", message(i, 100_000));
    for (const [number, size] of [2_000, 6_000, 2_000].entries()) {
      nc.publish("a", message(number, size), { headers: hdrs });
      nc.publish("a", message(number + 10, size));
    }
    const confirmed = rejection(nc.publishConfirmed("a", message(20, 6_000), { headers: hdrs }));
    await until(() => nc.buffered.bytes > 5_000_000, "much waits");
    await server.reload({ maxPayload: SMALL });
    freeze.remove();
    await nc.flush({ timeout: 20_000 });
    expect((await confirmed).code).toBe("MESSAGE_DROPPED");
    await until(() => got.size === 5, "all that are small enough");
    await allTold();
    expect(order).toEqual([0, 10, 11, 2, 12]);
    const told = lost().filter(({ subject }) => subject === "a");
    expect(told.map(numberOf)).toEqual([1, 20]);
    for (const { size, reason } of told) {
      expect(reason).toBe("max-payload");
      expect(size).toBeGreaterThan(12_000);
    }
    const tooLarge = () => nc.publish("a", message(0, 6_000), { headers: hdrs });
    expect(thrown(tooLarge).code).toBe("MAX_PAYLOAD_EXCEEDED");
  });

  it("and is raised again: larger ones are taken again", async () => {
    await server.reload({ maxPayload: SMALL });
    const learnt = () => nc.info?.max_payload === SMALL && nc.state === "connected";
    for (let i = 0; !learnt(); i++) {
      try {
        nc.publish("a", message(1_000 + i, SMALL + 1));
      } catch {}
      await turn();
    }
    expect(thrown(() => nc.publish("a", message(1, SMALL + 1))).code).toBe("MAX_PAYLOAD_EXCEEDED");
    await server.reload({ maxPayload: 1024 * 1024 });
    await nc.reconnect();
    await until(() => nc.info?.max_payload === 1024 * 1024, "the new limit");
    await nc.publishConfirmed("a", message(2, SMALL + 1));
    await until(() => got.has(2), "the message");
    await allTold();
    expect(expectBalanced(nc).dropped).toBe(lost().length);
  });
});
