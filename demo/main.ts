import pc from "picocolors";
import { settleAccount } from "./accounts.js";
import { Cleanup } from "./cleanup.js";
import { UsageExit } from "./command-line.js";
import { crashDemo } from "./crash/main.js";
import { type Options, parseOptions } from "./options.js";
import { Progress } from "./progress.js";
import type { ClientKind } from "./protocol.js";
import { runClient } from "./run.js";
import { planSchedule, type Step } from "./schedule.js";
import { brokenPromises } from "./verdict.js";
import { readVersions, type Versions } from "./versions.js";
import { count, moment } from "./view/figures.js";
import { jsonReport } from "./view/json.js";
import { LiveView } from "./view/live.js";
import { PlainView } from "./view/plain.js";
import { NAMES, type Outcome, type Results, summary } from "./view/summary.js";
import { NoView, type View } from "./view/view.js";
import { wrap } from "./view/wrap.js";
import { describeStep } from "./words.js";

/** Beside publishing: starting and settling a cluster, the last flush, the silence at the end. */
const OVERHEAD_SECONDS = 3;
/** Of the times in the list of what is going to happen. */
const TIME_WIDTH = 10;

const cleanup = new Cleanup();
cleanup.guard();

try {
  const args = process.argv.slice(2);
  process.exitCode = await (args.includes("--crash") ? crashDemo(args, cleanup) : demo(parseOptions(args)));
} catch (error) {
  if (!(error instanceof UsageExit)) throw error;
  process.exitCode = error.status;
}

/** Runs the clients one after the other, shows and tells, and returns the exit code. */
async function demo(options: Options): Promise<number> {
  const schedule = planSchedule(options.seed, options.seconds);
  const versions = readVersions();
  const runs = options.clients.map(
    (client) => new Progress(client, labelOf(client, versions), options.seconds * 1000),
  );
  const columns = process.stdout.columns ?? 100;
  if (!options.json) process.stdout.write(`${announcement(options, schedule, columns)}\n\n`);
  const view = chooseView(options, runs);
  const closed = cleanup.add("the view", () => view.close());

  const outcomes = new Map<ClientKind, Outcome>();
  for (const run of runs) outcomes.set(run.client, await runToOutcome(run, options, schedule, versions));

  view.close();
  closed();
  const results: Results = { options, versions, date: new Date(), schedule, outcomes };
  process.stdout.write(
    options.json ? `${JSON.stringify(jsonReport(results), null, 2)}\n` : `\n${summary(results, columns)}`,
  );
  const failed = [...outcomes.values()].some((outcome) => "crash" in outcome || outcome.broken.length > 0);
  return failed ? 1 : 0;
}

async function runToOutcome(
  run: Progress,
  options: Options,
  schedule: readonly Step[],
  versions: Versions,
): Promise<Outcome> {
  try {
    const evidence = await runClient({ ...options, schedule }, run, cleanup);
    const { serverVersion } = evidence.witness;
    versions.servers = options.testServers ? "embedded test servers" : `nats-server ${serverVersion}`;
    run.phase = "done";
    const account = settleAccount(evidence);
    const broken = run.client === "holdfast" ? brokenPromises(account, evidence) : [];
    return { account, broken, remarks: evidence.remarks };
  } catch (error) {
    // While the demo is being ended, everything fails; that is no result.
    if (cleanup.begun) await new Promise(() => {});
    run.phase = "failed";
    return { crash: error instanceof Error ? error.message : String(error) };
  }
}

/** What is going to happen, and how long it takes. */
function announcement(options: Options, schedule: readonly Step[], columns: number): string {
  const { clients, seconds, rate, size, seed, testServers } = options;
  const total = Math.round(clients.length * (seconds + OVERHEAD_SECONDS));
  const speed = rate === "max" ? "as fast as it goes" : `${count(rate)} msg/s`;
  const who = clients.map((client) => NAMES[client]).join(", then ");
  return [
    pc.bold("What becomes of published messages when NATS servers die, freeze and hang?"),
    wrap(
      `3 ${testServers ? "embedded test servers (no nats-server)" : "nats-servers"} · 1 publisher · 1 subscriber · ${speed} of ${count(size)} B · seed ${seed}`,
      columns,
    ),
    wrap(`${who}: ${seconds} s${clients.length > 1 ? " each" : ""}, about ${total} s in all.`, columns),
    ...schedule.map((step) => {
      const words = wrap(describeStep(step), columns - TIME_WIDTH, " ".repeat(TIME_WIDTH));
      return pc.dim(`${moment(step.at).padStart(TIME_WIDTH - 2)}  ${words}`);
    }),
  ].join("\n");
}

function chooseView(options: Options, runs: readonly Progress[]): View {
  if (options.json) return new NoView();
  const { NO_COLOR, CI, TERM } = process.env;
  const fancy = process.stdout.isTTY && !NO_COLOR && !CI && TERM !== "dumb";
  if (fancy) return new LiveView(process.stdout, runs, options.rate);
  return new PlainView((line) => process.stdout.write(`${line}\n`), runs);
}

function labelOf(client: ClientKind, versions: Versions): string {
  return `${NAMES[client]} ${versions[client]}`;
}
