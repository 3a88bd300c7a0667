import { dismissPromise, isThenable } from "../work/thenable.js";

/**
 * The answer of an application's function that must answer at once.
 *
 * @throws TypeError when it is a promise, which is dismissed
 */
export function atOnce<T>(answer: T): T {
  if (!isThenable(answer)) return answer;
  dismissPromise(answer);
  throw new TypeError("it must answer at once, not with a promise");
}
