import { TimeoutError } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import { NatsError } from "./nats-error.js";
import { adapt, adaptIterable } from "./translate.js";

class Official {
  #secret = 1;
  readonly plain = "value";
  get secret() {
    return this.#secret;
  }
  ask() {
    return Promise.reject(new TimeoutError());
  }
  tell() {
    throw new TimeoutError();
  }
  add(by: number) {
    this.#secret += by;
    return this.#secret;
  }
  async *[Symbol.asyncIterator]() {
    yield 1;
    throw new TimeoutError();
  }
}

describe("adapt", () => {
  it("leaves values and methods as they are, also those with private fields", () => {
    const adapted = adapt(new Official(), {});
    expect([adapted.plain, adapted.add(2), adapted.secret]).toEqual(["value", 3, 3]);
    expect(adapted.add).toBe(adapted.add);
  });

  it("makes NatsErrors of what is thrown and of what promises reject with", async () => {
    const adapted = adapt(new Official(), {});
    expect(() => adapted.tell()).toThrow(NatsError);
    await expect(adapted.ask()).rejects.toThrow(NatsError);
  });

  it("replaces and adds members", () => {
    const adapted = adapt(new Official(), { plain: 7, more: () => "more" });
    expect([adapted.plain, adapted.more()]).toEqual([7, "more"]);
    expect(["more" in adapted, "secret" in adapted, "other" in adapted]).toEqual([true, true, false]);
  });

  it("an iteration yields the same, and throws NatsErrors", async () => {
    const seen: unknown[] = [];
    const read = async () => {
      for await (const item of adaptIterable(new Official(), {})) seen.push(item);
    };
    await expect(read()).rejects.toThrow(NatsError);
    expect(seen).toEqual([1]);
  });

  it("an iteration that is left leaves the inner one", async () => {
    let left = false;
    async function* numbers() {
      try {
        yield 1;
        yield 2;
      } finally {
        left = true;
      }
    }
    for await (const _ of adaptIterable(numbers(), {})) break;
    expect(left).toBe(true);
  });
});
