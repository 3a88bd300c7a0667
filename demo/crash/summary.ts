import Table from "cli-table3";
import pc from "picocolors";
import type { Versions } from "../versions.js";
import { count, duration } from "../view/figures.js";
import { wrap } from "../view/wrap.js";
import { type Account, brokenPromises } from "./account.js";
import { type CrashOptions, crashCommandLine } from "./options.js";
import type { CrashEvidence } from "./run.js";

/** How a run ended: with what it has shown, or with the reason why it did not get to its end. */
export type CrashOutcome = CrashEvidence | { readonly crash: string };

/** What was not as promised, in words; empty when all was. */
export function complaints(outcome: CrashOutcome): string[] {
  if ("crash" in outcome) return [outcome.crash];
  return [...brokenPromises(outcome.account), ...outcome.failures];
}

/** The end of the demo for people. */
export function crashSummary(
  outcome: CrashOutcome,
  options: CrashOptions,
  versions: Versions,
  columns: number,
): string {
  const wrong = complaints(outcome);
  const width = widthOf(columns);
  const parts = "crash" in outcome ? [] : [table(outcome), pc.dim(footnote(options, width))];
  parts.push(...wrong.map((text) => pc.red(wrap(`✖ ${text}`, width))), verdict(outcome, wrong, width));
  parts.push(
    `${versions.servers} · Node ${versions.node} · holdfast ${versions.holdfast}\nagain: ${pc.cyan(crashCommandLine(options))}`,
  );
  return `${parts.join("\n\n")}\n`;
}

/** The end of the demo for programs: one object. */
export function crashReport(outcome: CrashOutcome, options: CrashOptions, versions: Versions): object {
  const broken = complaints(outcome);
  const { kills, rate, size, seed } = options;
  const meta = { date: new Date().toISOString(), versions, kills, rate, size, seed };
  if ("crash" in outcome) return { ok: false, broken, meta };
  const { account, failures: _failures, ...figures } = outcome;
  return { ok: broken.length === 0, ...account, ...figures, broken, meta };
}

function table({ account, kills, recovered, mostHeld, outageMs, drainedMs }: CrashEvidence): string {
  const bad = (value: number) => (value === 0 ? pc.green("0") : pc.red(count(value)));
  const printed = new Table({
    colAligns: ["left", "right"],
    style: { head: [], border: [], compact: true },
  });
  printed.push(
    ["publishDurable() resolved ¹", count(account.resolved)],
    ["messages in the stream", count(account.stored)],
    [pc.bold("resolved, and missing in the stream"), bad(account.missing)],
    [pc.bold("in the stream twice"), bad(account.twice)],
    ["in the stream out of order", bad(account.outOfOrder)],
    ["in the stream, killed before its promise resolved ²", count(account.unasked)],
    ["publisher killed by SIGKILL", count(kills)],
    ["recovered from disk by the next life, all together", count(recovered)],
    ["most on disk", count(mostHeld)],
    ["all servers gone for", duration(outageMs)],
    ["back until nothing of it was on disk", drainedMs > 0 ? duration(drainedMs) : "never"],
  );
  return printed.toString();
}

/** Columns of text: lines that are too long are not easily read. */
function widthOf(columns: number): number {
  return Math.min(columns, 110) - 1;
}

function footnote({ rate, size }: CrashOptions, width: number): string {
  const notes = [
    `¹ ${count(rate)} msg/s of ${count(size)} B in mode "always": a promise resolves when its message is on disk, and was told to the parent through a pipe in the same turn.`,
    "² On disk, and nobody was left to hear of it: it may arrive, once. Nothing else may.",
  ];
  return notes.map((note) => wrap(note, width)).join("\n");
}

function verdict(outcome: CrashOutcome, wrong: readonly string[], width: number): string {
  const said = (mark: string, text: string) => wrap(`${mark} ${text}`, width).replace(mark, "");
  if ("crash" in outcome) return pc.red(`✖${said("✖", "The demo did not get to its end.")}`);
  const { account, kills } = outcome;
  if (wrong.length > 0) return `${pc.red("✖")}${said("✖", `The promise was broken: ${lost(account)}.`)}`;
  const done = `After ${count(kills)} kills, each of ${count(account.resolved)} resolved messages is in the stream exactly once, in order.`;
  return `${pc.green("✔")}${said("✔", done)}`;
}

function lost({ resolved, missing, twice }: Account): string {
  return `of ${count(resolved)} resolved messages ${count(missing)} are missing, and ${count(twice)} are there twice`;
}
