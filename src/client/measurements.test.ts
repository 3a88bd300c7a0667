import { describe, expect, it } from "vitest";
import { Books } from "../core/books.js";
import type { Engine } from "../core/engine.js";
import { Window } from "../core/window.js";
import { ChunkPool } from "../wire/chunk.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { type MeasureOptions, Measuring } from "./measurements.js";

/** What a {@link Measuring} reads of an engine, without the rest. */
function parts() {
  const books = new Books();
  const window = new Window(new ChunkPool(), books, {
    onSettled() {},
    onDropped() {},
    isWanted: () => false,
  });
  const subjects = new SubjectCache(4);
  const engine = { books, outbound: { window }, intake: { subjects } } as unknown as Engine;
  const publish = (subject: string, messages = 1) => {
    for (let i = 0; i < messages; i++) window.append(0, subjects.get(subject), "", undefined, "x", 0);
  };
  return { measuring: new Measuring(engine), publish, books, window };
}

const byFirst = (subject: string) => subject.split(".")[0];

describe("messages by subject", () => {
  it("are counted by name, and what has no name as other: together all that was accepted", () => {
    const { measuring, publish } = parts();
    publish("a.1", 2);
    const counts = measuring.open({ subject: byFirst });
    publish("a.2");
    publish("b.1");
    expect([...counts.published()]).toEqual([
      ["a", 1],
      ["b", 1],
      ["other", 2],
    ]);
  });

  it("are other above the number of names, without a function, and where it throws or says nothing", () => {
    const { measuring, publish } = parts();
    const all: MeasureOptions[] = [
      { subject: byFirst, subjects: 1 },
      {},
      {
        subject: () => {
          throw new Error("no");
        },
      },
      { subject: (() => undefined) as never },
    ];
    const counts = all.map((options) => measuring.open(options));
    publish("a.1");
    publish("b.1", 2);
    expect(counts.map((one) => Object.fromEntries(one.published()))).toEqual([
      { a: 1, other: 2 },
      { other: 3 },
      { other: 3 },
      { other: 3 },
    ]);
  });

  it("never go down, however many subjects there are, and stay when nobody counts any more", () => {
    const { measuring, publish } = parts();
    const counts = measuring.open({ subject: byFirst });
    for (let i = 0; i < 100; i++) publish(i < 3 ? `a.${i}` : `b.${i}`);
    const first = counts.published();
    expect([first.get("a"), [...first.values()].reduce((sum, n) => sum + n)]).toEqual([3, 100]);
    counts.stop();
    publish("a.1");
    expect([counts.published().get("a"), counts.published().get("other")]).toEqual([
      3,
      1 + (first.get("other") ?? 0),
    ]);
  });
});

it("a name that is no function, and a number that is none, are refused by name", () => {
  const { measuring } = parts();
  expect(() => measuring.open({ subject: "a" as never })).toThrow(/subject is no function/);
  for (const subjects of [-1, 1.5, Number.NaN, "5" as never])
    expect(() => measuring.open({ subjects })).toThrow(/subjects is no number/);
});

it("latency is a copy: what was read does not change", () => {
  const { measuring, publish, window } = parts();
  const counts = measuring.open({});
  const before = counts.publishLatency();
  publish("a");
  window.confirm(window.position, 7, 0);
  expect([before.count, before.counts.every((n) => n === 0)]).toEqual([0, true]);
  expect(counts.publishLatency()).toMatchObject({ count: 1, sum: 7 });
});
