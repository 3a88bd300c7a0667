import { describe, expect, it } from "vitest";
import { Pacer } from "./pacer.js";

/** How many of `total` bytes have gone at each time, when every wait takes as long as asked for and `late` ms more. */
function run(rate: number, total: number, late = 0): { took: number; portions: number } {
  const pacer = new Pacer(0);
  let [now, gone, portions] = [0, 0, 0];
  while (gone < total) {
    const taken = pacer.take(now, rate, total - gone);
    gone += taken;
    if (taken > 0) portions++;
    else now += pacer.wait(now, rate, total - gone) + late;
  }
  return { took: now, portions };
}

describe("a pacer", () => {
  it.each([1, 7, 100, 9_999, 100_000, 10_000_000, 2 ** 40])("lets %i bytes a second through", (rate) => {
    const { took, portions } = run(rate, Math.ceil(rate * 2));
    expect(took).toBeGreaterThanOrEqual(1_990);
    expect(took).toBeLessThanOrEqual(2_010);
    expect(portions).toBeLessThanOrEqual(2 * 100 + 1);
  });

  it("makes up for timers that come late, by up to 50 ms", () => {
    expect(run(100_000, 200_000, 30).took).toBeLessThanOrEqual(2_050);
    expect(run(100_000, 200_000, 100).took).toBeGreaterThan(3_000);
  });

  it("saves nothing up for long", () => {
    const pacer = new Pacer(0);
    expect(pacer.take(3_600_000, 1_000, 10_000)).toBe(50);
    expect(pacer.take(3_600_000, 1_000, 10_000)).toBe(0);
  });

  it("takes a new rate at once", () => {
    const pacer = new Pacer(0);
    expect(pacer.wait(0, 1, 1_000)).toBe(1_000);
    expect(pacer.take(10, 1_000_000, 1_000)).toBe(1_000);
  });
});
