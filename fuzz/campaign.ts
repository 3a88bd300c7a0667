import { type Entry, readCorpus, save } from "./corpus.js";
import { type Failure, firstLine, runSlice } from "./slice.js";
import type { Target } from "./target.js";

/** What one target has come to. */
export interface Tally {
  readonly target: Target;
  readonly entries: readonly Entry[];
  runs: number;
  /** ms spent in runs. */
  ms: number;
  /** What failed, and under which name it is kept in the corpus. A target that has failed is not run any more. */
  failure: (Failure & { readonly kept: string }) | undefined;
}

/** Whoever wants to know how it goes. */
export interface Observer {
  /** A slice begins; its runs are counted from 0. */
  slice(target: Target, seed: number): void;
  run(run: number): void;
  idle(): void;
  failed(tally: Tally): void;
  /** Every target has had its turn. */
  round(tallies: readonly Tally[]): void;
}

/** What a campaign is to do. */
export interface CampaignOptions {
  readonly seed: number;
  readonly ms: number;
  readonly observer: Observer;
  /** Asked between two slices. */
  readonly stopped: () => boolean;
  /** Folder of the corpus; default: the project's. */
  readonly corpus?: string;
}

/** A slice is long enough for many runs, and short enough for Ctrl-C and for a turn of each target. */
const MIN_SLICE = 100;
const MAX_SLICE = 2000;

/** Runs the targets in turns until the time is over, or `stopped` says so. */
export async function campaign(targets: readonly Target[], options: CampaignOptions): Promise<Tally[]> {
  const { seed, ms, observer, stopped } = options;
  const tallies: Tally[] = targets.map((target) => ({
    target,
    entries: readCorpus(target.name, options.corpus),
    runs: 0,
    ms: 0,
    failure: undefined,
  }));
  const end = performance.now() + ms;
  const slice = Math.min(MAX_SLICE, Math.max(MIN_SLICE, ms / targets.length / 4));
  const over = () =>
    stopped() || performance.now() >= end || tallies.every(({ failure }) => failure !== undefined);
  for (let turn = 0; !over(); ) {
    for (const tally of tallies) {
      if (over()) break;
      if (tally.failure !== undefined) continue;
      await take(tally, (seed + turn++) | 0, Math.min(slice, end - performance.now()), options);
      // A signal is heard between two slices only.
      await new Promise((resolve) => setImmediate(resolve));
    }
    observer.round(tallies);
  }
  return tallies;
}

async function take(
  tally: Tally,
  seed: number,
  ms: number,
  { observer, corpus }: CampaignOptions,
): Promise<void> {
  const { target, entries } = tally;
  const began = performance.now();
  observer.slice(target, seed);
  const { runs, failure } = await runSlice(target, entries, { seed, ms, onRun: (run) => observer.run(run) });
  observer.idle();
  tally.runs += runs;
  tally.ms += performance.now() - began;
  if (failure === undefined) return;
  const note = `failed with seed ${failure.seed}, path ${failure.path}: ${firstLine(failure.error)}`;
  tally.failure = { ...failure, kept: save(target.name, note, failure.input, corpus) };
  observer.failed(tally);
}
