import * as echarts from "echarts";

/** Readable on white as well as on a dark page. */
export const TEXT = "#848d97";
export const LINE = "rgba(132, 141, 151, 0.3)";
const FONT = "system-ui, sans-serif";

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
