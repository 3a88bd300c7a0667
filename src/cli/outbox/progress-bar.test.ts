import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { makeBar, Speed } from "./progress-bar.js";

class Screen extends Writable {
  text = "";
  columns = 120;
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk;
    done();
  }
  cursorTo() {}
  clearLine() {}
  moveCursor() {}
}

describe("the progress bar", () => {
  it("tells what is done, how fast, and what is left", () => {
    const screen = new Screen(true);
    let now = 0;
    const bar = makeBar("replay", "msg", screen as unknown as NodeJS.WriteStream, () => now);
    bar.update(0, 30_000);
    now = 2000;
    bar.update(10_000, 30_000);
    bar.stop();
    expect(screen.text).toContain("10,000 of 30,000  5,000 msg/s  4 s left");
    expect(screen.text).toContain("33 %");
  });

  it("is silent where there is no terminal, and when it is over soon", () => {
    for (const terminal of [false, true]) {
      const screen = new Screen(terminal);
      let now = 0;
      const bar = makeBar("replay", "msg", screen as unknown as NodeJS.WriteStream, () => now);
      now = terminal ? 200 : 5000;
      bar.update(1, 2);
      bar.stop();
      expect(screen.text).toBe("");
    }
  });
});

describe("the speed of work", () => {
  it("is that of the last while", () => {
    const speed = new Speed(3000);
    expect(speed.at(0, 0)).toBe(0);
    expect(speed.at(1000, 1000)).toBe(1000);
    expect(speed.at(2000, 1000)).toBe(500);
    expect(speed.at(3000, 1000)).toBe(333.3333333333333);
    expect(speed.at(5000, 1000)).toBe(0);
    expect(speed.at(5000, 500)).toBe(0);
  });
});
