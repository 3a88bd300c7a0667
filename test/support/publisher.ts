import type { Connection } from "../../src/index.js";

/** Publishes the numbers from `from` to below `to`, as text, in one burst. */
export function publishNumbers(nc: Connection, subject: string, from: number, to: number): void {
  for (let number = from; number < to; number++) nc.publish(subject, String(number));
}
