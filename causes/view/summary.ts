import pc from "picocolors";
import { describeEnvironment, type Environment } from "../../bench/environment.js";
import { type Result, type Sum, sumOf } from "../judge.js";

/** A run that is over. */
export interface Run {
  readonly environment: Environment;
  readonly seconds: number;
  readonly results: readonly Result[];
}

/** "63 of 65 right (96.9 %); none without a cause; none that blames the wrong side." */
export function verdict({ all, right, noCause, wrongSide }: Sum): string {
  const share = all === 0 ? "" : ` (${((100 * right) / all).toFixed(1)} %)`;
  const none = (count: number, what: string) => `${count === 0 ? "none" : count} ${what}`;
  return `${right} of ${all} right${share}; ${none(noCause, "without a cause")}; ${none(wrongSide, `that ${wrongSide > 1 ? "blame" : "blames"} the wrong side`)}.`;
}

/** The end of a run, for people. */
export function summary({ environment, seconds, results }: Run): string {
  const sum = sumOf(results);
  const crashed = results.filter((one) => one.verdict === "crashed").map(({ name }) => name);
  const text = `${sum.kept ? pc.green("✔") : pc.red("✖")} ${verdict(sum)}`;
  const lines = [pc.bold(text)];
  if (crashed.length > 0) lines.push(pc.red(`could not be played: ${crashed.join(", ")}`));
  lines.push(pc.dim(`${describeEnvironment(environment)}\n${seconds.toFixed(0)} s`));
  return `\n${lines.join("\n")}\n`;
}
