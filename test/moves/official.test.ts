import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Moving } from "../support/moving.js";
import { until } from "../support/until.js";

let nodes: Moving;
beforeAll(async () => {
  nodes = await Moving.start({ jetstream: true });
});
afterAll(() => nodes[Symbol.asyncDispose]());
afterEach(() => nodes.closeConnections());

const MOVES = 3;
/** ms between two messages that nobody would call a gap. */
const GAP = 500;

/** Calls `act` with 1, 2, 3 and so on, one after the other, until it is stopped; resolves to the last one. */
function oneAfterAnother(act: (n: number) => Promise<unknown>) {
  let stopped = false;
  const done = (async () => {
    for (let n = 1; ; n++) {
      await act(n);
      if (stopped) return n;
    }
  })();
  return () => {
    stopped = true;
    return done;
  };
}

/** What comes in, and the longest time between two. */
class Flow {
  readonly numbers: number[] = [];
  longest = 0;
  private at = 0;

  add(n: number): void {
    const now = performance.now();
    if (this.at > 0) this.longest = Math.max(this.longest, now - this.at);
    this.at = now;
    this.numbers.push(n);
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe("the official packages across moves [F3]", () => {
  it("consume() goes on without a gap and without a wait, and gets nothing twice", async () => {
    const publisher = await nodes.at(0);
    const mover = await nodes.mover(1);
    const jsm = await jetstreamManager(publisher);
    await jsm.streams.add({ name: "s", subjects: ["s.>"], num_replicas: 1 });
    await jsm.consumers.add("s", { durable_name: "c", ack_policy: "explicit" });
    const consumer = await jetstream(mover.nc).consumers.get("s", "c");
    const flow = new Flow();
    const messages = await consumer.consume({
      max_messages: 50,
      callback: (msg) => {
        flow.add(Number(msg.string()));
        msg.ack();
      },
    });
    const js = jetstream(publisher);
    const stop = oneAfterAnother((n) => js.publish("s.a", String(n)));
    await until(() => flow.numbers.length > 0, "the first one");
    for (let i = 0; i < MOVES; i++) await mover.move();
    const last = await stop();
    await until(() => flow.numbers.length >= last, "the last one");
    await messages.close();
    expect(flow.numbers).toEqual(upTo(last));
    expect(flow.longest).toBeLessThan(GAP);
    mover.expectUnnoticed();
  });

  it("publish() to a stream is answered, from a connection that moves", async () => {
    const mover = await nodes.mover(2);
    const jsm = await jetstreamManager(mover.nc);
    await jsm.streams.add({ name: "p", subjects: ["p.>"] });
    const js = jetstream(mover.nc);
    let longest = 0;
    const stop = oneAfterAnother(async (n) => {
      const since = performance.now();
      const { duplicate, seq } = await js.publish("p.a", "", { msgID: String(n), timeout: 3000 });
      longest = Math.max(longest, performance.now() - since);
      expect([duplicate, seq]).toEqual([false, n]);
    });
    for (let i = 0; i < MOVES; i++) await mover.move();
    const last = await stop();
    expect((await jsm.streams.info("p")).state.messages).toBe(last);
    expect(longest).toBeLessThan(GAP);
    mover.expectUnnoticed();
  });

  it("a KV watch goes on without a gap and without a wait", async () => {
    const writer = await nodes.at(0);
    const mover = await nodes.mover(1);
    // A value that was replaced before the watcher got it would be left out otherwise.
    const bucket = await new Kvm(writer).create("b", { history: 64 });
    const kv = await new Kvm(mover.nc).open("b");
    const flow = new Flow();
    const watch = await kv.watch({ key: "k" });
    const watched = (async () => {
      for await (const entry of watch) flow.add(Number(entry.string()));
    })();
    const stop = oneAfterAnother((n) => bucket.put("k", String(n)));
    await until(() => flow.numbers.length > 0, "the first one");
    for (let i = 0; i < MOVES; i++) await mover.move();
    const last = await stop();
    await until(() => flow.numbers.at(-1) === last, "the last one");
    watch.stop();
    await watched;
    expect(flow.numbers).toEqual(upTo(last));
    expect(flow.longest).toBeLessThan(GAP);
    mover.expectUnnoticed();
  });
});
