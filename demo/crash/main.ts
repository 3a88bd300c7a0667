import pc from "picocolors";
import type { Cleanup } from "../cleanup.js";
import { readVersions } from "../versions.js";
import { count } from "../view/figures.js";
import { NoView, type View } from "../view/view.js";
import { wrap } from "../view/wrap.js";
import { type CrashOptions, parseCrashOptions } from "./options.js";
import { CrashProgress } from "./progress.js";
import { runCrash } from "./run.js";
import { type CrashOutcome, complaints, crashReport, crashSummary } from "./summary.js";
import { CrashLiveView, CrashPlainView } from "./view.js";

/** Runs `npm run demo -- --crash`, shows and tells, and returns the exit code. */
export async function crashDemo(args: readonly string[], cleanup: Cleanup): Promise<number> {
  const options = parseCrashOptions(args);
  if (options.testServers) {
    process.stderr.write("holdfast: this demo needs nats-server: the test servers have no stream on disk\n");
    return 1;
  }
  const columns = process.stdout.columns ?? 100;
  const progress = new CrashProgress(options.kills);
  if (!options.json) process.stdout.write(`${announcement(options, columns)}\n\n`);
  const view = chooseView(options, progress);
  const closed = cleanup.add("the view", () => view.close());
  const outcome = await runToOutcome(options, progress, cleanup);
  view.close();
  closed();
  const versions = readVersions();
  if (progress.serverVersion !== undefined) versions.servers = `nats-server ${progress.serverVersion}`;
  process.stdout.write(
    options.json
      ? `${JSON.stringify(crashReport(outcome, options, versions), null, 2)}\n`
      : `\n${crashSummary(outcome, options, versions, columns)}`,
  );
  return complaints(outcome).length > 0 ? 1 : 0;
}

async function runToOutcome(
  options: CrashOptions,
  progress: CrashProgress,
  cleanup: Cleanup,
): Promise<CrashOutcome> {
  try {
    const evidence = await runCrash(options, progress, cleanup);
    progress.phase = "done";
    return evidence;
  } catch (error) {
    // While the demo is being ended, everything fails; that is no result.
    if (cleanup.begun) await new Promise(() => {});
    progress.phase = "failed";
    return { crash: error instanceof Error ? error.message : String(error) };
  }
}

function announcement({ kills, rate, size, seed }: CrashOptions, columns: number): string {
  const lines = [
    `3 nats-servers with a stream on each · 1 publisher with a durable outbox · ${count(rate)} msg/s of ${count(size)} B · seed ${seed}`,
    `The publisher is killed by SIGKILL ${count(kills)} times: while it publishes, while all servers are gone, and while it replays. Each next one goes on where the one before it was cut off. It takes about ${Math.round(kills * 1.6 + 8)} s.`,
  ];
  const title = pc.bold("What becomes of publishDurable() when everything dies, again and again?");
  return [title, ...lines.map((line) => wrap(line, columns))].join("\n");
}

function chooseView(options: CrashOptions, progress: CrashProgress): View {
  if (options.json) return new NoView();
  const { NO_COLOR, CI, TERM } = process.env;
  const fancy = process.stdout.isTTY && !NO_COLOR && !CI && TERM !== "dumb";
  if (fancy) return new CrashLiveView(process.stdout, progress);
  return new CrashPlainView((line) => process.stdout.write(`${line}\n`), progress);
}
