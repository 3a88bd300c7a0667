import { counted, duration, elapsed, percent, timeOfDay } from "../format.js";
import type { Store } from "../store.js";
import { HOUR_MS, lengthOf, type Mark, marks, type Run, strip, uptime } from "../timeline.js";
import { byId, List, make, moveByArrows, type Row, set, write } from "./dom.js";

/** CSS pixels of a mark and the space to the next: what a finger hits, with room for its text. */
const MARK_PX = 64;

interface Item extends Mark {
  readonly selected: boolean;
  readonly now: number;
}

/** The states of the last hour: a strip, marks under it that lead to the outages, and the same in words. */
export class Strip {
  private readonly strip = byId("strip", HTMLElement);
  private readonly toolbar = byId("marks", HTMLElement);
  private readonly words = byId("uptime", HTMLElement);
  private readonly runs: List<Run & { index: number }>;
  private readonly marks: List<Item>;

  /** @param choose leads to the outage that began at this time */
  constructor(choose: (startedAt: number) => void) {
    this.runs = new List(this.strip, ({ index }: Run & { index: number }) => String(index), runRow);
    this.marks = new List(
      this.toolbar,
      ({ outages }) => String(outages.at(-1)!.startedAt),
      () => markRow(choose),
    );
    moveByArrows(
      this.toolbar,
      () => [...this.toolbar.querySelectorAll("button")],
      (element) => this.reachByTab(element),
    );
  }

  /** @param selected when the outage began that is open in the table; undefined: none is */
  update({ current, now }: Store, selected: number | undefined): void {
    if (current === undefined) return;
    const { timeline, outages } = current.view;
    this.runs.show(strip(timeline, now).map((run, index) => ({ ...run, index })));
    // The toolbar is as wide as the strip, and has no width while it is hidden.
    const width = MARK_PX / Math.max(MARK_PX, this.strip.clientWidth);
    this.marks.show(
      marks(outages, now, width).map((mark) => ({
        ...mark,
        selected: mark.outages.some((outage) => outage.startedAt === selected),
        now,
      })),
    );
    const buttons = [...this.toolbar.querySelectorAll("button")];
    if (!buttons.some((button) => button.tabIndex === 0) && buttons.length > 0)
      this.reachByTab(buttons.at(-1)!);
    this.toolbar.hidden = buttons.length === 0;
    write(this.words, inWords(current.view, now));
  }

  private reachByTab(chosen: HTMLElement): void {
    for (const button of this.toolbar.querySelectorAll("button"))
      button.tabIndex = button === chosen ? 0 : -1;
  }
}

function inWords({ timeline, outages }: NonNullable<Store["current"]>["view"], now: number): string {
  const { known, up } = uptime(timeline, now);
  if (known === 0) return "";
  const recent = outages.filter((outage) => (outage.endedAt ?? now) > now - HOUR_MS);
  const share = `connected ${percent(up / known)} of ${known >= HOUR_MS - 1000 ? "the hour" : elapsed(known)}`;
  if (recent.length === 0) return `${share}, no outage`;
  const total = recent.reduce((sum, outage) => sum + lengthOf(outage, now), 0);
  return `${share}, ${counted(recent.length, "outage")}, ${duration(total)} in all`;
}

function runRow(): Row<Run> {
  const root = make("span", "run");
  return {
    nodes: [root],
    update: ({ from, to, tone }) => {
      set(root, "data-tone", tone ?? "unknown");
      root.style.left = `${(from * 100).toFixed(3)}%`;
      root.style.width = `${((to - from) * 100).toFixed(3)}%`;
    },
  };
}

function markRow(choose: (startedAt: number) => void): Row<Item> {
  const root = make("button");
  root.type = "button";
  root.tabIndex = -1;
  let newest = 0;
  root.addEventListener("click", () => choose(newest));
  return {
    nodes: [root],
    update: ({ at, outages, selected, now }) => {
      const [first] = outages;
      newest = first!.startedAt;
      const length = duration(lengthOf(first!, now));
      write(root, outages.length === 1 ? length : `${outages.length} ×`);
      set(
        root,
        "aria-label",
        outages.length === 1
          ? `Outage at ${timeOfDay(newest)}, ${length}`
          : `${outages.length} outages, the last at ${timeOfDay(newest)}, ${length}`,
      );
      set(root, "aria-pressed", String(selected));
      set(root, "data-open", first!.endedAt === null ? "" : undefined);
      root.style.left = `${(at * 100).toFixed(3)}%`;
    },
  };
}
