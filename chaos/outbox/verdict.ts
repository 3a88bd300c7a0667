import type { Arrival } from "./protocol.js";

/** What one process has told. */
export interface Life {
  readonly process: number;
  readonly resolved: readonly number[];
  readonly rejected: ReadonlyMap<number, string>;
  readonly tried: number;
  /** What it has found on disk; undefined when it did not come that far. */
  readonly recovered: number | undefined;
  /** What was on disk before it began, as somebody else has read it; undefined when nobody has. */
  readonly found: number | undefined;
  /** What must have been on disk at the least: resolved before, and in no stream. */
  readonly atLeast: number;
  readonly wrong: readonly string[];
  /** It was not killed, but has ended otherwise. */
  readonly crash: string | undefined;
}

/** What follows: of messages, those named `process/number`. */
export interface Verdict {
  readonly resolved: number;
  readonly arrived: number;
  /** Not resolved for, and there: its process died before it heard. */
  readonly unheard: number;
  /** Resolved for, and nowhere. */
  readonly missing: readonly string[];
  /** There more than once. */
  readonly twice: readonly string[];
  /** There more than once, from one process, which had its link all the time. */
  readonly repeated: readonly string[];
  /** There after one that was published later. */
  readonly disordered: readonly string[];
  /** Other bytes than were published, or never published. */
  readonly damaged: readonly string[];
  /** Rejected, and there nevertheless. */
  readonly refusedButSent: readonly string[];
  /** Processes that have found something else on disk than there was. */
  readonly books: readonly string[];
  /** What processes have found wrong themselves, and those that have not ended by SIGKILL. */
  readonly wrong: readonly string[];
}

/** Of each kind of breach. */
const SHOWN = 10;

/** Compares what was promised with what has arrived, in the order of arrival. */
export function judge(lives: readonly Life[], arrivals: readonly Arrival[]): Verdict {
  const byProcess = new Map(lives.map((life) => [life.process, life]));
  const seen = new Map<number, Map<number, number | undefined>>();
  const repeated: string[] = [];
  const twice: string[] = [];
  const disordered: string[] = [];
  const damaged: string[] = [];
  const refusedButSent: string[] = [];
  let unheard = 0;
  let last: Arrival = { process: 0, number: 0, whole: true };
  const resolvedOf = new Map(lives.map(({ process, resolved }) => [process, new Set(resolved)]));
  for (const arrival of arrivals) {
    const { process, number, whole, during } = arrival;
    const name = `${process}/${number}`;
    const life = byProcess.get(process);
    if (!whole || life === undefined || number > life.tried) {
      damaged.push(name);
      continue;
    }
    const numbers = seen.get(process) ?? new Map<number, number | undefined>();
    seen.set(process, numbers);
    if (numbers.has(number)) {
      twice.push(name);
      if (during !== undefined && numbers.get(number) === during) repeated.push(name);
      continue;
    }
    numbers.set(number, during);
    if (process < last.process || (process === last.process && number < last.number)) disordered.push(name);
    else last = arrival;
    if (life.rejected.has(number)) refusedButSent.push(name);
    else if (!resolvedOf.get(process)!.has(number)) unheard++;
  }
  return {
    resolved: lives.reduce((sum, { resolved }) => sum + resolved.length, 0),
    arrived: arrivals.length,
    unheard,
    missing: lives.flatMap(({ process, resolved }) =>
      resolved.filter((number) => !seen.get(process)?.has(number)).map((number) => `${process}/${number}`),
    ),
    twice,
    repeated,
    disordered,
    damaged,
    refusedButSent,
    books: lives.flatMap(wrongBooks),
    wrong: lives.flatMap(({ process, wrong, crash }) =>
      [...wrong, ...(crash === undefined ? [] : [crash])].map((text) => `process ${process}: ${text}`),
    ),
  };
}

function wrongBooks({ process, recovered, found, atLeast }: Life): string[] {
  if (recovered === undefined) return [];
  if (found !== undefined && recovered !== found) {
    return [`process ${process} has recovered ${recovered}, and ${found} were on disk`];
  }
  return recovered < atLeast
    ? [`process ${process} has recovered ${recovered}, and ${atLeast} must have been on disk`]
    : [];
}

/**
 * What of it breaks a promise.
 *
 * @param once each message may be there once only: a stream sees to that, subscribers get again what was not confirmed
 */
export function broken(verdict: Verdict, once: boolean): string[] {
  const short = (list: readonly string[], between: string) =>
    `${list.slice(0, SHOWN).join(between)}${list.length > SHOWN ? `${between}…` : ""}`;
  const some = (list: readonly string[]) => `${list.length} (${short(runs(list), ", ")})`;
  const texts = (list: readonly string[]) => `${list.length} (${short(list, "; ")})`;
  const { missing, twice, repeated, disordered, damaged, refusedButSent, books, wrong } = verdict;
  return [
    missing.length > 0 && `said to be on disk, and lost: ${some(missing)}`,
    once && twice.length > 0 && `stored twice: ${some(twice)}`,
    repeated.length > 0 && `sent twice by one process, whose link was not lost: ${some(repeated)}`,
    disordered.length > 0 && `out of order: ${some(disordered)}`,
    damaged.length > 0 && `not as they were published: ${some(damaged)}`,
    refusedButSent.length > 0 && `rejected, and sent nevertheless: ${some(refusedButSent)}`,
    books.length > 0 && `the books: ${texts(books)}`,
    wrong.length > 0 && `${texts(wrong)}`,
  ].filter((line) => typeof line === "string");
}

/** Messages that follow each other in short: `7/1–804`. */
function runs(names: readonly string[]): string[] {
  const found: { process: string; from: number; to: number }[] = [];
  for (const name of names) {
    const [process, number] = name.split("/");
    const last = found.at(-1);
    if (last?.process === process && last.to + 1 === Number(number)) last.to++;
    else found.push({ process, from: Number(number), to: Number(number) });
  }
  return found.map(({ process, from, to }) => `${process}/${from}${to > from ? `–${to}` : ""}`);
}

/** Verdicts on parts of a run as one. */
export function together(verdicts: readonly Verdict[]): Verdict {
  const count = (key: "resolved" | "arrived" | "unheard") => verdicts.reduce((sum, one) => sum + one[key], 0);
  const list = (
    key: "missing" | "twice" | "repeated" | "disordered" | "damaged" | "refusedButSent" | "books" | "wrong",
  ) => verdicts.flatMap((one) => one[key]);
  return {
    resolved: count("resolved"),
    arrived: count("arrived"),
    unheard: count("unheard"),
    missing: list("missing"),
    twice: list("twice"),
    repeated: list("repeated"),
    disordered: list("disordered"),
    damaged: list("damaged"),
    refusedButSent: list("refusedButSent"),
    books: list("books"),
    wrong: list("wrong"),
  };
}
