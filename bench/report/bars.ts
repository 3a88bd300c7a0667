import type { EChartsCoreOption } from "echarts";
import type { Estimate } from "../statistics.js";
import { LINE, svg, TEXT } from "./picture.js";
import { times } from "./ratio.js";

/** A chart with a group of bars for each name. */
export interface Bars {
  readonly names: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly colour: string;
    /** One for each name; a client that has none has no bar. */
    readonly values: readonly (number | undefined)[];
  }[];
  readonly format: (value: number) => string;
}

/** The chart as an option of echarts; every bar has its value above it. */
export function bars({ names, series, format }: Bars): EChartsCoreOption {
  return {
    color: series.map(({ colour }) => colour),
    legend: { top: 0, textStyle: { color: TEXT } },
    grid: { left: 70, right: 15, top: 45, bottom: 30 },
    xAxis: {
      type: "category",
      data: [...names],
      axisLabel: { color: TEXT, interval: 0 },
      axisLine: { lineStyle: { color: LINE } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      splitNumber: 4,
      axisLabel: { color: TEXT, formatter: format },
      splitLine: { lineStyle: { color: LINE } },
    },
    series: series.map(({ name, values }) => ({
      type: "bar",
      name,
      barGap: "8%",
      label: {
        show: true,
        position: "top",
        fontSize: 9,
        color: TEXT,
        formatter: ({ value }: { value: unknown }) => (typeof value === "number" ? format(value) : ""),
      },
      data: values.map((value) => value ?? "-"),
    })),
  };
}

/** A ratio and what it is to reach. */
export interface Against {
  readonly name: string;
  readonly found: Estimate;
  readonly target: number | undefined;
}

const ROW = 24;
const HEAD = 34;
const TARGET = "#1c7ed6";
/** What is more ends at the edge: its figure stands beside its name. */
const MOST = 10;

/** Ratios as bars that lie, each with its interval, and its target as a mark. */
export function ratioBars(rows: readonly Against[], colour: string, width: number): string {
  const shown = rows.toReversed(); // the first name of such an axis stands at its bottom
  const largest = Math.max(1, ...rows.flatMap(({ found, target }) => [found.high, target ?? 0]));
  const most = Math.min(MOST, Math.ceil(largest * 5) / 5);
  const within = (value: number) => Math.min(value, most);
  return svg(
    {
      color: [colour, TARGET],
      legend: { top: 0, textStyle: { color: TEXT }, data: ["Holdfast / nats.js", "target"] },
      grid: { left: 215, right: 25, top: HEAD, bottom: 24 },
      xAxis: {
        type: "value",
        min: 0,
        max: most,
        axisLabel: { color: TEXT, formatter: "{value} ×", hideOverlap: true },
        splitLine: { lineStyle: { color: LINE } },
      },
      yAxis: {
        type: "category",
        data: shown.map(({ name, found }) => `${name}   ${times(found.median)} ×`),
        axisLabel: { color: TEXT, interval: 0 },
        axisLine: { lineStyle: { color: LINE } },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          name: "Holdfast / nats.js",
          barWidth: 12,
          data: shown.map(({ found }) => within(found.median)),
          // They are alike.
          markLine: {
            symbol: "none",
            silent: true,
            label: { show: false },
            lineStyle: { color: TEXT, type: "dashed" },
            data: [{ xAxis: 1 }],
          },
        },
        {
          type: "scatter",
          name: "target",
          symbol: "rect",
          symbolSize: [3, 18],
          data: shown.flatMap(({ target }, index) => (target === undefined ? [] : [[within(target), index]])),
        },
        {
          type: "custom",
          name: "interval",
          itemStyle: { color: TEXT },
          renderItem: whisker,
          encode: { x: [1, 2], y: 0 },
          data: shown.map(({ found }, index) => [index, within(found.low), within(found.high)]),
        },
      ],
    },
    width,
    HEAD + 24 + rows.length * ROW,
  );
}

/** The interval as a line with an end on each side. */
function whisker(
  _params: unknown,
  api: { value(dimension: number): number; coord(point: [number, number]): [number, number] },
): object {
  const row = api.value(0);
  const [left, y] = api.coord([api.value(1), row]);
  const [right] = api.coord([api.value(2), row]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: "line",
    shape: { x1, y1, x2, y2 },
    style: { stroke: "#343a40", lineWidth: 1.2 },
  });
  return {
    type: "group",
    children: [line(left, y, right, y), line(left, y - 3, left, y + 3), line(right, y - 3, right, y + 3)],
  };
}
