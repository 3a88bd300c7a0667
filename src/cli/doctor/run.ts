import { setTimeout as sleep } from "node:timers/promises";
import {
  type DescribeReportOptions,
  type DoctorOptions,
  type DoctorReport,
  describeReport,
  doctor,
} from "../../doctor/index.js";
import { wrapped } from "../../doctor/layout.js";
import { print, say } from "../action.js";
import { paintFor, plain } from "../colours.js";
import { WrongUse } from "../outbox/ended.js";
import { Interrupt } from "../outbox/interrupt.js";
import { quitKeys } from "../quit-keys.js";
import { safeJson } from "../safe.js";
import { changeLines, changesBetween } from "./changes.js";
import { choose, type DoctorChoice } from "./choose.js";
import { forCommand } from "./for-command.js";
import { makeProgress } from "./progress.js";

/** Options of `holdfast doctor`. */
export interface DoctorCommandOptions extends DoctorChoice {
  monitor?: string[];
  payload?: number;
  jetstream?: boolean;
  domain?: string;
  probes: number;
  timeout: number;
  gossip: boolean;
  watch?: number | boolean;
  verbose?: boolean;
  json?: boolean;
}

/** s between looks. */
const EVERY = 10;
const CODES = { healthy: 0, warnings: 1, broken: 2 } as const;

/**
 * Runs `holdfast doctor`.
 *
 * Rejects with `WrongUse` for whatever stands in its way: exit code 1 is that of a verdict.
 *
 * @returns the exit code
 */
export async function runDoctor(given: readonly string[], options: DoctorCommandOptions): Promise<number> {
  try {
    return await examine(given, options);
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    throw Object.assign(
      new WrongUse(inFlags(message, options), { cause: error }),
      code === undefined ? {} : { code },
    );
  }
}

/** Names of options in the words of the command, where it was the command that has set them. */
function inFlags(message: string, { tlsCa, tlsCert, tlsKey, monitor, domain }: DoctorCommandOptions): string {
  const flags: readonly (readonly [unknown, string, string])[] = [
    [tlsCa, "tls.caFile", "--tls-ca"],
    [tlsCert, "tls.certFile", "--tls-cert"],
    [tlsKey, "tls.keyFile", "--tls-key"],
    [tlsCert ?? tlsKey, "tls.key", "--tls-key"],
    [tlsCert ?? tlsKey, "tls.cert", "--tls-cert"],
    [monitor, "monitor", "--monitor"],
    [domain, "jetstream.domain", "--domain"],
  ];
  const named = flags
    .filter(([given]) => given !== undefined)
    .reduce((text, [, option, flag]) => text.replaceAll(`option "${option}"`, flag), message);
  return named.replace(/^doctor\(\): /, "").replace(/(--tls-\w+) or \1/, "$1");
}

async function examine(given: readonly string[], options: DoctorCommandOptions): Promise<number> {
  const { connection, servers, domain, from, warnings } = await choose(given, options);
  for (const warning of warnings) say(warning);
  // What nobody has named here may be a surprise.
  if (from.startsWith("selected ")) say(`taken: the ${from}`);
  const interrupt = new Interrupt();
  // Ended also by a key, and when nobody reads what is printed.
  const end = new AbortController();
  const stop = () => end.abort();
  interrupt.signal.addEventListener("abort", stop, { once: true });
  process.stdout.on("error", stop);
  const { signal } = end;
  const asked = options.domain ?? (options.jetstream === true ? domain : undefined);
  const settings: DoctorOptions = {
    connection,
    monitor: options.monitor,
    payload: options.payload,
    jetstream: asked !== undefined ? { domain: asked } : options.jetstream,
    probes: options.probes,
    timeout: options.timeout,
    gossip: options.gossip,
    signal,
  };
  const look = async (): Promise<DoctorReport> => {
    const progress = makeProgress();
    const report = doctor(servers, { ...settings, onProgress: progress.update }).finally(progress.stop);
    return forCommand(await report);
  };
  try {
    if (options.watch !== undefined && options.watch !== false) {
      return await watch(look, options, interrupt, end);
    }
    const report = await look();
    print(options.json === true ? safeJson(report, 2) : describeReport(report, layout(options)));
    return interrupt.heard ? interrupt.code : CODES[report.verdict];
  } finally {
    process.stdout.off("error", stop);
    interrupt.done();
  }
}

/** Looks again and again; tells the first report, and then what changes. */
async function watch(
  look: () => Promise<DoctorReport>,
  options: DoctorCommandOptions,
  interrupt: Interrupt,
  end: AbortController,
): Promise<number> {
  const pause = (typeof options.watch === "number" ? options.watch : EVERY) * 1000;
  const { signal } = end;
  using _keys = process.stdout.isTTY ? quitKeys(() => end.abort()) : undefined;
  let last: DoctorReport | undefined;
  for (;;) {
    const report = await look();
    if (signal.aborted) break;
    const changes = changesBetween(last, report);
    const { changed } = changes;
    if (changed && options.json === true) print(safeJson(report));
    else if (last === undefined) print(`${time(report)}\n${describeReport(report, layout(options))}`);
    else if (changed) {
      // Lines of a log stay whole.
      const width = process.stdout.isTTY === true ? layout(options).width : undefined;
      const head = `${time(report)} ${report.summary}`;
      print(`\n${(width === undefined ? [head] : wrapped(head, width)).join("\n")}`);
      for (const line of changeLines(changes, width)) print(line);
    }
    last = report;
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
  }
  return last === undefined ? interrupt.code : CODES[last.verdict];
}

function time({ at }: DoctorReport): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function layout({ verbose }: DoctorCommandOptions): DescribeReportOptions {
  const { isTTY, columns = 80 } = process.stdout;
  const colors = paintFor(process.stdout) !== plain;
  return { colors, width: isTTY === true ? Math.min(columns, 100) : 80, verbose };
}
