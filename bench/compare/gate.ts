import { FIGURES, type FigureName } from "../figures.js";
import { ratio } from "../report/ratio.js";
import type { Result } from "../results.js";
import type { Estimate } from "../statistics.js";

/** A figure of a case that is surely worse than the gate allows. */
export interface Failure {
  readonly name: string;
  readonly step: string;
  readonly figure: FigureName;
  readonly text: string;
}

/** What a change must not make worse. What is made of several of them, or of little, would fail by chance. */
const GATED: readonly FigureName[] = ["rate", "cpu", "time", "p99", "memory"];

/** Figures of Holdfast against the base whose whole interval is beyond the gate. */
export function failures(results: readonly Result[], gate: number): Failure[] {
  return results.flatMap(({ measured: { of }, comparisons }) =>
    comparisons
      .filter(({ of, against }) => of.client === "holdfast" && against.client === "base")
      .flatMap(({ of: { step }, ratios }) =>
        GATED.flatMap((figure): Failure[] => {
          const found = ratios[figure];
          if (found === undefined || !isBeyond(found, figure, gate)) return [];
          const where = step === "" ? "" : `, ${step}`;
          return [
            {
              name: of.name,
              step,
              figure,
              text: `${of.name}${where}: ${FIGURES[figure].label} ${ratio(found)}`,
            },
          ];
        }),
      ),
  );
}

/** Those that failed before as well: one of twenty intervals misses the truth, two of them hardly ever do. */
export function again(before: readonly Failure[], now: readonly Failure[]): Failure[] {
  return now.filter(({ name, step, figure }) =>
    before.some((one) => one.name === name && one.step === step && one.figure === figure),
  );
}

function isBeyond({ low, high }: Estimate, figure: FigureName, gate: number): boolean {
  return FIGURES[figure].better === "more" ? high < gate : low > 1 / gate;
}
