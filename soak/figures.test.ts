import { describe, expect, it } from "vitest";
import { between, type Random, seeded } from "../demo/random.js";
import { type FigureName, judge, type Reading } from "./figures.js";

const MIB = 1024 * 1024;
/** Ten minutes with a fault every two seconds. */
const TEN_MINUTES = 300;
const SEEDS = 40;

/** What a process reads that only breathes: a saw-tooth, noise, and a warm-up that ends. */
function breathing(random: Random, fault: number): Reading {
  const noise = (size: number) => between(random, -size, size);
  const warmUp = (400_000 * Math.min(fault, 50)) / 50;
  const saw = (fault % 17) * 6_000;
  return {
    heap: 9 * MIB + warmUp + saw + noise(60_000),
    external: 3 * MIB + noise(20_000),
    rss: 90 * MIB + 4 * warmUp + saw + noise(2 * MIB),
    descriptors: 24,
    timers: random() < 0.1 ? 3 : 2,
    sockets: 1,
    handles: 5,
  };
}

function run(seed: number, faults: number, leak: (fault: number) => Partial<Record<FigureName, number>>) {
  const random = seeded(seed);
  const readings = Array.from({ length: faults }, (_, fault) => {
    const reading: Record<FigureName, number> = { ...breathing(random, fault) };
    for (const [name, gained] of Object.entries(leak(fault))) reading[name as FigureName] += gained;
    return reading;
  });
  return Object.fromEntries(judge(readings).map(({ name, judgement }) => [name, judgement]));
}

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
const none = () => ({});

describe("the verdict after ten minutes", () => {
  it("calls noise, a saw-tooth and a warm-up flat", () => {
    for (const seed of seeds) {
      const { rss, ...others } = run(seed, TEN_MINUTES, none);
      expect(Object.values(others)).toEqual(Array(6).fill("flat"));
      expect(rss).not.toBe("leak");
    }
  });

  it.each<[string, FigureName, (fault: number) => number]>([
    ["1 KB of heap for each fault", "heap", (fault) => 1024 * fault],
    ["1 KB outside of the heap for each fault", "external", (fault) => 1024 * fault],
    ["64 KB of memory for each fault", "rss", (fault) => 65_536 * fault],
    ["a descriptor for every twentieth fault", "descriptors", (fault) => Math.floor(fault / 20)],
    ["a timer for every fifth fault", "timers", (fault) => Math.floor(fault / 5)],
    ["a socket for every tenth fault", "sockets", (fault) => Math.floor(fault / 10)],
    ["a handle for every tenth fault", "handles", (fault) => Math.floor(fault / 10)],
  ])("finds %s", (_, name, gained) => {
    for (const seed of seeds) {
      const verdict = run(seed, TEN_MINUTES, (fault) => ({ [name]: gained(fault) }));
      expect(verdict[name]).toBe("leak");
    }
  });

  it("blames only the figure that grows", () => {
    const verdict = run(1, TEN_MINUTES, (fault) => ({ sockets: fault }));
    expect(verdict).toMatchObject({ sockets: "leak", heap: "flat", timers: "flat", descriptors: "flat" });
  });
});

it("a short run is not called a leak, nor a proof", () => {
  for (const seed of seeds) {
    const verdict = run(seed, 12, none);
    expect(Object.values(verdict)).not.toContain("leak");
    expect(verdict.heap).toBe("unclear");
  }
});
