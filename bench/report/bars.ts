import type { EChartsCoreOption } from "echarts";
import { LEGEND, nameAxis, TEXT, valueAxis } from "./picture.js";

/** The bars of one client. */
export interface BarSeries {
  readonly name: string;
  readonly colour: string;
  /** One for each name; a client that has none has no bar. */
  readonly values: readonly (number | undefined)[];
  /** It does not set the scale: where it is far more than the others, its bar ends at the edge, with an arrow. */
  readonly beyond?: boolean;
}

/** A chart with a group of bars for each name. */
export interface Bars {
  readonly names: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
  /** What the axis counts. */
  readonly axis: string;
  /** What its ticks are round in; default 1. */
  readonly unit?: number;
}

/** How much of its height those that set the scale have at least. */
const ROOM = 2;
const TOP = 62;
const BOTTOM = 30;
const LEFT = 62;
const RIGHT = 12;

/** The chart as an option of echarts; every bar has its value above it. */
export function bars(all: Bars): EChartsCoreOption {
  const axis = axisOf(all);
  return {
    color: all.series.map(({ colour }) => colour),
    legend: LEGEND,
    grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
    xAxis: nameAxis(all.names),
    yAxis: axis,
    series: all.series.map((one) => barsOf(one, all.format, axis.max)),
  };
}

/** One chart beside the other, each with one group of bars and a scale of its own: what they show is not alike in size. */
export function panels(all: readonly Bars[], width: number): EChartsCoreOption {
  const each = width / all.length;
  const axes = all.map(axisOf);
  return {
    color: all[0].series.map(({ colour }) => colour),
    legend: LEGEND,
    grid: all.map((_, index) => ({
      left: index * each + LEFT,
      width: each - LEFT - RIGHT,
      top: TOP,
      bottom: BOTTOM,
    })),
    xAxis: all.map(({ names }, gridIndex) => ({ ...nameAxis(names), gridIndex })),
    yAxis: axes.map((axis, gridIndex) => ({ ...axis, gridIndex })),
    series: all.flatMap(({ series, format }, index) =>
      series.map((one) => ({
        ...barsOf(one, format, axes[index].max),
        xAxisIndex: index,
        yAxisIndex: index,
      })),
    ),
  };
}

function axisOf({ axis, format, series, unit }: Bars): ReturnType<typeof valueAxis> {
  return valueAxis(axis, format, mostOf(series), unit);
}

/** @param edge where the picture ends */
function barsOf({ name, values }: BarSeries, format: (value: number) => string, edge: number): object {
  return {
    type: "bar",
    name,
    barGap: "8%",
    barMaxWidth: 90,
    label: { show: true, position: "top", fontSize: 9, color: TEXT },
    data: values.map((value) => {
      if (value === undefined) return "-";
      const formatter = value > edge ? `${format(value)} ↑` : format(value);
      return { value: Math.min(value, edge), label: { formatter } };
    }),
  };
}

/** The value that the picture has to have room for. */
function mostOf(series: readonly BarSeries[]): number {
  const largest = (some: readonly BarSeries[]) =>
    Math.max(0, ...some.flatMap(({ values }) => values.filter((value) => value !== undefined)));
  const scale = largest(series.filter(({ beyond }) => beyond !== true));
  const all = largest(series);
  return scale > 0 && all > scale * ROOM ? scale * ROOM : all || 1;
}
