import { describe, expect, it } from "vitest";
import { CHUNK_BYTES, ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Books } from "./books.js";
import { SPARSE_PINGS } from "./frame-log.js";
import { Margin } from "./margin.js";
import { Window } from "./window.js";

const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };
const entry = new SubjectCache().get("a");

class World {
  readonly pool = new ChunkPool();
  readonly window = new Window(this.pool, new Books(), SINK, new Margin(0, 0));

  /** Appends messages of a kilobyte until so many chunks are full. */
  fill(chunks: number): void {
    const { window } = this;
    const payload = Buffer.alloc(1024);
    const first = (CHUNK_BYTES / 1040) | 0;
    for (let i = 0; i <= chunks * first; i++) window.append(Kind.Data, entry, "", undefined, payload, 0);
  }

  /** Writes all; returns the PINGs among it. */
  write(): number {
    const { window } = this;
    let pings = 0;
    while (window.nextRun()) {
      for (let i = window.outFirst; i < window.outLast; i++)
        if (window.outChunk!.kindAt(i) === Kind.Ping) pings++;
      this.pool.unref(window.outChunk!);
    }
    return pings;
  }
}

describe("a full chunk", () => {
  it("is told while the burst goes on, with all that there is to write", () => {
    const world = new World();
    const written: number[] = [];
    world.window.listener = {
      onFull: () => {
        const before = world.window.handed;
        world.write();
        written.push(world.window.handed - before);
      },
    };
    world.fill(3);
    expect(written).toHaveLength(3);
    for (const frames of written) expect(frames).toBeGreaterThan((CHUNK_BYTES / 1100) | 0);
  });

  it("may be let go of when that is told, and what follows goes into another that is the log's own", () => {
    const world = new World();
    const { window, pool } = world;
    window.listener = {
      onFull: () => {
        world.write();
        window.confirm(window.position, 0);
        window.releaseIdle(0);
      },
    };
    world.fill(1);
    // The last of it came behind that.
    expect(window.bytes).toBeGreaterThan(1024);
    expect(window.bytes).toBeLessThan(1100);
    expect(window.held).toBe(1);
    expect(pool.used).toBe(1);
    window.appendPing(0);
    expect(world.write()).toBe(1);
    window.confirm(window.position, 0);
    expect(window.held).toBe(0);
    expect(pool.used).toBe(0);
  });

  it("is closed by a PING, or by one in so many bytes while PINGs are far between", () => {
    const world = new World();
    world.fill(8);
    expect(world.write()).toBe(8);
    world.window.pingEvery = SPARSE_PINGS;
    world.fill(8);
    expect(world.write()).toBe(2);
    // What has no PING behind it gets one as always.
    expect(world.window.unfenced).toBe(true);
    world.window.appendPing(0);
    expect(world.write()).toBe(1);
    world.window.confirm(world.window.position, 0);
    expect(world.window.held).toBe(0);
  });
});
