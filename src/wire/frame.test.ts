import { describe, expect, it } from "vitest";
import { counts, hasHeaders, Kind, kindOf, MAX_FRAME_SIZE, pack, sizeOf } from "./frame.js";

describe("index words", () => {
  it("give back kind, headers and size, up to the largest size", () => {
    for (const kind of Object.values(Kind)) {
      for (const headers of [true, false]) {
        for (const size of [0, 1, 63, 64, 65_536, 64 * 1024 * 1024, MAX_FRAME_SIZE]) {
          const word = pack(kind, headers, size);
          expect(new Uint32Array([word])[0]).toBe(word);
          expect([kindOf(word), hasHeaders(word), sizeOf(word)]).toEqual([kind, headers, size]);
        }
      }
    }
  });

  it("have room for twice what a server may allow at most", () => {
    expect(MAX_FRAME_SIZE).toBeGreaterThanOrEqual(64 * 1024 * 1024);
  });
});

describe("kinds", () => {
  it("only messages count in the books", () => {
    const counting = Object.entries(Kind)
      .filter(([, kind]) => counts(kind))
      .map(([name]) => name);
    expect(counting).toEqual(["Data", "DataOnce", "Request", "SafeRequest", "Control", "Pull"]);
  });

  it("fit the four bits that they have", () => {
    for (const kind of Object.values(Kind)) expect(kind).toBeLessThan(16);
    expect(new Set(Object.values(Kind)).size).toBe(Object.values(Kind).length);
  });
});
