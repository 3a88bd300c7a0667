import { count } from "../demo/view/figures.js";
import type { Account } from "./account.js";
import type { Evidence } from "./evidence.js";

/** Beside `reconnectBufSize` (64 MiB here) and `maxPending` (64 MiB), which bound what waits: garbage, and what was heard. */
export const HELD_AT_MOST = 192 * 1024 * 1024;

/**
 * What Holdfast has promised and did not keep in this trial, in words; nothing if all is well. nats.js has promised
 * nothing of the kind.
 */
export function brokenPromises(account: Account, { publisher, inClear, failures }: Evidence): string[] {
  const broken: string[] = [];
  const { lost, copies, reported, delivery, books, duplicatedThoughConfirmed = 0 } = account;
  if (lost.length > 0) broken.push(`messages were lost: ${count(lost.length)}`);
  const givenUp = Object.entries(reported).map(([reason, messages]) => `${count(messages)} ${reason}`);
  if (delivery === "at-least-once" && givenUp.length > 0) {
    broken.push(`messages were given up under at-least-once: ${givenUp.join(", ")}`);
  }
  if (delivery === "at-most-once" && copies > 0) {
    broken.push(`duplicates under at-most-once: ${count(copies)}`);
  }
  if (duplicatedThoughConfirmed > 0) {
    broken.push(`messages came twice though they were confirmed: ${count(duplicatedThoughConfirmed)}`);
  }
  if (books === undefined || publisher.unbalanced > 0) {
    broken.push(`the books did not balance: ${JSON.stringify(publisher.firstUnbalanced)}`);
  }
  if (books && books.pending > 0) broken.push(`messages still pending at the end: ${count(books.pending)}`);
  if (publisher.flushError !== undefined) broken.push(`the last flush failed: ${publisher.flushError}`);
  if (!account.subscribed) broken.push("its own subscription did not hear the last message");
  if (account.needless > 0) {
    broken.push(`gave up a link that had nothing wrong with it, ${account.needless} times`);
  }
  if (inClear) broken.push("its link was not encrypted");
  if (account.held > HELD_AT_MOST) {
    broken.push(`its process held ${Math.round(account.held / 1024 / 1024)} MiB more than at the start`);
  }
  return [...broken, ...account.contradictions, ...failures];
}
