import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { until } from "./support/until.js";

const CONNECTIONS = 8;
const ROUNDS = 12;

let server: NatsServer;
const open: Connection[] = [];
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((nc) => nc.close()));
  await server.close();
});

/** A payload that shows whether it is whole: who sent it, its number, its size, and one byte repeated. */
function payload(sender: number, number: number): Buffer {
  const size = 12 + ((number * 7919) % (number % 50 === 0 ? 200_000 : 2_000));
  const bytes = Buffer.alloc(size, number & 255);
  bytes.writeUInt32LE(sender, 0);
  bytes.writeUInt32LE(number, 4);
  bytes.writeUInt32LE(size, 8);
  return bytes;
}

function isWhole(data: Uint8Array): boolean {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  return bytes.length >= 12 && bytes.equals(payload(bytes.readUInt32LE(0), bytes.readUInt32LE(4)));
}

describe("connections of a process share their memory (promises §2)", () => {
  it("and under links that die in the middle of writing no byte of one message gets into another", async () => {
    const counts = Array<number>(CONNECTIONS).fill(0);
    const arrived = counts.map(() => new Set<number>());
    let broken = 0;
    for (const sender of counts.keys()) {
      const nc = await connect({ servers: server.url, reconnectTimeWait: 2, reconnectJitter: 2 });
      open.push(nc);
      nc.subscribe(`s.${sender}`, {
        callback: (_, { data }) => {
          if (!isWhole(data)) broken++;
          else arrived[sender].add(Buffer.from(data).readUInt32LE(4));
        },
      });
    }
    let stop = false;
    const publishing = open.map(async (nc, sender) => {
      while (!stop) {
        for (let i = 0; i < 20; i++) nc.publish(`s.${sender}`, payload(sender, counts[sender]++));
        if (nc.buffered.bytes > 4_000_000) await nc.writable();
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    for (let round = 1; round <= ROUNDS; round++) {
      const before = open[0].stats().confirmed;
      await until(() => open[0].stats().confirmed > before + 100, "messages");
      if (round % 3 === 0) await server.restart();
      else for (const nc of open) if (nc.state === "connected") await nc.reconnect();
      await until(() => open.every((nc) => nc.state === "connected"), "all are back");
    }
    stop = true;
    await Promise.all(publishing);
    await Promise.all(open.map((nc) => nc.flush()));
    expect(broken).toBe(0);
    for (const [sender, count] of counts.entries()) {
      const { confirmed } = expectBalanced(open[sender]);
      expect(confirmed).toBe(count);
      expect(arrived[sender].size).toBeGreaterThan(0);
    }
  });
});
