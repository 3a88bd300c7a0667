import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ThroughputCase } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Amount } from "../processes/messages.js";
import { untilReleased } from "../processes/role.js";
import { cpu, NAMES, rate } from "../report/figures.js";
import { table } from "../report/tables.js";
import { measureThroughput } from "../throughput.js";
import { selfTimes } from "./self-time.js";
import { place } from "./source.js";

/** Long, so that starting and warming up are a small part of it. */
const AMOUNT: Amount = { publishMs: 4000, receiveMessages: 3_000_000 };
const INTERVAL_US = 250;
const ROWS = 25;

/** What is to be profiled. */
export interface ProfileRequest {
  readonly of: ThroughputCase;
  readonly client: ClientName;
  /** Keep V8 from inlining: slower, but each function is seen for itself. */
  readonly apart: boolean;
}

/** Runs a case once with one client under `--cpu-prof`; resolves with its top functions by self time, as text. */
export async function profileCase({ of, client, apart }: ProfileRequest, server: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-profile-"));
  const execArgv = ["--cpu-prof", `--cpu-prof-dir=${dir}`, `--cpu-prof-interval=${INTERVAL_US}`];
  if (apart) execArgv.push("--no-turbo-inlining");
  const sample = await measureThroughput({ of, client, server, amount: AMOUNT, execArgv });
  const file = join(dir, readdirSync(dir).find((name) => name.endsWith(".cpuprofile"))!);
  const rows = table(["function", "self", "share of busy time", "where"], [0, 3]);
  const times = selfTimes(JSON.parse(readFileSync(file, "utf8")), [untilReleased.name]);
  for (const { frame, seconds, share } of times.slice(0, ROWS)) {
    rows.push([
      frame.functionName || "(anonymous)",
      `${Math.round(seconds * 1000)} ms`,
      `${(share * 100).toFixed(1)} %`,
      place(frame),
    ]);
  }
  const cost = sample.cpuSeconds / sample.messages;
  return [
    `${of.name}, ${NAMES[client]}: ${rate(sample.messages / sample.seconds)} messages/s, ${cpu(cost)} CPU per message, while profiled`,
    rows.toString(),
    `The whole profile, for Chrome's DevTools or speedscope: ${file}`,
  ].join("\n");
}
