import { median } from "../../bench/statistics.js";
import { count, duration } from "../../demo/view/figures.js";
import type { Account } from "../account.js";
import type { Subject } from "../evidence.js";
import type { Result } from "../suite.js";

/** What people call a subject. */
export function nameOf({ client, delivery }: Subject): string {
  if (client === "natsjs") return "nats.js";
  return delivery === "at-least-once" ? "Holdfast" : "Holdfast, at-most-once";
}

/** What is known of some trials together. */
export interface Sum {
  readonly injected: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly confirmed: number | undefined;
  readonly delivered: number;
  readonly lost: number;
  readonly diedWithServer: number;
  readonly damaged: number;
  readonly duplicated: number;
  readonly reported: number;
  readonly detection: readonly number[];
  readonly recovery: readonly number[];
  /** The most, bytes. */
  readonly held: number;
  /** The slowest trial, as a part of the rate that was wanted. */
  readonly pace: number;
  readonly trials: number;
}

/** The figures of all accounts together. Confirmed ones are left out when an account knows of none. */
export function sum(accounts: readonly Account[]): Sum {
  const total = (figure: (account: Account) => number) =>
    accounts.reduce((all, account) => all + figure(account), 0);
  const counts = accounts.every(({ confirmed }) => confirmed !== undefined);
  return {
    injected: total(({ injected }) => injected),
    accepted: total(({ accepted }) => accepted),
    rejected: total(({ rejected }) => rejected),
    confirmed: counts ? total(({ confirmed = 0 }) => confirmed) : undefined,
    delivered: total(({ delivered }) => delivered),
    lost: total(({ lost }) => lost.length),
    diedWithServer: total(({ diedWithServer }) => diedWithServer),
    damaged: total(({ damaged }) => damaged),
    duplicated: total(({ duplicated }) => duplicated),
    reported: total(({ reported }) => Object.values(reported).reduce((all, each) => all + each, 0)),
    detection: accounts.flatMap(({ detection }) => detection),
    recovery: accounts.flatMap(({ recovery }) => recovery),
    held: Math.max(0, ...accounts.map(({ held }) => held)),
    pace: Math.min(1, ...accounts.map(({ rate, wantedRate }) => rate / wantedRate)),
    trials: accounts.length,
  };
}

/** Accounts of a subject, in order; crashed trials have none. */
export function accountsOf(results: readonly Result[], subject: Subject): Account[] {
  return results.flatMap((result) =>
    nameOf(result.subject) === nameOf(subject) && "account" in result ? [result.account] : [],
  );
}

/** "12 ms / 34 ms": the median and the worst; one of them where they look alike; a dash where there is none. */
export function times(all: readonly number[]): string {
  if (all.length === 0) return "–";
  const texts = [duration(median(all)), duration(Math.max(...all))];
  return texts[0] === texts[1] ? texts[0] : texts.join(" / ");
}

/** "1 fault", "2 faults". */
export function several(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}

/** A count, or a dash where it is not known. */
export function known(value: number | undefined): string {
  return value === undefined ? "–" : count(value);
}
