import { RECOVERING, type RecoveryCase, type ThroughputCase } from "./cases.js";
import type { ClientName } from "./clients/client.js";
import type { Sample } from "./processes/meter.js";
import { seeded } from "./random.js";
import { duration, NAMES, ratio } from "./report/figures.js";
import { type Estimate, estimate, median, ratios } from "./statistics.js";

/** The intervals of the same samples are the same in every report. */
const SEED = 1;

/** Who is set against whom, pair by pair. */
export interface Comparison {
  readonly client: ClientName;
  readonly against: ClientName;
  /** Messages per second. */
  readonly rate: Estimate;
  /** CPU time per message. */
  readonly cpu: Estimate;
}

/** Whether a target is met. */
export interface Verdict {
  readonly met: boolean;
  readonly target: string;
  readonly found: string;
}

/** Medians of one client. */
export interface ThroughputRow {
  readonly client: ClientName;
  readonly rate: number;
  /** Seconds of CPU per message. */
  readonly cpu: number;
  readonly peakRss: number;
}

export interface ThroughputResult {
  readonly of: ThroughputCase;
  readonly samples: ReadonlyMap<ClientName, readonly Sample[]>;
  readonly rows: readonly ThroughputRow[];
  readonly comparisons: readonly Comparison[];
  readonly verdicts: readonly Verdict[];
}

/** Times from the kill to working again of one client, ms. */
export interface RecoveryRow {
  readonly client: ClientName;
  readonly median: number;
  readonly best: number;
  readonly worst: number;
}

export interface RecoveryResult {
  readonly of: RecoveryCase;
  /** ms of every kill, in order. */
  readonly samples: ReadonlyMap<ClientName, readonly number[]>;
  readonly rows: readonly RecoveryRow[];
  /** Holdfast's time over nats.js's, pair by pair. */
  readonly ratio: Estimate;
  readonly verdicts: readonly Verdict[];
}

export type Result = ThroughputResult | RecoveryResult;

const rateOf = (sample: Sample) => sample.messages / sample.seconds;
const cpuOf = (sample: Sample) => sample.cpuSeconds / sample.messages;

/** Holdfast against the others; the two modes against each other show what keeping every message costs. */
const COMPARED: readonly (readonly [ClientName, ClientName])[] = [
  ["holdfast", "natsjs"],
  ["holdfast", "raw"],
  ["holdfast-at-most-once", "natsjs"],
  ["holdfast-at-most-once", "raw"],
  ["holdfast", "holdfast-at-most-once"],
];

export function throughputResult(
  of: ThroughputCase,
  samples: ReadonlyMap<ClientName, readonly Sample[]>,
): ThroughputResult {
  const rows = [...samples].map(([client, list]) => ({
    client,
    rate: median(list.map(rateOf)),
    cpu: median(list.map(cpuOf)),
    peakRss: median(list.map((sample) => sample.peakRss)),
  }));
  const pairs = (client: ClientName, against: ClientName, figure: (sample: Sample) => number) =>
    estimate(ratios(samples.get(client)!.map(figure), samples.get(against)!.map(figure)), seeded(SEED));
  const comparisons = COMPARED.map(([client, against]) => ({
    client,
    against,
    rate: pairs(client, against, rateOf),
    cpu: pairs(client, against, cpuOf),
  }));
  const verdicts = of.targets.map(({ client, against, atLeast }) => {
    const found = pairs(client, against, rateOf);
    const unsure = found.low < atLeast && atLeast <= found.high;
    return {
      met: found.median >= atLeast,
      target: `${NAMES[client]} takes at least ${atLeast} × the messages/s of ${NAMES[against]}`,
      found: ratio(found) + (unsure ? "; more pairs would make it sure" : ""),
    };
  });
  return { of, samples, rows, comparisons, verdicts };
}

export function recoveryResult(
  of: RecoveryCase,
  samples: ReadonlyMap<ClientName, readonly number[]>,
): RecoveryResult {
  const rows = [...samples].map(([client, list]) => ({
    client,
    median: median(list),
    best: Math.min(...list),
    worst: Math.max(...list),
  }));
  const [mine, theirs] = RECOVERING.map((client) => samples.get(client)!);
  const { factor, slack } = of.target;
  const limit = factor * median(theirs) + slack;
  const target = `Holdfast's median is at most ${factor} × that of nats.js${slack > 0 ? ` + ${slack} ms` : ""}`;
  const found = `${duration(median(mine))}, and the limit is ${duration(limit)}`;
  return {
    of,
    samples,
    rows,
    ratio: estimate(ratios(mine, theirs), seeded(SEED)),
    verdicts: [{ met: median(mine) <= limit, target, found }],
  };
}
