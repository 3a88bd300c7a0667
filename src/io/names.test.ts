import dns, { type LookupAddress } from "node:dns";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type NameAnswer, Names } from "./names.js";

type Done = (error: NodeJS.ErrnoException | null, found?: LookupAddress[]) => void;

/** Lookups that the resolver has not answered. */
let asked: { name: string; family: number; answer: Done }[];
let names: Names;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  names = new Names();
  vi.spyOn(dns, "lookup").mockImplementation(((name: string, { family }: { family: number }, done: Done) => {
    asked.push({ name, family, answer: done });
  }) as never);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const at = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));
const failure = (code: string) => Object.assign(new Error(code), { code });

/** Looks a name up; what it is told, sooner or later. */
function find(name = "cluster", family = 0): string[] {
  const told: string[] = [];
  const done: NameAnswer = (error, addresses) =>
    told.push(error?.code ?? addresses.map(({ address }) => address).join(" "));
  names.find(name, { family, hints: 0 }, done);
  return told;
}

/** Lets the resolver answer the oldest question. */
const answer = (...[error, found]: Parameters<Done>) => asked.shift()!.answer(error, found);

describe("a name", () => {
  it("is looked up once for all who ask at the same time, and anew for those who ask later", () => {
    const told = [find(), find(), find()];
    expect(asked).toHaveLength(1);
    answer(null, at("10.0.0.1", "10.0.0.2"));
    expect(told).toEqual([["10.0.0.1 10.0.0.2"], ["10.0.0.1 10.0.0.2"], ["10.0.0.1 10.0.0.2"]]);
    const later = find();
    answer(null, at("10.0.0.3"));
    expect(later).toEqual(["10.0.0.3"]);
  });

  it("is one thing for each family, and apart from others", () => {
    find();
    find("cluster", 4);
    find("other");
    expect(asked.map(({ name, family }) => `${name} ${family}`)).toEqual([
      "cluster 0",
      "cluster 4",
      "other 0",
    ]);
  });

  it("is asked for again when its lookup was forgotten, and the late answer counts", () => {
    const first = find();
    vi.advanceTimersByTime(10_000);
    const second = find();
    expect(asked).toHaveLength(2);
    asked[1].answer(null, at("10.0.0.2"));
    asked[0].answer(null, at("10.0.0.1"));
    expect([first, second]).toEqual([["10.0.0.1"], ["10.0.0.2"]]);
  });

  it("that the resolver refuses to look at is an error, each time", () => {
    vi.mocked(dns.lookup).mockImplementation(() => {
      throw failure("ERR_INVALID_ARG_VALUE");
    });
    expect([find(), find()]).toEqual([["ERR_INVALID_ARG_VALUE"], ["ERR_INVALID_ARG_VALUE"]]);
  });

  it("that the resolver answers at once, or with nothing, is answered", () => {
    vi.mocked(dns.lookup).mockImplementation(((_: string, __: object, done: Done) =>
      done(null, at("10.0.0.1"))) as never);
    expect(find()).toEqual(["10.0.0.1"]);
    vi.mocked(dns.lookup).mockImplementation(((_: string, __: object, done: Done) => done(null)) as never);
    expect(find("nothing")).toEqual(["ENOTFOUND"]);
  });
});

describe("the last good answer", () => {
  const know = () => {
    find();
    answer(null, at("10.0.0.1"));
  };

  it.each(["EAI_AGAIN", "EAI_FAIL", "EMFILE"])("stands in when the resolver fails: %s", (code) => {
    expect(find()).toEqual([]);
    answer(failure(code));
    know();
    for (let i = 0; i < 2; i++) {
      const told = find();
      answer(failure(code));
      expect(told).toEqual(["10.0.0.1"]);
    }
  });

  it("stands in when the resolver takes long, whose answer counts from then on", () => {
    know();
    const told = find();
    vi.advanceTimersByTime(499);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(["10.0.0.1"]);
    answer(null, at("10.0.0.2"));
    expect(told).toHaveLength(1);
    const later = find();
    vi.advanceTimersByTime(500);
    expect(later).toEqual(["10.0.0.2"]);
  });

  it("hides no answer that has changed, and none that there is no such name", () => {
    know();
    const told = find();
    answer(null, at("10.0.0.2"));
    expect(told).toEqual(["10.0.0.2"]);
    const gone = find();
    answer(failure("ENOTFOUND"));
    expect(gone).toEqual(["ENOTFOUND"]);
    const after = find();
    answer(failure("EAI_AGAIN"));
    expect(after).toEqual(["EAI_AGAIN"]);
  });

  it("leaves no timer behind", () => {
    know();
    find();
    answer(null, at("10.0.0.1"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is kept for 256 names, those that were used last", () => {
    know();
    for (let i = 0; i < 256; i++) {
      if (i === 100) know();
      find(`name-${i}`);
      answer(null, at("10.0.0.9"));
    }
    const told = [find("name-0"), find()];
    answer(failure("EAI_AGAIN"));
    answer(failure("EAI_AGAIN"));
    expect(told).toEqual([["EAI_AGAIN"], ["10.0.0.1"]]);
  });
});
