import { sumOf } from "../judge.js";
import type { Run } from "./summary.js";

/** The run as one JSON object. */
export function jsonReport({ environment, seconds, results }: Run): object {
  return { environment, seconds: Math.round(seconds), ...sumOf(results), results };
}
