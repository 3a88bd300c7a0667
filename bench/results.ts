import { seeded } from "../demo/random.js";
import type { Case, Target, Who } from "./case.js";
import type { ClientName } from "./clients/client.js";
import { NAMES } from "./clients/names.js";
import { FIGURES, type Figure, type FigureName, labelOf } from "./figures.js";
import type { Measured } from "./measured.js";
import { ratio } from "./report/ratio.js";
import { type Estimate, estimate, median, ratios } from "./statistics.js";

/** The intervals of the same samples are the same in every report. */
const SEED = 1;

/** What one client reached in one step. */
export interface Row extends Who {
  readonly values: Partial<Record<FigureName, Estimate>>;
}

/** Ratios of the figures of two, round by round. */
export interface Comparison {
  readonly of: Who;
  readonly against: Who;
  readonly ratios: Partial<Record<FigureName, Estimate>>;
}

/** Whether a target is reached. */
export interface Verdict {
  readonly figure: FigureName;
  readonly target: string;
  readonly found: string;
  readonly met: boolean;
  /** The limit lies in the interval: more rounds would make it sure. */
  readonly unsure: boolean;
  /** Not reached: what a raw socket has against the same client, where one was measured. No client can do better. */
  readonly socket?: string | undefined;
}

/** What a case has yielded. */
export interface Result {
  readonly measured: Measured;
  readonly rounds: number;
  readonly steps: readonly string[];
  readonly rows: readonly Row[];
  readonly comparisons: readonly Comparison[];
  readonly verdicts: readonly Verdict[];
}

/** Holdfast against the others; the two modes against each other show what keeping every message costs. */
const COMPARED: readonly (readonly [ClientName, ClientName])[] = [
  ["holdfast", "natsjs"],
  ["holdfast", "raw"],
  ["holdfast-at-most-once", "natsjs"],
  ["holdfast", "holdfast-at-most-once"],
  ["holdfast-observed", "holdfast"],
  ["holdfast-outbox", "holdfast"],
  ["holdfast", "base"],
];

/** Makes estimates, comparisons and verdicts of samples. */
export function resultOf(measured: Measured): Result {
  const { of, runs } = measured;
  const [first] = runs.values();
  const steps = Object.keys(first[0]);
  const values = new Values(measured);
  const { figures } = of;
  const rows = of.clients.flatMap((client) =>
    steps.map((step) => ({
      client,
      step,
      values: pick(figures, (figure) => values.estimate({ client, step }, figure)),
    })),
  );
  const compare = (who: Who, against: Who): Comparison => ({
    of: who,
    against,
    ratios: pick(figures.filter(isCompared), (figure) => values.ratio(who, against, figure)),
  });
  const between = COMPARED.filter((pair) => pair.every((client) => of.clients.includes(client))).flatMap(
    ([client, against]) => steps.map((step) => compare({ client, step }, { client: against, step })),
  );
  const growing =
    steps.length === 1 || of.works.some(({ kind }) => kind === "doubling")
      ? []
      : of.clients.flatMap((client) =>
          steps.slice(1).map((step) => compare({ client, step }, { client, step: steps[0] })),
        );
  return {
    measured,
    rounds: first.length,
    steps,
    rows,
    comparisons: [...between, ...growing],
    verdicts: of.targets.filter((target) => values.has(target)).map((target) => values.judge(target)),
  };
}

function pick(
  figures: readonly FigureName[],
  value: (figure: FigureName) => Estimate | undefined,
): Partial<Record<FigureName, Estimate>> {
  const found = figures
    .map((figure) => [figure, value(figure)] as const)
    .filter(([, one]) => one !== undefined);
  return Object.fromEntries(found);
}

function isCompared(figure: FigureName): boolean {
  const { compared = true }: Figure = FIGURES[figure];
  return compared;
}

/** The samples of a case, by who and figure. */
class Values {
  readonly #measured: Measured;

  constructor(measured: Measured) {
    this.#measured = measured;
  }

