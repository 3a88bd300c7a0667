import type { Ailment, Downtime, Progress } from "../progress.js";

/** How a node fared in one cell of its timeline. */
export type NodeCell = Ailment | "up" | "publisher" | "future";

/** The moments that a cell stands for, in milliseconds after the start. */
interface Cell {
  readonly from: number;
  readonly to: number;
}

/**
 * The run cut into `width` cells of equal length, up to where it is now; a run that takes longer than planned
 * is cut more coarsely.
 */
export function cells(progress: Progress, elapsed: number, width: number): { all: Cell[]; now: number } {
  const length = Math.max(progress.length, elapsed);
  const all = Array.from({ length: width }, (_, index) => ({
    from: (index * length) / width,
    to: ((index + 1) * length) / width,
  }));
  return { all, now: Math.min(width, Math.ceil((elapsed / length) * width)) };
}

/** One node's row. Ill for any part of a cell counts as ill: a short death must not vanish between two cells. */
export function nodeRow(progress: Progress, node: number, elapsed: number, width: number): NodeCell[] {
  const { all, now } = cells(progress, elapsed, width);
  const downtimes = progress.nodes[node].downtimes;
  return all.map((cell, index) => {
    if (index >= now) return "future";
    const downtime = downtimes.findLast((candidate) => overlaps(candidate, cell));
    if (downtime !== undefined) return downtime.ailment;
    return placeAt(progress.publisherPath, Math.min(cell.to, elapsed)) === node ? "publisher" : "up";
  });
}

/** Messages delivered in each past cell, per second. */
export function deliveredRow(progress: Progress, elapsed: number, width: number): number[] {
  const { all, now } = cells(progress, elapsed, width);
  const { samples } = progress;
  let next = 0;
  let last = { at: 0, delivered: 0 };
  const row: number[] = [];
  for (const cell of all.slice(0, now)) {
    const first = last;
    while (next < samples.length && samples[next].at <= cell.to) last = samples[next++];
    const time = last.at - first.at;
    // Cells shorter than the reports' interval hold no report now and then; they look like the one before.
    row.push(time > 0 ? ((last.delivered - first.delivered) / time) * 1000 : (row.at(-1) ?? 0));
  }
  return row;
}

/** The fullest that the buffer was in each past cell, in bytes. */
export function bufferedRow(progress: Progress, elapsed: number, width: number): number[] {
  const { all, now } = cells(progress, elapsed, width);
  const { samples } = progress;
  let next = 0;
  let level = 0;
  return all.slice(0, now).map((cell) => {
    let fullest = -1;
    while (next < samples.length && samples[next].at <= cell.to) {
      level = samples[next++].buffered;
      fullest = Math.max(fullest, level);
    }
    return fullest < 0 ? level : fullest;
  });
}

const BARS = "▁▂▃▄▅▆▇█";

/** A row of figures as little bars; `full` is the figure of a full one. */
export function sparkline(row: readonly number[], full: number): string {
  return row
    .map((value) => {
      if (value <= 0) return " ";
      const height = Math.ceil((value / full) * BARS.length) - 1;
      return BARS[Math.min(BARS.length - 1, Math.max(0, height))];
    })
    .join("");
}

function overlaps(downtime: Downtime, cell: Cell): boolean {
  return downtime.from < cell.to && downtime.to > cell.from;
}

/** Where somebody was at a moment. */
function placeAt(path: readonly { at: number; node: number }[], at: number): number {
  return path.findLast((stop) => stop.at <= at)?.node ?? -1;
}
