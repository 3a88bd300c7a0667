import type { ConnectionView, OutageView, StateName } from "../dashboard/protocol.js";
import { lookOf, type Tone, worst } from "./states.js";

type Timeline = ConnectionView["timeline"];

/** What the strip shows: an hour. */
export const HOUR_MS = 3_600_000;
/** The strip is cut into this many pieces: what it takes to draw does not grow with what happened. */
export const PIECES = 240;
const PIECE_MS = HOUR_MS / PIECES;

/** A stretch of the strip; `from` and `to` are shares of its width. Undefined: nothing is known of it. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly tone: Tone | undefined;
}

/** A time in a state. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly state: StateName;
}

/** The states between two times (ms since the epoch), oldest first. */
export function intervals(timeline: Timeline, from: number, to: number): Interval[] {
  const found: Interval[] = [];
  timeline.forEach(({ at, state }, i) => {
    const start = Math.max(from, at);
    const end = Math.min(to, timeline[i + 1]?.at ?? to);
    if (end > start) found.push({ from: start, to: end, state });
  });
  return found;
}

/** When the strip of the last hour ends: at the end of the piece that is under way, so that pieces stay what they are as time goes on. */
export function stripEnd(now: number): number {
  return Math.ceil(now / PIECE_MS) * PIECE_MS;
}

/** The last hour in pieces, each with the most serious state of its time; neighbours that are alike are one. */
export function strip(timeline: Timeline, now: number): Run[] {
  const end = stripEnd(now);
  const start = end - HOUR_MS;
  const pieces: Tone[][] = Array.from({ length: PIECES }, () => []);
  for (const { from, to, state } of intervals(timeline, start, now)) {
    const last = Math.min(PIECES - 1, Math.ceil((to - start) / PIECE_MS) - 1);
    for (let i = Math.floor((from - start) / PIECE_MS); i <= last; i++) pieces[i]!.push(lookOf(state).tone);
  }
  const runs: Run[] = [];
  pieces.forEach((tones, i) => {
    const tone = tones.length === 0 ? undefined : worst(tones);
    const before = runs.at(-1);
    const run = { from: i / PIECES, to: (i + 1) / PIECES, tone };
    if (before !== undefined && before.tone === tone) runs[runs.length - 1] = { ...before, to: run.to };
    else runs.push(run);
  });
  return runs;
}

/** How much of the last hour is known, and how much of that there was a link (ms). */
export function uptime(timeline: Timeline, now: number): { known: number; up: number } {
  let [known, up] = [0, 0];
  for (const { from, to, state } of intervals(timeline, now - HOUR_MS, now)) {
    known += to - from;
    if (state === "connected" || state === "draining") up += to - from;
  }
  return { known, up };
}

/** How long an outage lasted, or lasts so far. */
export function lengthOf({ startedAt, endedAt, duration }: OutageView, now: number): number {
  return duration ?? (endedAt ?? now) - startedAt;
}

/** Outages so close to each other that one mark stands for them. */
export interface Mark {
  /** Where it begins: a share of the strip's width. */
  readonly at: number;
  /** Newest first; at least one. */
  readonly outages: readonly OutageView[];
}

/**
 * Marks for the outages of the last hour, oldest first, each `width` wide (a share of the strip's width) and none over another: so that a finger
 * can hit each of them.
 */
export function marks(outages: readonly OutageView[], now: number, width: number): Mark[] {
  const start = stripEnd(now) - HOUR_MS;
  const found: { at: number; outages: OutageView[] }[] = [];
  for (const outage of outages.toReversed()) {
    if ((outage.endedAt ?? now) < start) continue;
    const at = Math.min(Math.max(0, (outage.startedAt - start) / HOUR_MS), 1 - width);
    const last = found.at(-1);
    if (last !== undefined && at - last.at < width) last.outages.unshift(outage);
    else found.push({ at, outages: [outage] });
  }
  return found;
}
