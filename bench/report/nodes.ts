import { markdownTable } from "../../chaos/view/markdown.js";
import type { Environment } from "../environment.js";
import type { Result } from "../results.js";
import { ratio } from "./ratio.js";
import { countTargets, targetsTable } from "./targets.js";
import { machine, rounds, versions } from "./words.js";

/** What was measured with one Node. */
export interface ByNode {
  readonly environment: Environment;
  readonly results: readonly Result[];
}

/** The chapter of a Node that is not the page's: its targets, and its ratios beside those of the page. */
export function nodeSection(main: ByNode, { environment, results }: ByNode): string {
  const compared = ratiosByNode(main, { environment, results });
  return [
    `## Node ${major(environment)}`,
    `The clients on Node ${environment.node}, everything else as above: ${versions(environment)}, ${environment.date.slice(0, 10)}, ${rounds(results)} rounds; ${machine(environment)}.`,
    `${countTargets(results)} targets are reached.`,
    targetsTable(results),
    ...(compared === undefined ? [] : [compared]),
  ].join("\n\n");
}

/** Ratios against nats.js in every case that was measured with both. */
function ratiosByNode(...all: readonly [ByNode, ByNode]): string | undefined {
  const [, other] = all;
  const heads = all.flatMap(({ environment }) => [
    `rate, Node ${major(environment)}`,
    `CPU, Node ${major(environment)}`,
  ]);
  const rows = other.results.flatMap(({ measured: { of }, steps }) =>
    steps.flatMap((step) => {
      const cells = all.map(({ results }) =>
        against(
          results.find((one) => one.measured.of.name === of.name),
          step,
        ),
      );
      if (cells.includes(undefined)) return [];
      return [[step === "" ? of.name : `${of.name}, ${step}`, ...cells.flatMap((pair) => pair!)]];
    }),
  );
  if (rows.length === 0) return undefined;
  const columns = [{ head: "Holdfast / nats.js" }, ...heads.map((head) => ({ head, right: true }))];
  return markdownTable(columns, rows);
}

/** Holdfast's ratios of rate and CPU time against nats.js; undefined when it has neither. */
function against(result: Result | undefined, step: string): [string, string] | undefined {
  const found = result?.comparisons.find(
    ({ of, against }) => of.client === "holdfast" && against.client === "natsjs" && of.step === step,
  );
  const { rate, cpu } = found?.ratios ?? {};
  if (rate === undefined && cpu === undefined) return undefined;
  return [rate === undefined ? "" : ratio(rate), cpu === undefined ? "" : ratio(cpu)];
}

function major({ node }: Environment): number {
  return Number.parseInt(node, 10);
}
