import { describe, expect, it } from "vitest";
import { RecentEnds } from "./recent-ends.js";

function register(connections: number): RecentEnds {
  const ends = new RecentEnds();
  for (let i = 0; i < connections; i++) ends.stands(undefined);
  return ends;
}

describe("recent ends", () => {
  it("are one burst within a second, by server", () => {
    const ends = register(3);
    const first = ends.lost("a:1", 5000, undefined);
    const second = ends.lost("b:1", 5400, undefined);
    const third = ends.lost("a:1", 6000, undefined);
    expect(second).toBe(first);
    expect(third).toEqual({
      at: 5000,
      connections: 3,
      of: 3,
      back: 0,
      servers: new Map([
        ["a:1", 2],
        ["b:1", 1],
      ]),
    });
  });

  it("are two with more between them, and with a clock that was put back", () => {
    const ends = register(3);
    const first = ends.lost("a:1", 5000, undefined);
    expect(ends.lost("a:1", 6001, undefined)).not.toBe(first);
    expect(ends.lost("a:1", 100, undefined)).not.toBe(first);
    expect(first.connections).toBe(1);
  });

  it("count a connection once that loses several", () => {
    const ends = register(2);
    const burst = ends.lost("a:1", 0, undefined);
    ends.stands(burst);
    expect(ends.lost("a:1", 500, burst)).toBe(burst);
    expect(burst).toMatchObject({ connections: 1, of: 2, back: 0 });
  });

  it("know how many had a link", () => {
    const ends = register(4);
    ends.left();
    expect(ends.lost("a:1", 0, undefined).of).toBe(3);
    expect(ends.lost("a:1", 5000, undefined).of).toBe(2);
  });

  it("know it when some have come, or have come back, since it began", () => {
    const ends = register(2);
    const burst = ends.lost("a:1", 0, undefined);
    ends.stands(burst);
    ends.stands(undefined);
    ends.stands(undefined);
    ends.lost("a:1", 500, undefined);
    ends.lost("a:1", 501, undefined);
    expect(burst).toMatchObject({ connections: 3, of: 4 });
  });

  it("hold a bounded number of servers", () => {
    const ends = register(100);
    let burst = ends.lost("s:0", 0, undefined);
    for (let i = 1; i < 100; i++) burst = ends.lost(`s:${i}`, 1, undefined);
    expect(burst.servers.size).toBe(32);
    expect(burst.connections).toBe(100);
  });
});
