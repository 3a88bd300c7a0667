import { describe, expect, it } from "vitest";
import {
  byteRate,
  bytes,
  counted,
  duration,
  elapsed,
  millis,
  moment,
  percent,
  preciseTime,
  rate,
  shortCount,
} from "./format.js";

const table = <T>(format: (value: T) => string, rows: readonly [T, string][]) => {
  for (const [value, text] of rows) expect(format(value), String(value)).toBe(text);
};

describe("numbers with their units", () => {
  it("sizes", () =>
    table(bytes, [
      [0, "0 B"],
      [512, "512 B"],
      [1023.4, "1,023 B"],
      [1023.6, "1 KiB"],
      [1536, "1.5 KiB"],
      [12_345, "12.1 KiB"],
      [1_048_575, "1 MiB"],
      [8_388_608, "8 MiB"],
      [5 * 1024 ** 5, "5,120 TiB"],
    ]));

  it("counts on an axis", () =>
    table(shortCount, [
      [0, "0"],
      [2.5, "2.5"],
      [950, "950"],
      [9_999, "9,999"],
      [10_000, "10k"],
      [12_345, "12.3k"],
      [999_999, "1M"],
    ]));

  it("rates", () => {
    expect(rate(1203)).toBe("1,203 msg/s");
    expect(byteRate(2048)).toBe("2 KiB/s");
  });

  it("round trips", () =>
    table(millis, [
      [null, "–"],
      [0, "< 0.01 ms"],
      [0.312, "0.31 ms"],
      [12.44, "12.4 ms"],
      [999.6, "1 s"],
      [1_240, "1.2 s"],
    ]));

  it("shares: neither nothing nor everything is said of less or more than that", () =>
    table(percent, [
      [0, "0 %"],
      [0.0001, "< 0.1 %"],
      [0.004, "0.4 %"],
      [0.83, "83 %"],
      [0.9931, "99.3 %"],
      [0.99999, "99.9 %"],
      [1, "100 %"],
    ]));

  it("one and several", () => {
    expect(counted(1, "message")).toBe("1 message");
    expect(counted(0, "message")).toBe("0 messages");
    expect(counted(1200, "message was", "messages were")).toBe("1,200 messages were");
  });
});

describe("times", () => {
  it("how long", () =>
    table(duration, [
      [-5, "0 ms"],
      [340, "340 ms"],
      [999.9, "1.0 s"],
      [2_310, "2.3 s"],
      [9_960, "10 s"],
      [59_400, "59 s"],
      [59_700, "1 min"],
      [192_000, "3 min 12 s"],
      [3_599_900, "1 h"],
      [7_500_000, "2 h 5 min"],
      [86_399_000, "1 d"],
      [273_600_000, "3 d 4 h"],
    ]));

  it("whole seconds of what still lasts", () => {
    expect(elapsed(-1)).toBe("0 s");
    expect(elapsed(999)).toBe("0 s");
    expect(elapsed(12_900)).toBe("12 s");
    expect(elapsed(61_000)).toBe("1 min 1 s");
  });

  it("when: with the date when it was another day", () => {
    const noon = new Date(2026, 10, 21, 12, 3, 4, 56).getTime();
    expect(moment(noon, noon + 60_000)).toBe("12:03:04");
    expect(moment(noon, noon + 86_400_000)).toBe("2026-11-21 12:03:04");
    expect(preciseTime(noon)).toBe("12:03:04.056");
  });
});
