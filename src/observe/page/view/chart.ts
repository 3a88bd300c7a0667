import type uPlot from "uplot";
import type { ConnectionView } from "../../dashboard/protocol.js";
import { timeOfDay } from "../format.js";
import { type Field, type Rows, summarize } from "../samples.js";
import { lookOf } from "../states.js";
import { intervals } from "../timeline.js";
import { make, set, write } from "./dom.js";

/** `uPlot.iife.min.js` makes it a global. */
const { uPlot: Plot } = globalThis as unknown as { uPlot: typeof uPlot };

const HEIGHT = 180;
const FONT = "12px system-ui, sans-serif";
/** What the cursors of all charts on the page share: one points, all show that moment. */
const SYNC = "holdfast";

/** Seconds from tick to tick. */
const TIME_STEPS = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800];

export interface Line {
  readonly name: string;
  readonly field: Field;
  /** The custom property with its colour: `--in`. */
  readonly colour: string;
  readonly style: "solid" | "dashed";
  readonly filled?: boolean;
  /** It is a mark for the others: nothing is said of it in the text for those who do not see the chart. */
  readonly isMark?: boolean;
  /** It changes at once, and not bit by bit. */
  readonly isStepped?: boolean;
}

export interface ChartSpec {
  readonly title: string;
  readonly lines: readonly Line[];
  /** A value with its unit. */
  readonly show: (value: number | null) => string;
  /** The same on the axis. */
  readonly tick: (value: number) => string;
  /** The least that the axis goes up to. */
  readonly atLeast: number;
  /** Room above the highest value: 1 is none. */
  readonly headroom: number;
  /** Steps of the axis; default: tens. */
  readonly steps?: number[];
}

/** What a chart is drawn of. */
export interface Drawing {
  readonly rows: Rows;
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Said of the time that is shown: `the last 5 min`. */
  readonly span: string;
  readonly timeline: ConnectionView["timeline"];
}

/** A chart with its title, its values of now or at the cursor, and the same in words. */
export class Chart {
  readonly figure = make("figure", "chart box");
  private readonly spec: ChartSpec;
  private readonly place = make("div", "plot");
  private readonly values: HTMLElement[] = [];
  private readonly moment = make("span", "moment");
  private readonly plot: uPlot;
  private drawing: Drawing | undefined;
  private colours = new Map<string, string>();

  constructor(spec: ChartSpec, parent: HTMLElement) {
    this.spec = spec;
    const caption = make("figcaption");
    const legend = make("ul", "legend");
    for (const { name, colour, style } of spec.lines) {
      const [item, swatch, value] = [make("li"), make("span", "swatch"), make("strong", "value")];
      swatch.style.borderTop = `3px ${style} var(${colour})`;
      item.append(swatch, `${name} `, value);
      legend.append(item);
      this.values.push(value);
    }
    caption.append(make("h3", "", spec.title), this.moment, legend);
    set(this.place, "role", "img");
    this.figure.append(caption, this.place);
    parent.append(this.figure);
    this.plot = new Plot(this.options(), [[], ...spec.lines.map(() => [])], this.place);
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
    }).observe(this.place);
  }

  draw(drawing: Drawing): void {
    this.drawing = drawing;
    this.plot.setData(drawing.rows as uPlot.AlignedData, true);
    this.writeValues();
    set(this.place, "aria-label", this.inWords(drawing));
  }

  /** The colours are other ones now. */
  recolour(): void {
    this.colours = new Map();
    this.plot.redraw(false, true);
  }

  private options(): uPlot.Options {
    const { lines, tick, atLeast, headroom, steps } = this.spec;
    const axis = (): uPlot.Axis => ({
      font: FONT,
      stroke: () => this.colour("--muted"),
      grid: { stroke: () => this.colour("--grid"), width: 1 },
      ticks: { show: false },
      gap: 6,
    });
    return {
      width: this.place.clientWidth || 320,
      height: HEIGHT,
      padding: [10, 18, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        sync: { key: SYNC },
        points: { size: 7 },
      },
      scales: {
        x: { range: () => [(this.drawing?.from ?? 0) / 1000, (this.drawing?.to ?? 1) / 1000] },
        y: { range: (_plot, _min, max) => [0, Math.max(atLeast, (max ?? 0) * headroom)] },
      },
      axes: [
        { ...axis(), size: 26, space: 52, incrs: TIME_STEPS, values: (_plot, splits) => splits.map(clock) },
        {
          ...axis(),
          size: 62,
          space: 34,
          values: (_plot, splits) => splits.map(tick),
          ...(steps && { incrs: steps }),
        },
      ],
      series: [
        {},
        ...lines.map(
          ({ colour, style, filled, isStepped }): uPlot.Series => ({
            stroke: () => this.colour(colour),
            width: 1.75,
            points: { show: false },
            ...(isStepped && { paths: Plot.paths.stepped!({ align: 1 }) }),
            ...(style === "dashed" && { dash: [6, 4] }),
            ...(filled && { fill: () => translucent(this.colour(colour), 0.16) }),
          }),
        ),
      ],
      hooks: { drawClear: [(plot) => this.drawBands(plot)], setCursor: [() => this.writeValues()] },
    };
  }

  /** Times without a link have a ground of their own. */
  private drawBands({ ctx, bbox, valToPos }: uPlot): void {
    const { drawing } = this;
    if (drawing === undefined) return;
    ctx.save();
    for (const { from, to, state } of intervals(drawing.timeline, drawing.from, drawing.to)) {
      const { tone } = lookOf(state);
      if (tone === "good") continue;
      const [left, right] = [valToPos(from / 1000, "x", true), valToPos(to / 1000, "x", true)];
      ctx.fillStyle = translucent(this.colour(`--${tone}`), 0.16);
      ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
    }
    ctx.restore();
  }

  /** The values at the cursor, or the last ones. */
  private writeValues(): void {
    if (this.drawing === undefined) return;
    const [xs, ...columns] = this.drawing.rows;
    const index = this.plot.cursor.idx;
    const at = index === null || index === undefined ? undefined : xs[index];
    write(this.moment, at === undefined ? "" : `at ${timeOfDay(at * 1000)}`);
    columns.forEach((column, i) => {
      const value = at === undefined ? column.at(-1) : column[index!];
      write(this.values[i]!, this.spec.show(value ?? null));
    });
  }

  private inWords({ rows: [, ...columns], span }: Drawing): string {
    const { lines, title, show } = this.spec;
    const parts = lines.flatMap(({ name, isMark }, i) => {
      const { last, mean, max } = summarize(columns[i]!);
      if (isMark) return max === null ? [] : [`${name}: ${show(last ?? max)}.`];
      return [
        max === null
          ? `${name}: nothing was measured.`
          : `${name}: now ${show(last)}, ${show(mean)} on average, at most ${show(max)}.`,
      ];
    });
    return `${title}, ${span}. ${parts.join(" ")}`;
  }

  /** Read once: a computed style is dear. */
  private colour(property: string): string {
    let colour = this.colours.get(property);
    if (colour === undefined) {
      colour = getComputedStyle(this.place).getPropertyValue(property);
      this.colours.set(property, colour);
    }
    return colour;
  }
}

/** `12:03`, or with seconds where that is no whole minute. */
function clock(seconds: number): string {
  const text = timeOfDay(seconds * 1000);
  return text.endsWith(":00") ? text.slice(0, -3) : text;
}

/** The properties are registered as colours, so that they are computed to `rgb(r, g, b)`. */
function translucent(colour: string, opacity: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
