import { describe, expect, it } from "vitest";
import { Chain } from "./chain.js";
import type { PubAck } from "./pub-ack.js";

const ack = (seq: number, duplicate = false, stream = "S"): PubAck => ({ seq, duplicate, stream });

/** A chain whose first message has got this sequence. */
function begun(max: number, seq = 1): Chain {
  const chain = new Chain(max);
  chain.next();
  chain.acked(undefined, ack(seq), 0);
  return chain;
}

describe("a chain", () => {
  it("begins with one message alone, whatever the stream holds", () => {
    const chain = new Chain(8);
    expect(chain.limit).toBe(1);
    expect(chain.next()).toEqual({ expected: undefined, presumed: undefined });
    expect(chain.acked(undefined, ack(41), 0)).toBe(true);
    expect(chain.limit).toBe(8);
  });

  it("binds each message to the one before it", () => {
    const chain = begun(8, 41);
    expect([chain.next(), chain.next(), chain.next()]).toEqual([
      { expected: 41, presumed: 42 },
      { expected: 42, presumed: 43 },
      { expected: 43, presumed: 44 },
    ]);
    expect(chain.acked(42, ack(42), 41)).toBe(true);
  });

  it("expects nothing of what may be in the stream already, up to its end", () => {
    const chain = begun(8);
    chain.restart();
    chain.endsAt(4);
    expect(chain.next()).toEqual({ expected: undefined, presumed: undefined });
    chain.acked(undefined, ack(2, true), 1);
    expect(chain.limit).toBe(8);
    expect([chain.next(), chain.next(), chain.next()]).toEqual([
      { expected: undefined, presumed: 3 },
      { expected: undefined, presumed: 4 },
      { expected: 4, presumed: 5 },
    ]);
  });

  it("goes on carefully behind a duplicate beyond the end that is known", () => {
    const chain = begun(8);
    chain.restart();
    chain.next();
    chain.acked(undefined, ack(2, true), 1);
    expect(chain.limit).toBe(1);
    expect(chain.next()).toEqual({ expected: 2, presumed: 3 });
  });

  it("learns nothing from an id that was used long before", () => {
    const chain = begun(8, 10);
    chain.restart();
    chain.next();
    expect(chain.acked(undefined, ack(3, true), 10)).toBe(true);
    expect(chain.limit).toBe(1);
    expect(chain.next()).toEqual({ expected: undefined, presumed: undefined });
  });

  it("skips what was stored in an earlier run", () => {
    const chain = begun(8);
    chain.passed(2);
    chain.passed(1);
    expect(chain.next()).toEqual({ expected: 2, presumed: 3 });
  });
});

describe("beside another writer", () => {
  it("one that got another place ends the run, and one is on the way at a time", () => {
    const chain = begun(8);
    chain.next();
    expect(chain.acked(2, ack(3), 1)).toBe(false);
    expect(chain.window).toBe(1);
    expect(chain.next()).toEqual({ expected: undefined, presumed: undefined });
  });

  it("a duplicate with another place ends the run, and says nothing of others", () => {
    const chain = begun(8);
    chain.next();
    expect(chain.acked(2, ack(1, true), 1)).toBe(false);
    expect(chain.window).toBe(8);
  });

  it("who has written between two runs halves the window; in the middle of one, it is 1", () => {
    const between = begun(8);
    between.restart();
    between.next();
    between.acked(undefined, ack(5), 1);
    expect(between.window).toBe(4);
    const amid = begun(8);
    amid.next();
    amid.endsAt(4);
    amid.restart();
    amid.next();
    amid.acked(undefined, ack(5), 1);
    expect(amid.window).toBe(1);
  });

  it("another stream is another writer", () => {
    const chain = begun(8);
    chain.restart();
    chain.next();
    chain.acked(undefined, ack(2, false, "T"), 1);
    expect(chain.window).toBe(4);
  });

  it("the window doubles after a while without anybody, up to what it was", () => {
    const chain = begun(3);
    chain.next();
    chain.acked(2, ack(9), 1);
    const windows = new Set<number>();
    for (let seq = 10; seq < 10 + 3 * 32; seq++) {
      windows.add(chain.window);
      chain.restart();
      chain.next();
      chain.acked(undefined, ack(seq), seq - 1);
    }
    expect([...windows]).toEqual([1, 2, 3]);
  });
});
