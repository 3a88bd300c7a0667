import { openSync, writeSync } from "node:fs";

/** What a process writes down, one line each, while it happens. */
export type Line =
  /** It is about to open the outbox. */
  | { readonly is: "opening" }
  /** It has opened it; how many messages it has found there, and how many ms that took. */
  | { readonly is: "opened"; readonly recovered: number; readonly ms: number }
  /** It has a link, or has none any more. */
  | { readonly is: "link"; readonly up: boolean }
  /** Messages up to this number may have been handed to `publishDurable()`. */
  | { readonly is: "trying"; readonly upTo: number }
  /** It has resolved for this message. */
  | { readonly is: "resolved"; readonly number: number }
  /** It has rejected this one, with this code. */
  | { readonly is: "rejected"; readonly number: number; readonly code: string }
  /** A commit begins that stores and removes so many batches. */
  | { readonly is: "commit"; readonly stores: number; readonly removes: number }
  /** It has ended. */
  | { readonly is: "committed"; readonly well: boolean }
  /** So many messages are held, and so many were confirmed so far. */
  | { readonly is: "held"; readonly messages: number; readonly confirmed: number }
  /** Something is not as it must be. */
  | { readonly is: "wrong"; readonly text: string };

/** Lines of a file, in the kernel's hands when `write` returns: SIGKILL cannot take back what was written. */
export class Recorder {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** Reads a record; its last line may have been cut off by the death of its process. */
export function readRecord(text: string): Line[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Where a process was when it died. */
export type Where =
  | "before it began"
  | "opening"
  | "opened, without a link"
  | "committing what was published"
  | "committing removals"
  | "committing both"
  | "publishing, between commits"
  | "replaying, between commits"
  | "idle";

/** What follows from a record. */
export interface Told {
  readonly resolved: readonly number[];
  readonly rejected: ReadonlyMap<number, string>;
  /** Messages from 1 to this may have been handed over. */
  readonly tried: number;
  /** Undefined when it has not come that far. */
  readonly recovered: number | undefined;
  /** How long opening took, ms. */
  readonly opening: number | undefined;
  readonly confirmed: number;
  readonly commits: number;
  readonly wrong: readonly string[];
  readonly where: Where;
}

/** What a process has told. */
export function told(lines: readonly Line[]): Told {
  const resolved: number[] = [];
  const rejected = new Map<number, string>();
  const wrong: string[] = [];
  let tried = 0;
  let commits = 0;
  let opening = false;
  let opened: Extract<Line, { is: "opened" }> | undefined;
  let linked = false;
  let commit: Extract<Line, { is: "commit" }> | undefined;
  let held = 0;
  let confirmed = 0;
  for (const line of lines) {
    if (line.is === "opening") opening = true;
    else if (line.is === "opened") {
      opened = line;
      held = line.recovered;
    } else if (line.is === "link") linked = line.up;
    else if (line.is === "trying") tried = line.upTo;
    else if (line.is === "resolved") resolved.push(line.number);
    else if (line.is === "rejected") rejected.set(line.number, line.code);
    else if (line.is === "commit") commit = line;
    else if (line.is === "committed") {
      commit = undefined;
      commits++;
    } else if (line.is === "held") {
      held = line.messages;
      confirmed = line.confirmed;
    } else wrong.push(line.text);
  }
  const where = (): Where => {
    if (!opening) return "before it began";
    if (opened === undefined) return "opening";
    if (commit !== undefined) {
      if (commit.removes === 0) return "committing what was published";
      return commit.stores === 0 ? "committing removals" : "committing both";
    }
    if (tried > 0) return "publishing, between commits";
    if (!linked) return "opened, without a link";
    return held > 0 ? "replaying, between commits" : "idle";
  };
  return {
    resolved,
    rejected,
    tried,
    recovered: opened?.recovered,
    opening: opened?.ms,
    confirmed,
    commits,
    wrong,
    where: where(),
  };
}
