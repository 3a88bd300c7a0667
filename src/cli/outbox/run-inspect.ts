import { inspectOutbox } from "../../outbox/index.js";
import { print } from "../action.js";
import { safeJson } from "../safe.js";
import { describeOutbox, needsAttention } from "./inspect.js";
import { makeBar } from "./progress-bar.js";

/** Options of `holdfast outbox inspect`. */
export interface InspectCommandOptions {
  json?: boolean;
  subjects?: boolean;
}

/** Prints what an outbox holds; returns the exit code. Rejects as `inspectOutbox()` does. */
export async function runInspect(path: string, { json, subjects }: InspectCommandOptions): Promise<number> {
  const bar = makeBar("inspect");
  const report = await inspectOutbox(path, { subjects, progress: bar.update }).finally(bar.stop);
  print(json === true ? safeJson(report, 2) : describeOutbox(report, Date.now()));
  return needsAttention(report) ? 1 : 0;
}
