import { describe, expect, it } from "vitest";
import type { MessageReceiver } from "../wire/parser.js";
import { Stragglers } from "./stragglers.js";
import { arrivalOf, Twins } from "./twins.js";

/** Notes what it is given. */
class Receiver implements MessageReceiver {
  readonly got: string[] = [];
  onMessage(
    buf: Buffer,
    sid: number,
    _subject: number,
    _subjectEnd: number,
    _reply: number,
    _replyEnd: number,
    _start: number,
    body: number,
    end: number,
  ): void {
    this.got.push(`${sid} ${buf.latin1Slice(body, end)}`);
  }
}

/** A link in use, and what it brings. */
class World {
  now = 0;
  readonly receiver = new Receiver();
  readonly stragglers = new Stragglers(() => this.now);
  messages: MessageReceiver | undefined;

  deliverTo(messages: MessageReceiver): void {
    this.messages = messages;
  }

  /** A move was given up in which the other link had brought these to `sid`. */
  givenUp(until: number, sid: number, ...payloads: string[]): this {
    const twins = new Twins("");
    for (const payload of payloads) {
      const buf = Buffer.from(`s${payload}`);
      twins.fresh(arrivalOf(buf, sid, 0, 1, 0, 0, 1, 1, buf.length), false);
    }
    this.stragglers.compare(this, { twins, sids: new Set([sid]), until });
    this.stragglers.deliver(this, this.receiver);
    return this;
  }

  bring(sid: number, ...payloads: string[]): string[] {
    for (const payload of payloads) {
      const buf = Buffer.from(`s${payload}`);
      this.messages!.onMessage(buf, sid, 0, 1, 0, 0, 1, 1, buf.length);
    }
    return this.receiver.got.splice(0);
  }
}

describe("what the link in use brings when a move was given up", () => {
  it("is delivered without what the other one has brought first, as often as that was", () => {
    const world = new World().givenUp(10, 1, "a", "a", "b");
    expect(world.bring(1, "a", "b", "c", "a", "a", "b")).toEqual(["1 c", "1 a", "1 b"]);
    expect(world.bring(2, "a")).toEqual(["2 a"]);
  });

  it("is still compared when another move begins, and when that is given up as well", () => {
    const world = new World().givenUp(10, 1, "a");
    const other = new Receiver();
    world.stragglers.deliver(world, other);
    expect(world.bring(1, "a", "b")).toEqual([]);
    expect(other.got).toEqual(["1 b"]);
    world.givenUp(10, 1, "c").givenUp(10, 1, "d");
    expect(world.bring(1, "c", "d", "c", "d")).toEqual(["1 c", "1 d"]);
  });

  it("is compared for a while, and comes without a detour from then on", () => {
    const world = new World().givenUp(10, 1, "a").givenUp(20, 1, "b");
    world.now = 11;
    expect(world.bring(1, "a", "b")).toEqual(["1 a"]);
    world.now = 21;
    expect(world.bring(1, "b")).toEqual(["1 b"]);
    expect(world.messages).toBe(world.receiver);
  });

  it("is compared with each for its own time, whichever is over first", () => {
    const world = new World().givenUp(20, 1, "a").givenUp(10, 1, "b");
    world.now = 11;
    expect(world.bring(1, "b", "a")).toEqual(["1 b"]);
  });

  it("lets go of what is over when one more is given up", () => {
    const world = new World();
    const kept = () => Reflect.get(world.stragglers, "comparisons").length;
    for (; world.now < 100; world.now += 4) {
      world.givenUp(world.now + 10, 1, "a");
      expect(kept()).toBeLessThanOrEqual(3);
    }
    expect(kept()).toBe(3);
  });

  it("comes without a detour where nothing is to be compared", () => {
    const world = new World();
    world.stragglers.deliver(world, world.receiver);
    expect(world.messages).toBe(world.receiver);
  });

  it("is forgotten with the link", () => {
    const world = new World().givenUp(10, 1, "a");
    world.stragglers.forget();
    expect(world.messages).toBe(world.receiver);
    expect(world.bring(1, "a")).toEqual(["1 a"]);
    const next = new World();
    world.givenUp(10, 1, "a").stragglers.deliver(next, world.receiver);
    expect(next.messages).toBe(world.receiver);
  });
});
