import { LINE, svg, TEXT } from "../../bench/report/picture.js";
import type { Case } from "../campaign.js";
import type { Result } from "../simulate.js";
import type { StrategyName } from "../strategies.js";
import { clientName } from "./figures.js";

const WIDTH = 760;
const HEIGHT = 430;
const COLOURS: Record<StrategyName, string> = {
  "nats.js": "#d9480f",
  "nats.js-forever": "#e8890c",
  "nats.go": "#1098ad",
  constant: "#868e96",
  decorrelated: "#9c5fd1",
  full: "#5c7cfa",
  holdfast: "#2f9e44",
};

/** Connects in each second, and clients without a link at the end of each: a picture, as SVG. */
export function chart(played: Case): string {
  const shown = [...played.results].filter(([name]) => name !== "nats.js-forever");
  const length = Math.max(
    ...shown.map(([, result]) => Math.max(result.perSecond.length, result.away.length)),
  );
  const option = {
    color: shown.map(([name]) => COLOURS[name]),
    legend: {
      top: 0,
      itemWidth: 18,
      textStyle: { color: TEXT },
      data: shown.map(([name]) => clientName(name)),
    },
    grid: [
      { left: 60, right: 15, top: 55, height: 140 },
      { left: 60, right: 15, top: 240, height: 140 },
    ],
    xAxis: [axis(0, length, ""), axis(1, length, "seconds since it began")],
    yAxis: [values(0, "connects per second"), values(1, "clients without a link")],
    series: [...shown.map((one) => series(one, 0, length)), ...shown.map((one) => series(one, 1, length))],
  };
  return svg(option, WIDTH, HEIGHT);
}

function axis(gridIndex: number, length: number, name: string) {
  return {
    type: "value" as const,
    gridIndex,
    min: 0,
    max: length,
    name,
    nameLocation: "middle" as const,
    nameGap: 26,
    nameTextStyle: { color: TEXT },
    axisLabel: { color: TEXT, showMaxLabel: false },
    axisLine: { lineStyle: { color: LINE } },
    axisTick: { lineStyle: { color: LINE } },
    splitLine: { show: false },
  };
}

function values(gridIndex: number, name: string) {
  return {
    type: "value" as const,
    gridIndex,
    name,
    nameTextStyle: { color: TEXT, align: "left" as const, padding: [0, 0, 0, -45] },
    nameGap: 10,
    splitNumber: 4,
    axisLabel: { color: TEXT },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: LINE } },
  };
}

function series([name, result]: [StrategyName, Result], index: number, length: number) {
  const counts = index === 0 ? result.perSecond : result.away;
  // Those that gave up stay away.
  const rest = index === 0 ? 0 : result.gaveUp;
  const ours = name === "holdfast";
  return {
    type: "line" as const,
    name: clientName(name),
    xAxisIndex: index,
    yAxisIndex: index,
    step: "start" as const,
    symbol: "none",
    z: ours ? 5 : 2,
    lineStyle: { width: ours ? 3 : 1.5 },
    // At its end stands what was counted in a second.
    data: Array.from({ length: length + 1 }, (_, second) => [
      second,
      second === 0 ? 0 : (counts[second - 1] ?? rest),
    ]),
  };
}
