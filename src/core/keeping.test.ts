import { describe, expect, it } from "vitest";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import type { FenceOutcome } from "./fences.js";
import type { Overflow, OverflowMessage } from "./overflow.js";

/** An overflow that keeps what `wanted` says, and remembers what it was asked. */
function keeper(wanted: (subject: string) => boolean = () => true) {
  const asked: (Omit<OverflowMessage, "payload" | "headers"> & {
    text: string;
    headers?: string;
    maybe: boolean;
  })[] = [];
  const overflow: Overflow = {
    name: "keeper",
    offer: () => "reject",
    keep({ payload, headers, ...message }, maybe) {
      const text = Buffer.from(payload as Uint8Array).toString();
      asked.push({ ...message, text, maybe, ...(headers && { headers: Buffer.from(headers).toString() }) });
      return wanted(message.subject);
    },
  };
  return { overflow, asked, subjects: () => asked.map(({ subject }) => subject) };
}

const close = (world: EngineWorld, error?: Error) => {
  world.engine.close(error, world.now);
  world.pump();
};

describe("an overflow that keeps", () => {
  it("is asked at the end for what was accepted and will not be sent, oldest first", () => {
    const { overflow, asked } = keeper();
    const world = new EngineWorld("a", { overflow }).start();
    world.publish("confirmed");
    world.engine.fence(() => {}, world.now);
    world.pump();
    world.serve("PONG\r\n");
    world.engine.publish("sent", "one", "inbox", Buffer.from("NATS/1.0\r\nA: b\r\n\r\n"), undefined);
    world.pump();
    world.die();
    world.publish("unsent", Buffer.from([0, 255, 10]));
    const { books } = world.engine;
    expect(books).toMatchObject({ accepted: 3, confirmed: 1, pending: 2 });
    close(world);
    expect(asked).toEqual([
      {
        subject: "sent",
        reply: "inbox",
        headers: "NATS/1.0\r\nA: b\r\n\r\n",
        text: "one",
        bytes: "HPUB sent inbox 18 21\r\n".length + 21 + 2,
        ttl: undefined,
        replay: true,
        maybe: true,
      },
      expect.objectContaining({ subject: "unsent", reply: "", maybe: false, bytes: 19 }),
    ]);
    expect(asked[1].text).toBe(Buffer.from([0, 255, 10]).toString());
    expect(books).toMatchObject({ confirmed: 1, dropped: 2, unconfirmed: 0, pending: 0 });
    expect(books.dropReasons).toMatchObject({ kept: 2, closed: 0 });
    expect(books.balanced).toBe(true);
    expect(world.told("messageLost")).toEqual([]);
    expect(world.told("close")).toMatchObject([{ dropped: 0, unconfirmed: 0 }]);
    expect(world.chunks.used).toBe(0);
  });

  it("leaves what it does not want to end as it would without it", () => {
    const { overflow, subjects } = keeper((subject) => subject.startsWith("keep"));
    const world = new EngineWorld("a", { overflow }).start();
    for (const subject of ["keep.sent", "lose.sent"]) world.publish(subject);
    world.pump();
    world.die();
    for (const subject of ["keep.unsent", "lose.unsent"]) world.publish(subject);
    close(world, new Error("gave up"));
    expect(subjects()).toEqual(["keep.sent", "lose.sent", "keep.unsent", "lose.unsent"]);
    expect(world.engine.books).toMatchObject({ dropped: 3, unconfirmed: 1, pending: 0 });
    expect(world.engine.books.dropReasons).toMatchObject({ kept: 2, closed: 1 });
    expect(world.engine.books.balanced).toBe(true);
    expect(world.told("messageLost").flatMap(({ messages }) => messages)).toMatchObject([
      { subject: "lose.unsent", reason: "closed" },
    ]);
    expect(world.told("close")).toMatchObject([{ dropped: 1, unconfirmed: 1 }]);
  });

  it("is not asked for requests, control messages, pulls, and what must not be written twice", () => {
    const { overflow, asked } = keeper();
    const world = new EngineWorld("a", { overflow }).start();
    const { engine } = world;
    world.blocked = true;
    engine.publish("once", "x", "", undefined, { replay: false });
    engine.publish("$JS.ACK.s.c.1.1.1.1.0", "+ACK", "", undefined, undefined);
    engine.publish("$JS.API.CONSUMER.MSG.NEXT.s.c", "1", "inbox", undefined, undefined);
    engine.request("request", "x", undefined, 1000, { onReply() {}, onFail() {} } as never, world.now);
    close(world);
    expect(asked).toEqual([]);
    expect(engine.books.dropReasons.kept).toBe(0);
    expect(engine.books).toMatchObject({ accepted: 4, pending: 0, balanced: true });
  });

  it("is not asked for what is confirmed and only kept for a replay", () => {
    const { overflow, asked } = keeper();
    const world = new EngineWorld("a", { overflow, replayMargin: 1000 }).start();
    world.publish("confirmed");
    world.engine.fence(() => {}, world.now);
    world.pump();
    world.serve("PONG\r\n");
    expect(world.engine.books.confirmed).toBe(1);
    close(world);
    expect(asked).toEqual([]);
  });

  it("gets what is left of a ttl, and nothing that is worth nothing any more", () => {
    const { overflow, asked } = keeper();
    const world = new EngineWorld("a", { overflow }).start();
    const { engine } = world;
    const publish = (subject: string, expiresAt: number) =>
      engine.publish(subject, "x", "", undefined, { expiresAt });
    publish("late", 100);
    world.pump();
    world.pass(100);
    publish("soon", 400);
    publish("never", Number.POSITIVE_INFINITY);
    world.pump();
    close(world);
    expect(asked.map(({ subject, ttl }) => [subject, ttl])).toEqual([
      ["soon", 300],
      ["never", undefined],
    ]);
    expect(engine.books).toMatchObject({ unconfirmed: 1, dropped: 2 });
  });

  it("ends who waits for a message of its own as taken, and for all of them, too", () => {
    const { overflow } = keeper((subject) => subject === "kept");
    const world = new EngineWorld("a", { overflow }).start();
    const outcomes: FenceOutcome[] = [];
    const { engine } = world;
    world.publish("kept");
    engine.confirmLast((outcome) => outcomes.push(outcome));
    engine.fence((outcome) => outcomes.push(outcome), 0);
    close(world);
    expect(outcomes).toEqual(["taken", "closed"]);
  });

  it("finds the connection closed when it publishes meanwhile", () => {
    const codes: unknown[] = [];
    const overflow: Overflow = {
      name: "keeper",
      offer: () => "taken",
      keep() {
        try {
          world.publish("again");
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
        return true;
      },
    };
    const world = new EngineWorld("a", { overflow }).start();
    world.publish("a");
    close(world);
    expect(codes).toEqual(["CONNECTION_CLOSED"]);
    expect(world.engine.books).toMatchObject({ accepted: 1, dropped: 1, balanced: true });
  });
});
