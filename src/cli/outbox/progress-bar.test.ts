import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { barLine, makeBar, Speed } from "./progress-bar.js";

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

  it.each([120, 80, 79, 60, 40, 20, 9])("fits into %i columns", (columns) => {
    const line = barLine(
      "export",
      155_555,
      1_234_567,
      { speed: 98_765, unit: "msg", left: 3_599_000 },
      columns,
    );
    expect(line.length).toBeLessThan(columns);
    expect(line).toContain("12 %");
    if (columns >= 79)
      expect(line).toMatch(/^export █+░+ 12 % {2}155,555 of 1,234,567 {2}98,765 msg\/s {2}59 m 59 s left$/);
  });

  it("fits however long it becomes, and follows the terminal's width", () => {
    const screen = new Screen(true);
    screen.columns = 80;
    let now = 0;
    const bar = makeBar("replay", "msg", screen as unknown as NodeJS.WriteStream, () => now);
    bar.update(0, 9_999_999);
    now = 2000;
    bar.update(600_000, 9_999_999);
    bar.stop();
    expect(screen.text).toContain("s left");
    screen.text = "";
    screen.columns = 34;
    const narrow = makeBar("replay", "msg", screen as unknown as NodeJS.WriteStream, () => now);
    now = 4000;
    narrow.update(600_000, 9_999_999);
    narrow.stop();
    expect(screen.text).toContain("6 %  600,000 of");
  });

  it("leaves nothing above what is told at the end, also when it is interrupted", () => {
    const screen = new Screen(true);
    let now = 0;
    const bar = makeBar("bench", "msg", screen as unknown as NodeJS.WriteStream, () => now);
    bar.update(0, 30_000);
    now = 2000;
    bar.update(10_000, 30_000);
    bar.stop();
    const shown = screen.text.slice(screen.text.lastIndexOf("s left"));
    // To the first column, the line cleared, and no new one begun.
    expect(shown).toContain("\u001b[1G\u001b[2K");
    expect(screen.text).not.toContain("\n");
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
