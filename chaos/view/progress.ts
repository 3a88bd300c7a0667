import pc from "picocolors";
import { median } from "../../bench/statistics.js";
import { count, duration } from "../../demo/view/figures.js";
import type { Account } from "../account.js";
import type { Trouble } from "../faults/catalogue.js";
import { commandLine, type Options } from "../options.js";
import type { Result, SuiteListener } from "../suite.js";
import { nameOf, several } from "./figures.js";

const NAME_WIDTH = 26;
const CELL_WIDTH = 34;
/** A trial's own seconds: servers and processes have to start, and all has to come to rest. */
const OVERHEAD = 2.5;
/** Enough to see what it is about. */
const SHOWN_LOST = 10;
const SHOWN_EVENTS = 8;

/** Says nothing: `--json`. */
export class Silence implements SuiteListener {
  began(): void {}
  ended(): void {}
  finished(): void {}
}

/** A line for each fault, which grows while its trials come to their ends; below it, what went wrong. */
export class Progress implements SuiteListener {
  readonly #options: Options;
  readonly #write: (text: string) => void;
  #complaints: string[] = [];

  constructor(options: Options, write: (text: string) => void) {
    this.#options = options;
    this.#write = write;
    const { troubles, subjects, seconds, rate, seed } = options;
    const lasting = (trouble: Trouble) =>
      Math.max(seconds, ...trouble.faults.map(({ hold }) => hold / 1000 + 2));
    const all = troubles.reduce((sum, trouble) => sum + (lasting(trouble) + OVERHEAD) * subjects.length, 0);
    write(
      `${pc.bold("What becomes of published messages, whatever happens to the link?")}\n` +
        `${several(troubles.length, "fault")} · ${count(rate)} msg/s · seed ${seed} · about ${aboutMinutes(all)}\n\n` +
        `${pc.dim(`${"".padEnd(NAME_WIDTH)}${subjects.map((each) => nameOf(each).padEnd(CELL_WIDTH)).join("")}`)}\n`,
    );
  }

  began({ name }: Trouble, index: number): void {
    const number = `${index + 1}`.padStart(`${this.#options.troubles.length}`.length);
    this.#write(`${pc.dim(number)} ${name.padEnd(NAME_WIDTH - 1 - number.length)}`);
    if (name.length >= NAME_WIDTH - 1 - number.length) this.#write(`\n${"".padEnd(NAME_WIDTH)}`);
  }

  ended(result: Result): void {
    const text = "crash" in result ? "✖ crashed" : cell(result.account, result.broken.length > 0);
    const padded = `${text.padEnd(CELL_WIDTH - 2)}  `;
    this.#write(paint(result)(padded));
    this.#complaints.push(...complaints(result, this.#options));
  }

  finished(): void {
    this.#write("\n");
    for (const line of this.#complaints) this.#write(`${line}\n`);
    this.#complaints = [];
  }
}

/** "✔ 3×  0 lost  12 dup  44 ms". */
function cell({ client, injected, lost, copies, recovery }: Account, broken: boolean): string {
  const mark = broken ? "✖" : client === "holdfast" ? "✔" : "·";
  const back = recovery.length === 0 ? "" : `  ${duration(median(recovery))}`;
  const twice = copies === 0 ? "" : `  ${count(copies)} dup`;
  return `${mark} ${injected}×  ${count(lost.length)} lost${twice}${back}`;
}

function paint(result: Result): (text: string) => string {
  if ("crash" in result || result.broken.length > 0) return pc.red;
  if (result.subject.client === "holdfast") return pc.green;
  return result.account.lost.length > 0 ? pc.yellow : (text) => text;
}

/** What went wrong, in detail: enough to begin looking for the cause. */
export function complaints(result: Result, options: Options): string[] {
  const { trouble, subject } = result;
  const again = pc.cyan(commandLine(options, trouble.name));
  const head = `  ${nameOf(subject)}, ${trouble.name}`;
  if ("crash" in result)
    return [pc.red(`${head}: the trial crashed: ${result.crash}`), `    again: ${again}`];
  if (result.broken.length === 0) return [];
  const { account, evidence } = result;
  const lines = result.broken.map((text) => pc.red(`${head}: ${text}`));
  const lost = account.lost.slice(0, SHOWN_LOST).map(({ id, at }) => `${id} (${seconds(at)})`);
  if (lost.length > 0) {
    const more =
      account.lost.length > SHOWN_LOST ? ` and ${count(account.lost.length - SHOWN_LOST)} more` : "";
    lines.push(`    lost: ${lost.join(", ")}${more}`);
  }
  const injected = evidence.injections.map(({ at }) => seconds(at - evidence.startedAt)).join(", ");
  lines.push(`    injected at ${injected}`);
  for (const { at, word, cause, code, detail, accepted, settled } of evidence.words.slice(-SHOWN_EVENTS)) {
    const why = cause === undefined ? "" : `, ${cause} ${code}`;
    const books = settled === undefined ? "" : `, ${settled} of ${accepted} settled`;
    lines.push(
      `    ${seconds(at - evidence.startedAt)}  ${word}${why}${books}${detail ? `, ${detail}` : ""}`,
    );
  }
  for (const error of evidence.publisher.errors.slice(-SHOWN_EVENTS)) lines.push(`    error: ${error}`);
  if (account.books) lines.push(`    books: ${JSON.stringify(account.books)}`);
  lines.push(`    again: ${again}`);
  return lines;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function aboutMinutes(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} minutes`;
}
