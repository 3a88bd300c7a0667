import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HoldfastError } from "../../index.js";
import type { Encoded } from "./codec.js";
import { type Keyed, KeyedIntake } from "./keyed-intake.js";

interface Numbered extends Encoded {
  number: number;
}

function itemOf(number: number): Keyed<Numbered> {
  const msg = { number, subject: "s", data: new Uint8Array(0), string: () => "" };
  return { msg, data: undefined, isDecoded: false, key: undefined };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup(decode: (msg: { number: number }) => unknown, key: (data: never) => unknown = String) {
  const told: string[] = [];
  const errors: HoldfastError[] = [];
  const numberOf = ({ msg }: Keyed<Numbered>) => msg.number;
  const intake = new KeyedIntake<Numbered, Keyed<Numbered>>(decode as never, key as never, 1000, {
    admit: (item) => told.push(`${numberOf(item)} has key ${item.key}`),
    refuse: (item, error) => {
      errors.push(error);
      told.push(`${numberOf(item)} is refused: ${error.code}`);
    },
  });
  const add = (number: number) => {
    const item = itemOf(number);
    intake.add(item);
    return item;
  };
  return { intake, told, errors, add, numberOf };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("an intake", () => {
  it("admits at once what is decoded at once", () => {
    const { told, add, intake } = setup(({ number }) => number * 10);
    const item = add(1);
    expect(told).toEqual(["1 has key 10"]);
    expect(item).toMatchObject({ data: 10, isDecoded: true, key: "10" });
    expect(intake.waiting).toBe(0);
  });

  it("keeps the order where decoding takes a while, for some longer than for others", async () => {
    const waits: (() => void)[] = [];
    const { told, add, intake } = setup(({ number }) =>
      number === 2 ? number : new Promise((resolve) => waits.push(() => resolve(number))),
    );
    for (const number of [1, 2, 3]) add(number);
    expect(told).toEqual([]);
    expect(intake.waiting).toBe(3);
    waits[0]();
    await settle();
    expect(told).toEqual(["1 has key 1", "2 has key 2"]);
    waits[1]();
    await settle();
    expect(told).toEqual(["1 has key 1", "2 has key 2", "3 has key 3"]);
    expect(intake.waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses what has no key", () => {
    const { told, add, errors } = setup(
      ({ number }) => number,
      (number: number) => {
        if (number === 1) throw new Error("no id");
        return number === 2 ? undefined : "k";
      },
    );
    for (const number of [1, 2, 3]) add(number);
    expect(told).toEqual(["1 is refused: INVALID_MESSAGE", "2 is refused: INVALID_MESSAGE", "3 has key k"]);
    expect(errors[0].cause).toMatchObject({ message: "no id" });
    expect(errors[1].message).toBe('the message on "s" is invalid: key() has returned no string');
  });

  it("refuses a key that is a promise; what it rejects with ends no process", async () => {
    vi.useRealTimers();
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    const { told, add } = setup(
      ({ number }) => number,
      async () => Promise.reject(new Error("no")),
    );
    add(1);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(told).toEqual(["1 is refused: INVALID_MESSAGE"]);
    expect(unhandled).toEqual([]);
  });

  it("goes on behind one where something has thrown", () => {
    const told: number[] = [];
    const intake = new KeyedIntake<Numbered, Keyed<Numbered>>(() => 1, String, 0, {
      admit: ({ msg }) => {
        if (msg.number === 1) throw new Error("bug");
        told.push(msg.number);
      },
      refuse: () => {},
    });
    expect(() => intake.add(itemOf(1))).toThrow("bug");
    intake.add(itemOf(2));
    expect(told).toEqual([2]);
  });

  it("lets go what is not decoded in time, and goes on", async () => {
    const { told, add } = setup(({ number }) => (number === 1 ? new Promise(() => {}) : number));
    add(1);
    add(2);
    vi.advanceTimersByTime(1000);
    await settle();
    expect(told).toEqual(["1 is refused: HANDLER_TIMEOUT", "2 has key 2"]);
  });

  it("gives what waits; what is decoded later changes nothing", async () => {
    let decoded!: (value: unknown) => void;
    const { told, add, intake, numberOf } = setup(
      () =>
        new Promise((resolve) => {
          decoded = resolve;
        }),
    );
    add(1);
    add(2);
    expect(intake.takeWaiting().map(numberOf)).toEqual([1, 2]);
    decoded(1);
    await settle();
    expect(told).toEqual([]);
    expect(intake.waiting).toBe(0);
  });

  it("is no recursion", () => {
    let added = 0;
    const intake = new KeyedIntake<Numbered, Keyed<Numbered>>(() => 1, String, 0, {
      admit: () => {
        if (added++ < 50_000) intake.add(itemOf(added));
      },
      refuse: () => {},
    });
    intake.add(itemOf(0));
    expect(added).toBe(50_001);
    expect(intake.waiting).toBe(0);
  });
});
