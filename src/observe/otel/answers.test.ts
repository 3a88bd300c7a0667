import { describe, expect, it } from "vitest";
import type { Msg, QueuedIterator } from "../../index.js";
import { type AnswersEnd, watchAnswers } from "./answers.js";

/** Two answers, and then the end, or an error; and what was told of it. */
function watched(error?: Error) {
  const ends: AnswersEnd[] = [];
  const calls: string[] = [];
  let left = 2;
  const iterator = {
    async next() {
      if (left-- > 0) return { value: {} as Msg, done: false };
      if (error !== undefined) throw error;
      return { value: undefined, done: true };
    },
    async return() {
      calls.push("return");
      return { value: undefined, done: true };
    },
    stop: () => calls.push("stop"),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const given = iterator as unknown as QueuedIterator<Msg>;
  const answers = watchAnswers(given, (end) => ends.push(end));
  expect(answers).toBe(given);
  return { answers, ends, calls };
}

describe("the end of answers", () => {
  it("is told once, with how many there were", async () => {
    const { answers, ends } = watched();
    for await (const _ of answers) expect(ends).toEqual([]);
    answers.stop();
    expect(ends).toEqual([{ answers: 2, error: undefined }]);
  });

  it("may be an error", async () => {
    const error = new Error("lost");
    const { answers, ends } = watched(error);
    const read = async () => {
      for await (const _ of answers);
    };
    await expect(read()).rejects.toBe(error);
    expect(ends).toEqual([{ answers: 2, error }]);
  });

  it("is there when the reader leaves, or stops it", async () => {
    const left = watched();
    for await (const _ of left.answers) break;
    expect([left.ends, left.calls]).toEqual([[{ answers: 1, error: undefined }], ["return"]]);
    const stopped = watched();
    stopped.answers.stop();
    expect([stopped.ends, stopped.calls]).toEqual([[{ answers: 0, error: undefined }], ["stop"]]);
  });

  it("is there at once for an iterator of another kind", () => {
    const ends: AnswersEnd[] = [];
    watchAnswers({} as QueuedIterator<Msg>, (end) => ends.push(end));
    expect(ends).toEqual([{ answers: 0, error: undefined }]);
  });
});
