import type { Estimate } from "../statistics.js";
import { LEGEND, nameAxis, svg, TEXT, valueAxis, widthOf } from "./picture.js";
import { times } from "./ratio.js";

/** A ratio and what it is to reach. */
export interface Against {
  readonly name: string;
  readonly found: Estimate;
  readonly target: number | undefined;
}

/** A picture of ratios. */
export interface Ratios {
  readonly rows: readonly Against[];
  /** What is divided by what. */
  readonly name: string;
  readonly colour: string;
  readonly width: number;
  /** Where nothing is gained and nothing lost. */
  readonly even: number;
}

const ROW = 24;
const HEAD = 34;
const FOOT = 24;
/** Seen on the bars as well as beside them, on any page. */
const TARGET = "#fcc419";
const INK = "#212529";
const HALO = "#ffffff";
/** What is more ends at the edge: its figure stands beside its name. */
const MOST = 10;

/** Ratios as bars that lie, each with its interval, and its target as a mark. */
export function ratioBars({ rows, name, colour, width, even }: Ratios): string {
  const shown = rows.toReversed(); // the first name of such an axis stands at its bottom
  const largest = Math.max(even, ...rows.flatMap(({ found, target }) => [found.high, target ?? 0]));
  const axis = valueAxis("", (value) => `${Number(value.toFixed(2))} ×`, Math.min(MOST, largest));
  const within = (value: number) => Math.min(value, axis.max);
  const names = shown.map((row) => `${row.name}   ${times(row.found.median)} ×`);
  const target = {
    type: "scatter",
    name: "target",
    symbol: "rect",
    symbolSize: [5, 18],
    z: 4,
    itemStyle: { color: TARGET, opacity: 1, borderColor: INK, borderWidth: 1 },
    data: shown.flatMap((row, index) => (row.target === undefined ? [] : [[within(row.target), index]])),
  };
  return svg(
    {
      color: [colour, TARGET],
      legend: { ...LEGEND, data: [name, "target"] },
      grid: {
        left: Math.max(...names.map((text) => widthOf(text))) + 12,
        right: 25,
        top: HEAD,
        bottom: FOOT,
      },
      xAxis: axis,
      yAxis: nameAxis(names),
      series: [
        {
          type: "bar",
          name,
          barWidth: 12,
          data: shown.map(({ found }) => within(found.median)),
          markLine: {
            symbol: "none",
            silent: true,
            label: { show: false },
            lineStyle: { color: TEXT, type: "dashed" },
            data: [{ xAxis: even }],
          },
        },
        target,
        {
          type: "custom",
          name: "interval",
          z: 5,
          renderItem: whisker,
          encode: { x: [1, 2], y: 0 },
          data: shown.map(({ found }, index) => [index, within(found.low), within(found.high)]),
        },
      ],
    },
    width,
    HEAD + FOOT + rows.length * ROW,
  );
}

/** The interval as a line with an end on each side; a light edge keeps it apart from bars and from dark pages. */
function whisker(
  _params: unknown,
  api: { value(dimension: number): number; coord(point: [number, number]): [number, number] },
): object {
  const row = api.value(0);
  const [left, y] = api.coord([api.value(1), row]);
  const [right] = api.coord([api.value(2), row]);
  const lines = [
    { x1: left, y1: y, x2: right, y2: y },
    { x1: left, y1: y - 3, x2: left, y2: y + 3 },
    { x1: right, y1: y - 3, x2: right, y2: y + 3 },
  ];
  const drawn = (stroke: string, lineWidth: number) =>
    lines.map((shape) => ({ type: "line", shape, style: { stroke, lineWidth } }));
  return { type: "group", children: [...drawn(HALO, 3), ...drawn(INK, 1.2)] };
}
