import { type PurgeOptions, type PurgeReport, purgeOutbox } from "../../outbox/index.js";
import { WrongUse } from "./ended.js";
import { countOf, size } from "./figures.js";
import { describeDamaged } from "./inspect.js";
import { makeBar } from "./progress-bar.js";

/** Options of `holdfast outbox purge`. */
export interface PurgeCommandOptions {
  all?: boolean;
  /** What cannot be read. */
  damaged?: boolean;
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
  const { all = false, damaged = false, parked = false, olderThan, subject, yes = false } = given;
  const some = parked || olderThan !== undefined || subject !== undefined;
  if ([all, damaged, some].filter(Boolean).length !== 1) {
    throw new WrongUse(
      "say what is to be removed: --all, or --damaged, or --parked, --older-than, --subject, alone or together",
    );
  }
  const what: PurgeOptions = all ? { all } : damaged ? { damaged } : { parked, olderThan, subject };
  const bar = makeBar("purge", "batches");
  const report = await purgeOutbox(path, { ...what, dryRun: !yes, progress: bar.update }).finally(bar.stop);
  return describePurge(report, yes);
}

/** @param done it was removed; else it would be */
export function describePurge({ messages, bytes, unreadable }: PurgeReport, done: boolean): string {
  if (messages === 0 && unreadable.length === 0) return "there is nothing to be removed";
  const broken =
    unreadable.length === 0 ? [] : [`${countOf(unreadable.length, "record")} that cannot be read`];
  const them = [countOf(messages, "message"), size(bytes), ...broken].join(", ");
  const lines = unreadable.length === 0 ? [] : describeDamaged(unreadable);
  const end = done ? `removed: ${them}` : `would be removed: ${them}; nothing was done, add --yes to remove`;
  return [...lines, end].join("\n");
}
