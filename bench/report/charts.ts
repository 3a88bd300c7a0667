import type { EChartsCoreOption } from "echarts";
import type { Group } from "../case.js";
import type { ClientName } from "../clients/client.js";
import { NAMES } from "../clients/names.js";
import { FIGURES, type FigureName } from "../figures.js";
import type { Result } from "../results.js";
import { type Against, bars, ratioBars } from "./bars.js";
import { LINE, svg, TEXT } from "./picture.js";

/** A picture of the page. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  /** The chapter that it stands in; absent: at the top. */
  readonly group?: Group;
  readonly svg: string;
}

const COLOURS: Readonly<Record<ClientName, string>> = {
  holdfast: "#2f9e44",
  "holdfast-at-most-once": "#94d8a2",
  natsjs: "#d9480f",
  raw: "#868e96",
  base: "#5c7cfa",
};
const WIDTH = 760;

/** All pictures for which there are samples. */
export function pictures(results: readonly Result[]): Picture[] {
  const named = (pattern: RegExp) => results.filter(({ measured }) => pattern.test(measured.of.name));
  const all: (Picture | undefined)[] = [
    against(results, "rate", "messages, requests or confirmations per second, against nats.js", "rate.svg"),
    against(results, "cpu", "CPU time of each, against nats.js", "cpu.svg"),
    absolute(named(/^publish-\d+$/), "rate", "messages per second, by size", "publish.svg", "publish"),
    absolute(
      named(/^(receive-\d+|iterate-\d+|pass-\d+)$/),
      "rate",
      "messages per second",
      "receive.svg",
      "receive",
    ),
    absolute(named(/^(request-\d+|confirm-\d+)$/), "rate", "per second", "request.svg", "request"),
    ...named(/^latency-/).map((result) => quantiles(result)),
    absolute(named(/^(idle|connections)-/), "memory", "memory of an idle connection", "memory.svg", "links"),
    ...named(/^(subjects|subscriptions)$/).map((result) => growing(result)),
  ];
  return all.filter((one) => one !== undefined);
}

function against(
  results: readonly Result[],
  figure: FigureName,
  title: string,
  file: string,
): Picture | undefined {
  const rows: Against[] = [];
  for (const { measured, comparisons } of results) {
    for (const { of, against, ratios } of comparisons) {
      if (of.client !== "holdfast" || against.client !== "natsjs") continue;
      const found = ratios[figure];
      if (found === undefined || measured.of.group === "links") continue;
      const target = measured.of.targets.find(
        (one) => one.figure === figure && one.against?.client === "natsjs" && one.of.step === of.step,
      );
      const name = of.step === "" ? measured.of.name : of.step;
      rows.push({ name, found, target: target?.atLeast ?? target?.atMost });
    }
  }
  if (rows.length === 0) return undefined;
  return { file, title, svg: ratioBars(rows, COLOURS.holdfast, WIDTH) };
}

function absolute(
  results: readonly Result[],
  figure: FigureName,
  title: string,
  file: string,
  group: Group,
): Picture | undefined {
  if (results.length === 0) return undefined;
  const clients = clientsOf(results);
  const option = bars({
    names: results.map(({ measured }) => measured.of.name),
    series: clients.map((client) => ({
      name: NAMES[client],
      colour: COLOURS[client],
      values: results.map(({ rows }) => rows.find((row) => row.client === client)?.values[figure]?.median),
    })),
    format: FIGURES[figure].format,
  });
  return { file, title, group, svg: svg(option, WIDTH, 300) };
}

function quantiles({ measured, rows }: Result): Picture {
  const figures = measured.of.figures;
  const option = bars({
    names: figures.map((figure) => FIGURES[figure].label),
    series: rows.map(({ client, values }) => ({
      name: NAMES[client],
      colour: COLOURS[client],
      values: figures.map((figure) => values[figure]?.median),
    })),
    format: FIGURES.p50.format,
  });
  return {
    file: `${measured.of.name}.svg`,
    title: measured.of.title,
    group: "latency",
    svg: svg(option, WIDTH, 280),
  };
}

function growing({ measured, rows, steps }: Result): Picture {
  const clients = measured.of.clients;
  const option: EChartsCoreOption = {
    color: clients.map((client) => COLOURS[client]),
    legend: { top: 0, textStyle: { color: TEXT } },
    grid: { left: 70, right: 30, top: 40, bottom: 30 },
    xAxis: {
      type: "category",
      data: [...steps],
      axisLabel: { color: TEXT },
      axisLine: { lineStyle: { color: LINE } },
    },
    yAxis: {
      type: "value",
      min: 0,
      axisLabel: { color: TEXT, formatter: FIGURES.cpu.format },
      splitLine: { lineStyle: { color: LINE } },
    },
    series: clients.map((client) => ({
      type: "line",
      name: NAMES[client],
      lineStyle: { width: 3 },
      data: steps.map(
        (step) => rows.find((row) => row.client === client && row.step === step)?.values.cpu?.median,
      ),
    })),
  };
  const { name } = measured.of;
  return {
    file: `${name}.svg`,
    title: `CPU time per message, by ${name}`,
    group: "growth",
    svg: svg(option, WIDTH, 280),
  };
}

function clientsOf(results: readonly Result[]): ClientName[] {
  return [...new Set(results.flatMap(({ measured }) => measured.of.clients))];
}
