import type { EChartsCoreOption } from "echarts";
import type { Group } from "../case.js";
import type { ClientName } from "../clients/client.js";
import { NAMES } from "../clients/names.js";
import { FIGURES, type FigureName, labelOf } from "../figures.js";
import type { Result, Row } from "../results.js";
import { type BarSeries, bars, panels } from "./bars.js";
import { LEGEND, nameAxis, svg, TEXT, valueAxis } from "./picture.js";
import { type Against, ratioBars } from "./ratio-bars.js";

/** A picture of the page. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  /** The chapter that it stands in; absent: at the top. */
  readonly group?: Group;
  readonly svg: string;
}

/** Blue and orange, which hardly anybody confuses. */
const COLOURS: Readonly<Record<ClientName, string>> = {
  holdfast: "#1c7ed6",
  "holdfast-at-most-once": "#74c0fc",
  "holdfast-observed": "#0c8599",
  "holdfast-outbox": "#5f3dc4",
  natsjs: "#e8590c",
  raw: "#868e96",
  base: "#7048e8",
};
const WIDTH = 760;
const HEIGHT = 300;

/** Figures of a client may be far more than those of the others only where it is no client. */
const isBeyond = (client: ClientName) => client === "raw";

/** All pictures for which there are samples. */
export function pictures(results: readonly Result[]): Picture[] {
  const named = (pattern: RegExp) => results.filter(({ measured }) => pattern.test(measured.of.name));
  const all: (Picture | undefined)[] = [
    against(
      results,
      "rate",
      "messages, requests or confirmations per second, against nats.js; 10 × and more end at the edge",
    ),
    against(results, "cpu", "CPU time of each, against nats.js"),
    absolute(named(/^publish-\d+$/), "rate", "messages per second, by size", "publish"),
    absolute(
      named(/^(receive-\d+|live-\d+|iterate-\d+|pass-\d+)$/),
      "rate",
      "messages per second; a bar with an arrow is longer than the picture",
      "receive",
    ),
    absolute(
      named(/^(request-\d+|confirm-\d+)$/),
      "rate",
      "requests or confirmations per second; a bar with an arrow is longer than the picture",
      "request",
    ),
    ...named(/^latency-/).map(quantiles),
    absolute(named(/^(idle|connections)-/), "memory", "memory of an idle connection", "links", "memory"),
    ...named(/^(subjects|subscriptions)$/).map(growing),
    ...named(/^subscriptions$/).map(held),
    ...named(/^doubling$/).map(doubled),
  ];
  return all.filter((one) => one !== undefined);
}

function against(results: readonly Result[], figure: FigureName, title: string): Picture | undefined {
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
  const drawn = { rows, name: "Holdfast / nats.js", colour: COLOURS.holdfast, width: WIDTH, even: 1 };
  return { file: `${figure}.svg`, title, svg: ratioBars(drawn) };
}

/** One figure of several cases. */
function absolute(
  results: readonly Result[],
  figure: FigureName,
  title: string,
  group: Group,
  file: string = group,
): Picture | undefined {
  const having = results.filter(({ rows }) => rows.some(({ values }) => values[figure] !== undefined));
  if (having.length === 0) return undefined;
  const clients = [...new Set(having.flatMap(({ measured }) => measured.of.clients))];
  const option = bars({
    names: having.map(({ measured }) => measured.of.name),
    series: clients.map((client) =>
      seriesOf(
        client,
        having.map(({ rows }) => rows.find((row) => row.client === client)),
        figure,
      ),
    ),
    format: FIGURES[figure].format,
    axis: axisOf(having, figure),
    unit: unitOf(having, figure),
  });
  return { file: `${file}.svg`, title, group, svg: svg(option, WIDTH, HEIGHT) };
}

function axisOf(results: readonly Result[], figure: FigureName): string {
  const labels = new Set(results.map(({ measured }) => labelOf(figure, measured.of)));
  return labels.size === 1 ? [...labels][0] : "per second";
}

/** Bytes are shown as KiB when there are many. */
function unitOf(results: readonly Pick<Result, "rows">[], figure: FigureName): number {
  const values = results.flatMap(({ rows }) => rows.map((row) => row.values[figure]?.median ?? 0));
  return figure === "memory" && Math.max(...values) >= 10_000 ? 1024 : 1;
}

function quantiles({ measured, rows }: Result): Picture {
  const figures = measured.of.figures.filter((figure) => figure.startsWith("p"));
  const all = figures.map((figure) => ({
    names: [FIGURES[figure].label],
    series: rows.map((row) => seriesOf(row.client, [row], figure)),
    format: FIGURES[figure].format,
    axis: "latency",
  }));
  return {
    file: `${measured.of.name}.svg`,
    title: `${measured.of.title}; each picture has a scale of its own`,
    group: "latency",
    svg: svg(panels(all, WIDTH), WIDTH, HEIGHT),
  };
}

function seriesOf(client: ClientName, rows: readonly (Row | undefined)[], figure: FigureName): BarSeries {
  return {
    name: NAMES[client],
    colour: COLOURS[client],
    values: rows.map((row) => row?.values[figure]?.median),
    beyond: isBeyond(client),
  };
}

function growing({ measured, rows, steps }: Result): Picture {
  const clients = measured.of.clients;
  const { format } = FIGURES.cpu;
  const most = Math.max(...rows.map(({ values }) => values.cpu?.median ?? 0));
  const option: EChartsCoreOption = {
    color: clients.map((client) => COLOURS[client]),
    legend: LEGEND,
    grid: { left: 70, right: 30, top: 62, bottom: 30 },
    xAxis: nameAxis(steps),
    yAxis: valueAxis(labelOf("cpu", measured.of), format, most),
    series: clients.map((client) => ({
      type: "line",
      name: NAMES[client],
      symbolSize: 7,
      lineStyle: { width: 3 },
      label: {
        show: true,
        position: "top",
        fontSize: 9,
        color: TEXT,
        formatter: ({ value }: { value: unknown }) => (typeof value === "number" ? format(value) : ""),
      },
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
    svg: svg(option, WIDTH, HEIGHT),
  };
}

/** Memory of what there is so many of: of a single one it is less than what is left over by chance. */
function held({ measured, rows, steps }: Result): Picture {
  const many = steps.slice(1);
  const option = bars({
    names: many,
    series: measured.of.clients.map((client) =>
      seriesOf(
        client,
        many.map((step) => rows.find((row) => row.client === client && row.step === step)),
        "memory",
      ),
    ),
    format: FIGURES.memory.format,
    axis: labelOf("memory", measured.of),
    unit: unitOf([{ rows }], "memory"),
  });
  const { name } = measured.of;
  return {
    file: `${name}-memory.svg`,
    title: labelOf("memory", measured.of),
    group: "growth",
    svg: svg(option, WIDTH, HEIGHT),
  };
}

function doubled({ measured, rows }: Result): Picture {
  const shown = rows.flatMap(({ step, values: { doubling } }): Against[] => {
    const target = measured.of.targets.find(({ of }) => of.step === step);
    return doubling === undefined ? [] : [{ name: step, found: doubling, target: target?.atMost }];
  });
  const name = "time of twice the work / time of the work";
  return {
    file: "doubling.svg",
    title: "time of twice the work over that of the work",
    group: "growth",
    svg: ratioBars({ rows: shown, name, colour: COLOURS.holdfast, width: WIDTH, even: 2 }),
  };
}
