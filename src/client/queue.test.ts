import { describe, expect, it } from "vitest";
import { MessageQueue } from "./queue.js";

function world() {
  const told: string[] = [];
  const queue = new MessageQueue<number>(
    () => told.push("left"),
    () => told.push("consumed"),
  );
  return { queue, told };
}

/** What a promise has become after all that is due has happened. */
async function now<T>(promise: Promise<T>): Promise<T | "pending"> {
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([promise, Promise.resolve("pending" as const)]);
}

describe("a queue", () => {
  it("gives what was pushed, in order, before and after it is asked for", async () => {
    const { queue } = world();
    queue.push(1);
    queue.push(2);
    expect(queue.size).toBe(2);
    expect(await queue.next()).toEqual({ value: 1, done: false });
    expect(await queue.next()).toEqual({ value: 2, done: false });
    const waiting = queue.next();
    queue.push(3);
    expect(await waiting).toEqual({ value: 3, done: false });
    expect(queue.size).toBe(0);
    expect(queue.taken).toBe(3);
  });

  it("gives everything that was pushed before the end, then tells the end, again and again", async () => {
    const { queue, told } = world();
    queue.push(1);
    queue.push(2);
    queue.end();
    queue.push(3);
    const got: number[] = [];
    for await (const value of queue) got.push(value);
    expect(got).toEqual([1, 2]);
    expect(told[0]).toBe("consumed");
    expect(told).not.toContain("left");
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it("throws the error behind the last item, once", async () => {
    const { queue, told } = world();
    queue.push(1);
    queue.end(new Error("why"));
    queue.end(new Error("another"));
    expect(await queue.next()).toEqual({ value: 1, done: false });
    await expect(queue.next()).rejects.toThrow("why");
    expect(await queue.next()).toEqual({ value: undefined, done: true });
    expect(told[0]).toBe("consumed");
  });

  it("tells the end to who is waiting already", async () => {
    for (const error of [undefined, new Error("why")]) {
      const { queue, told } = world();
      const waiting = queue.next();
      queue.end(error);
      if (error === undefined) expect(await waiting).toEqual({ value: undefined, done: true });
      else await expect(waiting).rejects.toBe(error);
      expect(told).toEqual(["consumed"]);
    }
  });

  it("hears of a loop that was left, and forgets what waits", async () => {
    const { queue, told } = world();
    for (let i = 0; i < 10; i++) queue.push(i);
    for await (const value of queue) if (value === 3) break;
    expect(told).toEqual(["left", "consumed"]);
    expect(queue.size).toBe(0);
    queue.push(11);
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  it("settles who waits when the loop is left from outside", async () => {
    const { queue } = world();
    const waiting = queue.next();
    expect(await queue.return()).toEqual({ value: undefined, done: true });
    expect(await now(waiting)).toEqual({ value: undefined, done: true });
  });

  it("settles every next(), also when several wait at a time, in order", async () => {
    const { queue } = world();
    const waiting = [queue.next(), queue.next(), queue.next()];
    queue.push(1);
    queue.push(2);
    queue.end();
    expect(await Promise.all(waiting.map(now))).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ]);
  });

  it("goes on with the rest in a second loop", async () => {
    const { queue } = world();
    queue.push(1);
    queue.push(2);
    queue.end();
    expect(await queue[Symbol.asyncIterator]().next()).toEqual({ value: 1, done: false });
    expect(await queue.next()).toEqual({ value: 2, done: false });
  });

  it("keeps the order and does not grow over long use with a slow reader", async () => {
    const { queue } = world();
    let pushed = 0;
    let read = 0;
    for (let round = 0; round < 2000; round++) {
      for (let i = 0; i < 5; i++) queue.push(pushed++);
      for (let i = 0; i < (round < 1000 ? 3 : 7); i++) expect((await queue.next()).value).toBe(read++);
      expect(queue.size).toBe(pushed - read);
    }
    expect(queue.taken).toBe(read);
    expect(queue.size).toBe(0);
  });
});
