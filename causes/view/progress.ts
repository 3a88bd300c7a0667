import pc from "picocolors";
import { duration } from "../../demo/view/figures.js";
import type { Result, Verdict } from "../judge.js";
import type { RunListener } from "../play.js";
import type { Scenario } from "../scenario.js";

const NAME_WIDTH = 34;
const KIND_WIDTH = 18;
const TOLD_WIDTH = 44;

const PAINT: Readonly<Record<Verdict, (text: string) => string>> = {
  right: pc.green,
  wrong: pc.yellow,
  "wrong-side": pc.red,
  "no-cause": pc.red,
  crashed: pc.red,
};

/** A line for each scenario that has ended; below it, what is wrong with what was told. */
export class Progress implements RunListener {
  readonly #write: (text: string) => void;
  readonly #digits: number;

  constructor(scenarios: readonly Scenario[], write: (text: string) => void) {
    this.#write = write;
    this.#digits = `${scenarios.length}`.length;
    const head = ["scenario".padEnd(NAME_WIDTH), "what it is".padEnd(KIND_WIDTH), "what was told"].join("");
    write(
      `${pc.bold("Does the client say why?")}\n${scenarios.length} provoked ends, real servers\n\n` +
        `${"".padEnd(this.#digits + 1)}${pc.dim(head)}\n`,
    );
  }

  ended(result: Result, index: number): void {
    const { name, kind, told, verdict, ms } = result;
    const number = pc.dim(`${index + 1}`.padStart(this.#digits));
    const said = told === undefined ? "–" : `${told.kind} (${told.code})`;
    const mark = verdict === "right" ? "✔" : "✖";
    const paint = PAINT[verdict];
    this.#write(
      `${number} ${name.padEnd(NAME_WIDTH)}${kind.padEnd(KIND_WIDTH)}${paint(`${mark} ${said}`.padEnd(TOLD_WIDTH))}${pc.dim(duration(ms))}\n`,
    );
    for (const line of complaint(result)) this.#write(`${"".padEnd(this.#digits + 3)}${line}\n`);
  }
}

/** What is wrong, and what was told. */
export function complaint({ verdict, why, does, told }: Result): string[] {
  if (verdict === "right") return [];
  const lines = [PAINT[verdict](`${verdict}: ${why}`), pc.dim(does)];
  if (told === undefined) return lines;
  return [...lines, pc.dim(told.message), pc.dim(told.evidence)].filter((line) => line !== pc.dim(""));
}
