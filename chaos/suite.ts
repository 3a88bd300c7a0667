import type { Cleanup } from "../demo/cleanup.js";
import { type Account, settleAccount } from "./account.js";
import type { Evidence, Subject } from "./evidence.js";
import type { Trouble } from "./faults/catalogue.js";
import type { Options } from "./options.js";
import { runTrial } from "./trial.js";
import { brokenPromises } from "./verdict.js";

/** Bytes of a payload. */
export const PAYLOAD = 128;

/** What came of one trial: an account, or a crash of the trial itself. */
export type Result = { readonly trouble: Trouble; readonly subject: Subject } & (
  | { readonly account: Account; readonly broken: readonly string[]; readonly evidence: Evidence }
  | { readonly crash: string }
);

/** Whether Holdfast kept its promises, or it is another client; a crash is a failure whoever it was. */
export function failed(result: Result): boolean {
  return "crash" in result || result.broken.length > 0;
}

/** Who wants to know how it goes. */
export interface SuiteListener {
  began(trouble: Trouble, index: number): void;
  ended(result: Result): void;
  finished(trouble: Trouble): void;
}

/** Puts every subject through every trouble, one after the other. */
export async function runSuite(
  options: Options,
  listener: SuiteListener,
  cleanup: Cleanup,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, trouble] of options.troubles.entries()) {
    listener.began(trouble, index);
    for (const subject of options.subjects) {
      const result = await tryOnce(trouble, subject, options, cleanup);
      results.push(result);
      listener.ended(result);
    }
    listener.finished(trouble);
  }
  return results;
}

async function tryOnce(
  trouble: Trouble,
  subject: Subject,
  { seconds, rate, seed }: Options,
  cleanup: Cleanup,
): Promise<Result> {
  // The same luck whether it is tried alone or among others, and for every client.
  const settings = { seconds, rate, seed: mixed(seed, trouble.name), size: PAYLOAD };
  try {
    const evidence = await runTrial(trouble, subject, settings, cleanup);
    const account = settleAccount(evidence);
    const broken = subject.client === "holdfast" ? brokenPromises(account, evidence) : [];
    return { trouble, subject, account, broken, evidence };
  } catch (error) {
    // While everything is being ended, everything fails; that is no result.
    if (cleanup.begun) await new Promise(() => {});
    return { trouble, subject, crash: error instanceof Error ? error.message : String(error) };
  }
}

/** A seed of its own for each name. */
function mixed(seed: number, name: string): number {
  let hash = seed >>> 0;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
