import type { Cleanup } from "../../demo/cleanup.js";
import { type ConsumerOptions, consumerCommand } from "./options.js";
import { ConsumerRun, type RunListener } from "./run.js";
import { broken, type Disruption, type Evidence, judge, type Verdict } from "./verdict.js";

/** Does what was asked for, and returns the exit code. */
export async function consumer(options: ConsumerOptions, cleanup: Cleanup): Promise<number> {
  const write = (text: string) => void process.stdout.write(text);
  const began = performance.timeOrigin + performance.now();
  const events: string[] = [];
  const listener: RunListener = {
    disrupted: ({ what, at, whole }, handled) => {
      if (options.json) return;
      write(
        `  ${((at - began) / 1000).toFixed(1)} s  ${what}; whole after ${((whole - at) / 1000).toFixed(1)} s, ${handled} handled\n`,
      );
    },
    event: (at, text) => {
      events.push(`${((at - began) / 1000).toFixed(2)} s ${text}`);
    },
  };
  if (!options.json)
    write(`${options.messages} messages, ${options.disruptions} disruptions, seed ${options.seed}\n`);
  const evidence = await new ConsumerRun(options, listener).run(cleanup);
  await cleanup.run();
  const verdict = judge(evidence);
  const promises = broken(verdict);
  const seconds = (performance.timeOrigin + performance.now() - began) / 1000;
  if (options.json) {
    const { disruptions } = evidence;
    write(
      `${JSON.stringify({ command: consumerCommand(options), seconds, verdict, broken: promises, disruptions, events })}\n`,
    );
  } else {
    write(report(evidence, verdict, seconds, promises));
    if (promises.length > 0) write(`\n${events.join("\n")}\n`);
    write(`again: ${consumerCommand(options)}\n`);
  }
  return promises.length > 0 ? 1 : 0;
}

function report(evidence: Evidence, verdict: Verdict, seconds: number, promises: readonly string[]): string {
  const { messages, poisoned, journal, acks, deadLetters, disruptions } = evidence;
  const { unhandled, handledAgain, ackedAgain, ackedTwice, longestPause } = verdict;
  const deletions = disruptions.filter((one: Disruption) => one.deletes).length;
  const counted = new Set(acks.map(({ sequence }) => sequence)).size;
  return [
    "",
    `handled at least once   ${messages - poisoned.size - unhandled.length} of ${messages - poisoned.size}; ${handledAgain} more than once, by processes that could not know (${journal.length} tries were written down)`,
    `acknowledged            ${messages - Math.max(0, verdict.unacked)} of ${messages} are behind the consumer's floor; servers have told of ${counted}, poisoned ones are ended otherwise: ${ackedAgain} again after a server or the consumer (${deletions} times) was gone, ${ackedTwice.length} twice for no such reason`,
    `dead letters            ${deadLetters.length} for ${poisoned.size} poisoned messages`,
    `longest pause           ${Math.round(longestPause.ms)} ms with all whole, after: ${longestPause.after}`,
    `took                    ${seconds.toFixed(0)} s`,
    ...promises.map((one) => `BROKEN: ${one}`),
    "",
  ].join("\n");
}
