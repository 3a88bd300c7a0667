import type { Cause, CauseKind } from "../src/index.js";
import type { Ended, Scenario, Side } from "./scenario.js";
import { blamesWrongSide } from "./sides.js";

/** What became of a scenario. */
export type Verdict =
  /** A right kind with a right code, evidence and advice. */
  | "right"
  /** Another kind or code, or no advice. */
  | "wrong"
  /** Another kind, which blames somebody who has not done it. */
  | "wrong-side"
  /** Nothing was told, or nothing of why. */
  | "no-cause"
  /** It could not be played. */
  | "crashed";

/** What the product said, as far as it is kept: its first fact, and its first advice. */
export interface Told {
  readonly kind: CauseKind;
  readonly code: Cause["code"];
  readonly message: string;
  readonly evidence: string;
  readonly advice: string;
  readonly docs: string;
}

/** A scenario that was played. */
export interface Result {
  readonly name: string;
  readonly does: string;
  readonly kind: CauseKind;
  readonly codes: readonly Cause["code"][];
  readonly side: Side;
  readonly also?: Scenario["also"];
  readonly verdict: Verdict;
  /** What is wrong with what was told, or why it could not be played; empty for what is right. */
  readonly why: string;
  readonly told?: Told;
  /** How long it took. */
  readonly ms: number;
}

/** Share of scenarios that have to be told right. */
export const WANTED = 0.95;

/** Judges what was told; `ended` is undefined when nothing was. */
export function judge(scenario: Scenario, ended: Ended | undefined, ms: number): Result {
  const cause = ended?.cause;
  if (cause === undefined) return result(scenario, "no-cause", "nothing was told", ms);
  const told: Told = {
    kind: cause.kind,
    code: cause.code,
    message: cause.message,
    evidence: cause.evidence?.[0] ?? "",
    advice: cause.advice?.[0] ?? "",
    docs: cause.docs ?? "",
  };
  const [verdict, why] = weigh(scenario, told);
  return result(scenario, verdict, why, ms, told);
}

/** A scenario that could not be played. */
export function crashed(scenario: Scenario, error: unknown, ms: number): Result {
  return result(scenario, "crashed", error instanceof Error ? error.message : String(error), ms);
}

function weigh({ kind, also, codes, side }: Scenario, told: Told): [Verdict, string] {
  if (!told.kind || !told.code || !told.message) return ["no-cause", "kind, code or message is missing"];
  // What the application does itself needs neither evidence nor advice.
  const own = told.kind === "client";
  if (!own && told.evidence === "") return ["no-cause", "no evidence"];
  const right = told.kind === kind || told.kind === also?.kind;
  if (!right && blamesWrongSide(told.kind, side)) {
    return ["wrong-side", `it is ${kind}, and ${told.kind} does not blame the ${side}`];
  }
  if (!right) return ["wrong", `it is ${kind}, not ${told.kind}`];
  if (!codes.includes(told.code)) return ["wrong", `the code is ${codes.join(" or ")}, not ${told.code}`];
  if (!own && (told.advice === "" || told.docs === "")) return ["wrong", "no advice"];
  return ["right", ""];
}

function result(scenario: Scenario, verdict: Verdict, why: string, ms: number, told?: Told): Result {
  const { name, does, kind, codes, side, also } = scenario;
  const rounded = Math.round(ms);
  return { name, does, kind, codes, side, ...(also && { also }), verdict, why, told, ms: rounded };
}

/** How many there are of each, and whether that is good enough. */
export interface Sum {
  readonly all: number;
  readonly right: number;
  readonly wrongSide: number;
  readonly noCause: number;
  readonly kept: boolean;
}

/** Counts results; none at all are not good enough. */
export function sumOf(results: readonly Result[]): Sum {
  const count = (verdict: Verdict) => results.filter((one) => one.verdict === verdict).length;
  const [all, right, wrongSide, noCause] = [
    results.length,
    count("right"),
    count("wrong-side"),
    count("no-cause"),
  ];
  return {
    all,
    right,
    wrongSide,
    noCause,
    kept: all > 0 && right >= WANTED * all && wrongSide === 0 && noCause === 0,
  };
}
