import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { Kind } from "../wire/frame.js";
import type { PublishWishes } from "./publish-wishes.js";
import { Published } from "./publisher.js";

const PULL = "$JS.API.CONSUMER.MSG.NEXT.S.C";

/** Kind of the last frame of the publish window. */
function lastKind(world: EngineWorld): number {
  const { chunks } = world.engine.outbound.window as unknown as {
    chunks: { count: number; kindAt(frame: number): number }[];
  };
  const chunk = chunks.at(-1)!;
  return chunk.kindAt(chunk.count - 1);
}

function publish(world: EngineWorld, subject: string, wishes?: PublishWishes, isRequest = false): boolean {
  return world.engine.publish(subject, "x", "", undefined, wishes, isRequest);
}

describe("the kind of what is published", () => {
  it.each([
    [true, undefined, Kind.Data],
    [true, true, Kind.Data],
    [true, false, Kind.DataOnce],
    [false, undefined, Kind.DataOnce],
    [false, true, Kind.Data],
    [false, false, Kind.DataOnce],
  ])("with at-least-once %s and replay %s is %i", (atLeastOnce, replay, kind) => {
    const world = new EngineWorld("a", { ...OPTIONS, atLeastOnce }).start();
    publish(world, "a", { replay });
    expect(lastKind(world)).toBe(kind);
  });

  it("is not changed by replay when it is control traffic or a request", () => {
    const world = new EngineWorld().start();
    for (const replay of [true, false, undefined]) {
      publish(world, "$JS.ACK.S.C.1.2.3.4.5", { replay });
      expect(lastKind(world)).toBe(Kind.Control);
      publish(world, PULL, { replay });
      expect(lastKind(world)).toBe(Kind.Pull);
      publish(world, "ask", { replay }, true);
      expect(lastKind(world)).toBe(Kind.Request);
    }
  });
});

describe("what an earlier process had accepted", () => {
  it("is counted once it is accepted here, and not when it finds no room", () => {
    const world = new EngineWorld("a", { ...OPTIONS, maxBufferedMessages: 2 });
    const { engine } = world;
    const wishes = { bypassOverflow: true, recovered: true };
    publish(world, "a", wishes);
    publish(world, "a", { bypassOverflow: true });
    expect(() => publish(world, "a", wishes)).toThrow(expect.objectContaining({ code: "BUFFER_FULL" }));
    expect(engine.books).toMatchObject({ accepted: 2, recovered: 1, pending: 2, balanced: true });
  });
});

describe("a pull", () => {
  it("is taken back at once when no link is there to carry it, as request or as publish", () => {
    const world = new EngineWorld().start();
    publish(world, PULL);
    expect(world.engine.books).toMatchObject({ pending: 1, dropped: 0 });
    world.pump();
    world.now = 5000;
    world.die();
    expect(world.engine.books).toMatchObject({ pending: 0, unconfirmed: 1 });
    for (const isRequest of [false, true]) publish(world, PULL, undefined, isRequest);
    expect(world.engine.books.dropReasons.pull).toBe(2);
    expect(world.engine.intake.outage).toMatchObject({ bytes: 0, messages: 0 });
    expect(world.engine.books.balanced).toBe(true);
  });
});

describe("what a publish answers", () => {
  it("is whether there is room for more, and that there is none is told without an exception too", () => {
    const world = new EngineWorld("a", { highWater: 20, maxBufferedMessages: 2, retryFirst: true });
    const { engine } = world;
    const one = () => engine.tryPublish("a", "x", "", undefined);
    expect([one(), one(), one()]).toEqual([Published.Accepted, Published.Crowded, Published.Rejected]);
    expect(engine.intake.noRoom).toMatchObject({ code: "BUFFER_FULL", detail: { subject: "a" } });
    expect(engine.books).toMatchObject({ accepted: 2, rejected: 1 });
  });

  it("to who waits for a message that was rejected is not the outcome of another", () => {
    const world = new EngineWorld("a", { maxBufferedMessages: 1 });
    publish(world, "a");
    expect(() => publish(world, "b")).toThrow(expect.objectContaining({ code: "BUFFER_FULL" }));
    const outcomes: string[] = [];
    world.engine.confirmLast((outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(["dropped"]);
    expect(world.engine.books.pending).toBe(1);
  });
});
