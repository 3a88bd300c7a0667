import type { Msg, QueuedIterator } from "../../index.js";

/** How the answers to a request have ended. */
export interface AnswersEnd {
  /** Answers that were read. */
  readonly answers: number;
  /** What the reader was told instead of an end. */
  readonly error: unknown;
}

/**
 * Tells when the reader of many answers is at their end, has been told an error, or goes away. Those whom nobody reads have no end.
 *
 * @returns the same iterator
 */
export function watchAnswers(
  iterator: QueuedIterator<Msg>,
  onEnd: (end: AnswersEnd) => void,
): QueuedIterator<Msg> {
  const target = iterator as unknown as AsyncIterator<Msg> & { stop(error?: Error): void };
  const { next, return: leave, stop } = target;
  if (typeof next !== "function") {
    onEnd({ answers: 0, error: undefined });
    return iterator;
  }
  let answers = 0;
  let isOver = false;
  const over = (error: unknown) => {
    if (isOver) return;
    isOver = true;
    onEnd({ answers, error });
  };
  const own = {
    next() {
      const result = next.call(target);
      result.then(({ done }) => {
        if (done === true) over(undefined);
        else answers++;
      }, over);
      return result;
    },
    return() {
      over(undefined);
      return leave!.call(target);
    },
    stop(error?: Error) {
      stop.call(target, error);
      over(error);
    },
  };
  return Object.assign(iterator, own);
}
