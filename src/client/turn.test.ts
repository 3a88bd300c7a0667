import { describe, expect, it } from "vitest";
import { thisTurn } from "./turn.js";

describe("the number of a turn", () => {
  it("stays the same through all microtasks, and changes with the next callback", async () => {
    const first = thisTurn();
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(thisTurn()).toBe(first);
    await new Promise((resolve) => setImmediate(resolve));
    const second = thisTurn();
    expect(second).not.toBe(first);
    await Promise.resolve();
    expect(thisTurn()).toBe(second);
  });
});
