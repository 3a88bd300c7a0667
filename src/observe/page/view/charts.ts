import { bytes, duration, millis, NONE, rate, shortCount } from "../format.js";
import type { Field } from "../samples.js";
import type { Store } from "../store.js";
import { Chart, type ChartSpec } from "./chart.js";
import { byId } from "./dom.js";

/** Powers of two, so that sizes are round. */
const BINARY_STEPS = Array.from({ length: 45 }, (_, i) => 2 ** i);

const SPECS: readonly ChartSpec[] = [
  {
    title: "Messages per second",
    lines: [
      { name: "In", field: "inMsgs", colour: "--in", style: "solid" },
      { name: "Out", field: "outMsgs", colour: "--out", style: "dashed" },
    ],
    show: (value) => (value === null ? NONE : rate(value)),
    tick: shortCount,
    atLeast: 10,
    headroom: 1.1,
  },
  {
    title: "Buffer",
    lines: [
      { name: "Level", field: "bufferBytes", colour: "--buffer", style: "solid", filled: true },
      {
        name: "Limit",
        field: "bufferLimit",
        colour: "--bad",
        style: "dashed",
        isMark: true,
        isStepped: true,
      },
    ],
    show: (value) => (value === null ? NONE : bytes(value)),
    tick: bytes,
    atLeast: 1024,
    headroom: 1.06,
    steps: BINARY_STEPS,
  },
  {
    title: "Round trip",
    lines: [{ name: "PING to PONG", field: "rtt", colour: "--rtt", style: "solid", filled: true }],
    show: millis,
    tick: (value) => (value === 0 ? "0" : millis(value)),
    atLeast: 1,
    headroom: 1.2,
  },
];

/** The three charts of a connection, over one stretch of time. */
export class Charts {
  private readonly charts: { readonly chart: Chart; readonly fields: readonly Field[] }[];
  private readonly ranges = byId("ranges", HTMLElement);
  private range: number;
  /** What was drawn last. */
  private drawn = "";

  /** @param changed another stretch of time is to be shown */
  constructor(changed: () => void) {
    const place = byId("charts", HTMLElement);
    this.charts = SPECS.map((spec) => ({
      chart: new Chart(spec, place),
      fields: spec.lines.map(({ field }) => field),
    }));
    this.range = this.chosen();
    this.ranges.addEventListener("change", () => {
      this.range = this.chosen();
      changed();
    });
  }

  /** Draws at most once a second, unless something else is to be seen. */
  update({ samples, current, selected, now, contact }: Store): void {
    if (current === undefined) return;
    const to = Math.ceil(now / 1000) * 1000;
    const drawn = [
      selected,
      this.range,
      to,
      samples.until,
      samples.size,
      current.view.since,
      contact.kind,
    ].join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const from = to - this.range;
    const span = `the last ${duration(this.range)}`;
    const { timeline } = current.view;
    for (const { chart, fields } of this.charts)
      chart.draw({ rows: samples.since(from - 1000, fields), from, to, span, timeline });
  }

  recolour(): void {
    for (const { chart } of this.charts) chart.recolour();
  }

  private chosen(): number {
    const checked = this.ranges.querySelector<HTMLInputElement>("input:checked");
    return Number(checked?.value ?? 300_000);
  }
}
