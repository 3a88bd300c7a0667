import { addTotals, type Batch, type Finding, type HistoryTotals, noHistory, type Task } from "./batch.js";
import { Coverage } from "./coverage.js";
import type { Crew } from "./crew.js";
import { Trace } from "./trace.js";

/** Seeds to run, by a crew. */
export interface CampaignOptions extends Task {
  /** Do not stop at the first seed that fails. */
  readonly keepGoing: boolean;
  /** Seeds of one task; default 5. */
  readonly portion?: number;
  /** Told after every task. */
  readonly onProgress?: (campaign: Campaign) => void;
}

/** Default of {@link CampaignOptions.portion}. */
const PORTION = 5;

/** Many seeds, given out in portions, and what they have brought until now. */
export class Campaign {
  readonly options: CampaignOptions;
  readonly coverage = new Coverage();
  /** Those that failed, in the order in which that became known. */
  readonly failures: Finding[] = [];
  history: HistoryTotals = noHistory();
  done = 0;
  steps = 0;
  virtualMs = 0;
  private readonly began = performance.now();
  /** The hash of each seed's trace, by its place. */
  private readonly hashes: string[] = [];
  private stopped = false;

  constructor(options: CampaignOptions) {
    this.options = options;
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Nothing more is given out. */
  stop(): void {
    this.stopped = true;
  }

  /** Runs the seeds; resolves when all that was given out is done. */
  async run(crew: Crew): Promise<void> {
    const { first, seeds, portion = PORTION } = this.options;
    let next = first;
    const end = first + seeds;
    const work = async () => {
      while (!this.stopped && next < end) {
        const task = {
          ...this.options,
          onProgress: undefined,
          first: next,
          seeds: Math.min(portion, end - next),
        };
        next += task.seeds;
        this.take(await crew.run(task));
      }
    };
    await Promise.all(Array.from({ length: crew.size }, work));
  }

  private take({ findings, counts, history }: Batch): void {
    const { first, keepGoing, onProgress } = this.options;
    for (const finding of findings) {
      this.done++;
      this.steps += finding.steps;
      this.virtualMs += finding.virtualMs;
      this.hashes[finding.seed - first] = finding.hash;
      if (finding.failure !== undefined) this.failures.push(finding);
    }
    this.coverage.add(new Coverage(counts));
    this.history = addTotals(this.history, history);
    if (this.failures.length > 0 && !keepGoing) this.stop();
    onProgress?.(this);
  }

  /** Of all traces together, in the order of their seeds: who did them does not matter. */
  get hash(): string {
    const all = new Trace(() => 0, false);
    for (const hash of this.hashes) if (hash !== undefined) all.note(hash);
    return all.hash;
  }

  /** Seeds with their hashes, in order. */
  get traces(): readonly (readonly [seed: number, hash: string])[] {
    return this.hashes.map((hash, at) => [this.options.first + at, hash] as const);
  }
}
