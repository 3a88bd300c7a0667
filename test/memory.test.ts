import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { engineOf } from "./support/inside.js";
import { heldBuffers, heldHeap } from "./support/memory.js";
import { until } from "./support/until.js";

const KIB = 1024;
const MIB = 1024 * KIB;

describe("memory (promises §3)", () => {
  it("200 MB later an idle connection holds no chunk, and the process hardly more than before", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const { window } = engineOf(nc).outbound;
    const payload = Buffer.alloc(20_000);
    const send = async (messages: number) => {
      for (let i = 0; i < messages; i++) if (!nc.publish("a", payload)) await nc.writable();
      await nc.flush();
    };
    await send(1_000);
    const before = heldBuffers();
    await send(10_000);
    const after = heldBuffers();
    expect(window.held).toBe(0);
    expect(window.outChunk).toBeUndefined();
    expect(nc.buffered).toMatchObject({ messages: 0, bytes: 0 });
    expect(after - before).toBeLessThan(32 * MIB);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 11_000, confirmedBytes: 220_000_000 });
  });

  it("after an outage with a full buffer everything is given back", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0 });
    const { window } = engineOf(nc).outbound;
    for (let round = 0; round < 3; round++) {
      await server.kill();
      await until(() => nc.state === "reconnecting", "the outage");
      for (let i = 0; i < 700; i++) nc.publish("a", Buffer.alloc(10_000));
      expect(window.held).toBeGreaterThan(100);
      await server.restart();
      await nc.flush();
      expect(window.held).toBe(0);
    }
    expectBalanced(nc);
  });

  it("a server that does not read costs maxPending and little more, however much is published [peers 6]", async () => {
    await using server = await NatsServer.start();
    const options = { maxPending: 16 * MIB, stallTimeout: 0, drainTimeout: 10 };
    await using nc = await connect({ servers: server.url, ...options });
    const payload = Buffer.alloc(100_000);
    const before = heldBuffers();
    server.stop();
    let rejected = 0;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 20; i++) {
        try {
          nc.publish("a", payload);
        } catch (error) {
          expect(error).toMatchObject({ code: "MAX_PENDING_EXCEEDED", subject: "a" });
          rejected++;
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(nc.buffered.bytes).toBeLessThan(18 * MIB);
    expect(heldBuffers() - before).toBeLessThan(48 * MIB);
    expect(rejected).toBeGreaterThan(1_500);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 2_000 - rejected, rejected });
    server.cont();
  });

  it("an idle connection costs little, however many there are", async () => {
    await using server = await NatsServer.start();
    const all: Connection[] = [];
    const open = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const nc = await connect({ servers: server.url });
        all.push(nc);
        // As one that was in use, and has nothing to do any more.
        const heard = new Promise<void>((resolve) => {
          nc.subscribe(`idle.${all.length}`, { callback: () => resolve() });
        });
        nc.publish(`idle.${all.length}`);
        await heard;
      }
    };
    // What the first ones load and compile is not theirs.
    await open(150);
    const each: number[] = [];
    for (let batch = 0; batch < 3; batch++) {
      const before = await heldHeap();
      await open(200);
      each.push(((await heldHeap()) - before) / 200);
    }
    await Promise.all(all.map((nc) => nc.close()));
    // V8 keeps 240 KiB more of its own in one batch of three or so, whatever is in it; a connection's own is in each.
    // It was 17 KiB when nothing was done about it, nats.js's is 12, a socket with nothing behind it has more than 1.
    expect(Math.min(...each)).toBeLessThan(11 * KIB);
  });

  it("a closed connection holds nothing, whatever it had left", async () => {
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url, closeTimeout: 0 });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    for (let i = 0; i < 100; i++) nc.publish("a", Buffer.alloc(10_000));
    await nc.close();
    expect(engineOf(nc).outbound.window.held).toBe(0);
    expect(expectBalanced(nc)).toMatchObject({ dropped: 100, pending: 0 });
  });
});
