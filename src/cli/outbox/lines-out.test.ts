import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LinesOut } from "./lines-out.js";

/** Takes a line when it is told to. */
class SlowReader extends Writable {
  readonly lines: string[] = [];
  #taken: ((error?: Error) => void) | undefined;
  constructor() {
    super({ highWaterMark: 1 });
  }
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void) {
    this.lines.push(String(chunk));
    this.#taken = done;
  }
  take(error?: Error): void {
    this.#taken?.(error);
  }
}

const listeners = (stream: Writable) => ["drain", "close", "error"].map((name) => stream.listenerCount(name));

describe("lines to a stream", () => {
  it("wait for a reader that is slow, with the same listeners all the time", async () => {
    const stream = new SlowReader();
    const out = new LinesOut(stream);
    const before = listeners(stream);
    for (let n = 0; n < 50; n++) {
      let isWritten = false;
      const writing = out.write(`${n}\n`).then((goesOn) => {
        isWritten = true;
        return goesOn;
      });
      await setImmediate();
      expect(isWritten).toBe(false);
      expect(listeners(stream)).toEqual(before);
      stream.take();
      expect(await writing).toBe(true);
    }
    expect(stream.lines).toHaveLength(50);
    out.abandon();
    // That the reader goes away can still be told.
    expect(listeners(stream)).toEqual([before[0] - 1, before[1] - 1, before[2]]);
  });

  it("end when the reader goes away, which is no error", async () => {
    const stream = new SlowReader();
    const out = new LinesOut(stream);
    const writing = out.write("a");
    stream.take(Object.assign(new Error("EPIPE"), { code: "EPIPE" }));
    expect(await writing).toBe(false);
    expect(await out.write("b")).toBe(false);
    out.finish();
  });

  it("fail with what the stream fails with", async () => {
    const stream = new SlowReader();
    const out = new LinesOut(stream);
    const writing = out.write("a");
    stream.take(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
    await expect(writing).rejects.toThrow("no space left");
    expect(() => out.finish()).toThrow("no space left");
  });

  it("end when the stream was closed", async () => {
    const stream = new SlowReader();
    const out = new LinesOut(stream);
    const writing = out.write("a");
    stream.destroy();
    expect(await writing).toBe(false);
  });
});
