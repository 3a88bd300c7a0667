import { describe, expect, it } from "vitest";
import { ProcessClock } from "./clock.js";

function clocks() {
  const browser = { now: 1_000_000 };
  return { browser, clock: new ProcessClock(() => browser.now) };
}

describe("the clock of the process", () => {
  it("is the browser's as long as nothing is known", () => {
    expect(clocks().clock.now()).toBe(1_000_000);
  });

  it("goes on between two messages", () => {
    const { browser, clock } = clocks();
    clock.heard(1_300_000);
    browser.now += 500;
    expect(clock.now()).toBe(1_300_500);
    expect(clock.difference).toBe(300_000);
  });

  it("is not set back by a message that was under way for long", () => {
    const { browser, clock } = clocks();
    clock.heard(1_300_000);
    browser.now += 1_000;
    clock.heard(1_299_500);
    expect(clock.now()).toBeGreaterThanOrEqual(1_300_990);
  });

  it("follows one that runs slower, and one that was put back", () => {
    const { browser, clock } = clocks();
    clock.heard(1_000_000);
    for (let i = 1; i <= 100; i++) {
      browser.now += 1_000;
      clock.heard(1_000_000 + i * 999);
    }
    expect(clock.now()).toBe(1_099_900);
    clock.heard(400_000);
    expect(clock.now()).toBe(400_000);
  });

  it("says nothing of a small difference", () => {
    const { clock } = clocks();
    clock.heard(1_001_500);
    expect(clock.difference).toBe(0);
  });
});
