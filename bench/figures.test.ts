import { expect, it } from "vitest";
import { duration, FIGURES, labelOf, rate } from "./figures.js";

it("rates keep three digits", () => {
  expect([12, 4321, 43_210, 123_456, 1_234_567, 31_530_000].map(rate)).toEqual([
    "12",
    "4.32 k",
    "43.2 k",
    "123 k",
    "1.23 M",
    "31.5 M",
  ]);
});

it("times have the unit that suits them", () => {
  expect([3.21, 184.4, 1840, Number.POSITIVE_INFINITY].map(duration)).toEqual([
    "3.2 ms",
    "184 ms",
    "1.84 s",
    "never",
  ]);
  expect(FIGURES.p99.format(0.0874)).toBe("87 µs");
  expect(FIGURES.time.format(0.0125)).toBe("12.5 ms");
  expect(FIGURES.cpu.format(0.53e-6)).toBe("0.53 µs");
});

it("memory is in bytes as long as these are few", () => {
  expect([927, 26_624].map(FIGURES.memory.format)).toEqual(["927 B", "26.0 KiB"]);
});

it("a label names what is counted, and memory may be counted by something else", () => {
  const counted = { unit: "message", holder: "subscription" };
  expect(labelOf("cpu", counted)).toBe("CPU per message");
  expect(labelOf("rate", counted)).toBe("messages per second");
  expect(labelOf("memory", counted)).toBe("memory per subscription");
  expect(labelOf("memory", { unit: "connection" })).toBe("memory per connection");
});
