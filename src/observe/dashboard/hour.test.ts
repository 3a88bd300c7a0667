import { describe, expect, it } from "vitest";
import { Hour, type Second } from "./hour.js";
import { SAMPLES } from "./protocol.js";

function second(number: number, more: Partial<Second> = {}): Second {
  const figures = {
    bufferBytes: number,
    bufferLimit: 1_000,
    inMsgs: 0.1,
    outMsgs: 2,
    inBytes: 3,
    outBytes: 4,
  };
  return { state: 2, ...figures, rtt: 0.123, ...more };
}

describe("the hour of a connection", () => {
  it("is as long as it was looked at", () => {
    const hour = new Hour();
    expect(hour.columns().state).toEqual([]);
    hour.add(second(1));
    hour.add(second(2, { state: 3, rtt: null }));
    expect(hour.columns()).toEqual({
      state: [2, 3],
      bufferBytes: [1, 2],
      bufferLimit: [1_000, 1_000],
      inMsgs: [0.1, 0.1],
      outMsgs: [2, 2],
      inBytes: [3, 3],
      outBytes: [4, 4],
      rtt: [0.123, null],
    });
  });

  it("has nulls for seconds without a sample", () => {
    const hour = new Hour();
    hour.add(second(1));
    hour.skip(2);
    hour.add(second(4));
    for (const [name, column] of Object.entries(hour.columns()))
      expect([name, column.map((value) => value === null)]).toEqual([name, [false, true, true, false]]);
  });

  it("forgets what is older, and keeps the order", () => {
    const hour = new Hour();
    for (let i = 0; i < 2 * SAMPLES + 7; i++) hour.add(second(i));
    const { bufferBytes, state } = hour.columns();
    expect(bufferBytes).toEqual(Array.from({ length: SAMPLES }, (_, i) => SAMPLES + 7 + i));
    expect(state).toHaveLength(SAMPLES);
  });

  it("is nothing but nulls after more than an hour without samples, however long that was", () => {
    const hour = new Hour();
    hour.add(second(1));
    hour.skip(1e12);
    expect(hour.columns().state).toEqual(new Array(SAMPLES).fill(null));
  });

  it("takes 104,400 bytes, from the first second on", () => {
    const hour = new Hour();
    expect(hour.byteLength).toBe(104_400);
    for (let i = 0; i < 3 * SAMPLES; i++) hour.add(second(i));
    expect(hour.byteLength).toBe(104_400);
  });

  it("is exact to seven digits, and short as JSON", () => {
    const hour = new Hour();
    hour.add(second(16_777_215, { inMsgs: 12_345.6, rtt: 0.001 }));
    expect(JSON.stringify(hour.columns())).toContain('"bufferBytes":[16777215]');
    expect(hour.columns().rtt).toEqual([0.001]);
    expect(String(hour.columns().inMsgs[0])).toMatch(/^12345\.6\d{0,2}$/);
  });
});
