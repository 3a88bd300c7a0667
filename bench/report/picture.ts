import * as echarts from "echarts";

/** Readable on white as well as on a dark page. */
export const TEXT = "#848d97";
export const LINE = "rgba(132, 141, 151, 0.3)";
const FONT = "system-ui, sans-serif";

/** Width of a character in parts of the font's size: of the wider fonts that a reader may have, so that nothing overlaps in any. */
const WIDE = 0.62;

// Nobody knows here which font it will be: what is built in is the width of a narrow one.
echarts.setPlatformAPI({
  measureText: (text, font) => ({ width: widthOf(text, Number(/([\d.]+)px/.exec(font ?? "")?.[1] ?? 12)) }),
});

/** Pixels that a text takes. */
export function widthOf(text: string, size = 12): number {
  return text.length * size * WIDE;
}

/** What all charts have in common: the names of the series above, and the places of axes. */
export const LEGEND = {
  top: 0,
  itemGap: 18,
  itemWidth: 18,
  itemHeight: 12,
  textStyle: { color: TEXT },
} as const;

/**
 * An axis of values from 0; its ticks are round, and so is its end.
 *
 * @param unit what ticks are round in, as KiB
 */
export function valueAxis(
  name: string,
  format: (value: number) => string,
  most: number,
  unit = 1,
): { readonly max: number; readonly [option: string]: unknown } {
  const step = roundStep(most / unit / 4) * unit;
  return {
    type: "value",
    name,
    nameGap: 22,
    nameTextStyle: { color: TEXT, align: "left" },
    min: 0,
    max: Math.ceil(most / step - 1e-9) * step,
    interval: step,
    axisLabel: { color: TEXT, formatter: (value: number) => withoutZeros(format(value)) },
    splitLine: { lineStyle: { color: LINE } },
  };
}

/** An axis of names. */
export function nameAxis(names: readonly string[]): object {
  return {
    type: "category",
    data: [...names],
    axisLabel: { color: TEXT, interval: 0 },
    axisLine: { lineStyle: { color: LINE } },
    axisTick: { show: false },
  };
}

/** The next of 1, 2, 2.5, 5, 10, … */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 2.5, 5, 10].find((digit) => digit * power >= least * (1 - 1e-9))!;
}

/** "2.50 M" → "2.5 M", "3.00 M" → "3 M". */
function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");
}

/** Draws a chart as SVG, the same text each time. */
export function svg(option: echarts.EChartsCoreOption, width: number, height: number): string {
  const picture = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  picture.setOption({ animation: false, textStyle: { fontFamily: FONT, color: TEXT }, ...option });
  const text = picture.renderToSVGString();
  picture.dispose();
  return `${still(text)}\n`;
}

/** Without what is for a mouse, and is named differently each time. */
function still(text: string): string {
  return text
    .replaceAll(/<style.*?<\/style>\s*/gs, "")
    .replaceAll(/ (?:class|clip-path|pointer-events)="[^"]*"/g, "")
    .replaceAll(/<defs.*?<\/defs>\s*/gs, "");
}