  /** In the order of the rounds; undefined when a step does not have the figure. */
  of({ client, step }: Who, figure: FigureName): number[] | undefined {
    const runs = this.#measured.runs.get(client);
    const values = runs?.map((run) => run[step]?.[figure]);
    return values?.every((value) => value !== undefined) ? (values as number[]) : undefined;
  }

  /** Whether both sides of a target were measured. */
  has({ figure, of, against }: Target): boolean {
    return (
      this.of(of, figure) !== undefined && (against === undefined || this.of(against, figure) !== undefined)
    );
  }

  estimate(who: Who, figure: FigureName): Estimate | undefined {
    const values = this.of(who, figure);
    return values && estimate(values, seeded(SEED));
  }

  ratio(who: Who, against: Who, figure: FigureName): Estimate | undefined {
    const [above, below] = [this.of(who, figure), this.of(against, figure)];
    return above && below && estimate(ratios(above, below), seeded(SEED));
  }

  judge(target: Target): Verdict {
    const { figure, of, against, atLeast, atMost, slack = 0, by = "median" } = target;
    const limit = atLeast ?? atMost!;
    const isMet = (value: number) => (atLeast === undefined ? value <= limit : value >= limit);
    const text = describeTarget(target, this.#measured.of);
    if (against !== undefined && slack > 0) {
      const mine = median(this.of(of, figure)!);
      const most = limit * median(this.of(against, figure)!) + slack;
      const { format } = FIGURES[figure];
      return {
        figure,
        target: text,
        found: `${format(mine)}, and the limit is ${format(most)}`,
        met: mine <= most,
        unsure: false,
      };
    }
    const found = against === undefined ? this.estimate(of, figure)! : this.ratio(of, against, figure)!;
    const unsure = by === "median" && isMet(found.low) !== isMet(found.high);
    const met = isMet(found[by]);
    return {
      figure,
      target: text,
      found: isAbsolute(target) ? absolute(figure, found) : ratio(found),
      met,
      unsure,
      socket: met ? undefined : this.#socket(target),
    };
  }

  /** What a raw socket has in the place of Holdfast. */
  #socket({ figure, of, against }: Target): string | undefined {
    if (against === undefined || against.client === "raw" || against.client === of.client) return undefined;
    const found = this.ratio({ ...of, client: "raw" }, against, figure);
    return found && ratio(found);
  }
}

/** What a target asks for, in words. */
export function describeTarget(target: Target, measured: Case): string {
  const { figure, of, against, atLeast, atMost, slack, by } = target;
  const what = labelOf(figure, measured);
  const value = atLeast ?? atMost!;
  const most = atLeast === undefined ? "at most" : "at least";
  const limit = `${most} ${isAbsolute(target) ? FIGURES[figure].format(value) : `${factor(value)} ×`}`;
  const lower = by === "low" ? " (lower bound)" : "";
  if (against === undefined) return `${of.step}: ${what} ${limit}${lower}`;
  const other = against.client === of.client ? against.step : NAMES[against.client];
  const mine = against.client === of.client ? of.step : against.step;
  const where = mine === "" ? "" : `${mine}: `;
  const more = slack === undefined ? "" : ` + ${FIGURES[figure].format(slack)}`;
  return `${where}${what} ${limit} that of ${other}${more}${lower}`;
}

/** Whether the figure stands for itself, in its own unit. */
function isAbsolute({ figure, against }: Target): boolean {
  const { multiple = false }: Figure = FIGURES[figure];
  return against === undefined && !multiple;
}

function absolute(figure: FigureName, { median, low, high }: Estimate): string {
  const { format } = FIGURES[figure];
  return `${format(median)} (${format(low)} – ${format(high)})`;
}

function factor(value: number): string {
  return value < 1 && Math.abs(1 / value - Math.round(1 / value)) < 1e-9 && value < 0.5
    ? `1/${Math.round(1 / value)}`
    : String(value);
}
