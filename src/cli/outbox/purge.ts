import { type PurgeOptions, purgeOutbox } from "../../outbox/index.js";
import { WrongUse } from "./ended.js";
import { countOf, size } from "./figures.js";
import { makeBar } from "./progress-bar.js";

/** Options of `holdfast outbox purge`. */
export interface PurgeCommandOptions {
  all?: boolean;
  parked?: boolean;
  /** ms. */
  olderThan?: number;
  subject?: string;
  yes?: boolean;
}

/**
 * Removes messages, or says what it would remove; returns what is to be printed. Rejects as `purgeOutbox()` does.
 *
 * @throws WrongUse
 */
export async function runPurge(path: string, given: PurgeCommandOptions): Promise<string> {
  const { all = false, parked, olderThan, subject, yes = false } = given;
  const some = parked === true || olderThan !== undefined || subject !== undefined;
  if (all === some) {
    throw new WrongUse(
      "say what is to be removed: --all, or --parked, --older-than, --subject, alone or together",
    );
  }
  const what: PurgeOptions = { ...(parked === true && { parked }), olderThan, subject, dryRun: !yes };
  const bar = makeBar("purge", "batches");
  const scope = all ? { all, dryRun: !yes } : what;
  const report = await purgeOutbox(path, { ...scope, progress: bar.update }).finally(bar.stop);
  const { messages, bytes, damaged } = report;
  if (messages === 0 && damaged === 0) return "there is nothing to be removed";
  const broken = damaged === 0 ? "" : `, and ${countOf(damaged, "record")} that cannot be read`;
  const them = `${countOf(messages, "message")}, ${size(bytes)}${broken}`;
  return yes ? `removed: ${them}` : `would be removed: ${them}; nothing was done, add --yes to remove`;
}
