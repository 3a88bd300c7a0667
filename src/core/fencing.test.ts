import { describe, expect, it } from "vitest";
import { ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Books } from "./books.js";
import { Fencing } from "./fencing.js";
import { Margin } from "./margin.js";
import { Outbound } from "./outbound.js";
import { Timers } from "./timers.js";
import type { Window } from "./window.js";

const subjects = new SubjectCache();
const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };

function world() {
  const outbound = new Outbound(new ChunkPool(), new Books(), SINK, new Margin(0, 0));
  const timers = new Timers();
  const publish = (window: Window = outbound.window) =>
    window.append(Kind.Data, subjects.get("s"), "", undefined, "x", 0);
  return { outbound, timers, fencing: new Fencing(outbound, timers, 10), publish };
}

describe("the PING behind what is published", () => {
  it("follows after the interval when nobody waits for it, one for all of that time", () => {
    const { outbound, timers, fencing, publish } = world();
    publish();
    fencing.settle(true, 100);
    publish();
    fencing.settle(true, 105);
    expect([outbound.window.unfenced, timers.next]).toEqual([true, 110]);
    fencing.handleTimeout(109);
    fencing.settle(true, 109);
    expect(outbound.window.unfenced).toBe(true);
    fencing.handleTimeout(110);
    fencing.settle(true, 110);
    expect([outbound.window.unfenced, timers.next]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  it("follows at the end of the burst when somebody waits, and the interval is forgotten", () => {
    const { outbound, timers, fencing, publish } = world();
    publish();
    fencing.settle(true, 0);
    fencing.want();
    expect(outbound.window.unfenced).toBe(true);
    fencing.settle(true, 1);
    expect([outbound.window.unfenced, timers.next]).toEqual([false, Number.POSITIVE_INFINITY]);
    publish();
    fencing.settle(true, 2);
    expect(outbound.window.unfenced).toBe(true);
  });

  it("is not due while there is no link; who waits gets one all the same", () => {
    const { outbound, timers, fencing, publish } = world();
    publish();
    fencing.settle(false, 0);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    fencing.want();
    fencing.settle(false, 0);
    expect(outbound.window.unfenced).toBe(false);
  });

  it("follows behind what goes out while a replay is held back, too", () => {
    const { outbound, fencing, publish } = world();
    outbound.hold();
    publish(outbound.urgent);
    fencing.want();
    fencing.settle(true, 0);
    expect(outbound.urgent.unfenced).toBe(false);
  });

  it("is not sent where there is nothing to confirm", () => {
    const { outbound, timers, fencing } = world();
    fencing.want();
    fencing.settle(true, 0);
    expect([outbound.window.position, timers.next]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});
