import { describe, expect, it } from "vitest";
import { World } from "../sim/world.js";
import { Findings } from "./findings.js";
import { PromiseBook } from "./promise-book.js";
import { turn } from "./turns.js";

function make() {
  const world = new World(1);
  const findings = new Findings();
  return { world, findings, book: new PromiseBook(world, 10, findings) };
}

describe("a book of promises", () => {
  it("has nothing against those that settle in time, one way or the other", async () => {
    const { book, findings } = make();
    book.follow("one", Promise.resolve(), 0);
    book.follow("other", Promise.reject(new Error("no")), 0);
    await turn();
    findings.check();
    book.conclude();
    expect(book.open).toEqual([]);
  });

  it("finds one that settles too late", async () => {
    const { world, book, findings } = make();
    book.follow("flush", new Promise<void>((resolve) => world.in(111, resolve)), 100);
    world.pass(200);
    await turn();
    expect(() => findings.check()).toThrow("late-promise: flush");
  });

  it("bears that it is late when the process was frozen", async () => {
    const { world, book, findings } = make();
    world.freeze(500);
    book.follow("flush", new Promise<void>((resolve) => world.in(505, resolve)), 100);
    world.pass(506);
    await turn();
    findings.check();
  });

  it("finds one that never settles", () => {
    const { book } = make();
    book.follow("drain", new Promise(() => {}));
    expect(() => book.conclude()).toThrow("open-promise: never settled: drain");
  });
});
