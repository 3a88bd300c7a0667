import { baseline, type Case } from "./campaign.js";
import type { Result } from "./simulate.js";

/** Peak of connects: at most this part of nats.js's. */
const PEAK = 1 / 5;
/** The last client is back after at most so many times as long. */
const LAST = 1.5;
/** ms that a link waits for a confirmation before it counts as dead (`stallTimeout`), and an attempt may take (`timeout`). */
const PATIENCE = 5000;

/** Whether something that Holdfast must reach is reached. */
export interface Gate {
  readonly what: string;
  readonly figure: string;
  readonly held: boolean;
  /** Whether anything depends on it. Default true. */
  readonly asked?: boolean;
}

function storm(ours: Result, theirs: Result): Gate[] {
  return [
    {
      what: "peak ≤ 1/5 of nats.js's",
      figure: `1/${(theirs.peak / ours.peak).toFixed(1)}`,
      held: ours.peak <= theirs.peak * PEAK,
    },
    {
      what: "last client back ≤ 1.5 × theirs",
      figure: `${(ours.last / theirs.last).toFixed(2)} ×`,
      held: ours.last <= theirs.last * LAST,
    },
  ];
}

/** That all move within the grace period, and that no more come at once than an eviction sends, exclude each other: told, and not asked. */
function lameDuck(ours: Result, theirs: Result | undefined): Gate[] {
  const eviction = theirs === undefined ? "?" : Math.round(theirs.peak);
  return [
    {
      what: "peak ≤ what the server's paced eviction gives (excludes moving within its grace period)",
      figure: `${Math.round(ours.peak)}/s, ${eviction}/s`,
      held: theirs !== undefined && ours.peak <= theirs.peak,
      asked: false,
    },
    { what: "nobody loses its link", figure: `${ours.lost} lost`, held: ours.lost === 0 && ours.moved > 0 },
    { what: "no attempt fails", figure: `${ours.failed} failed`, held: ours.failed === 0 },
  ];
}

function replays(ours: Result): Gate[] {
  return [
    {
      what: "no link is given up, and no attempt fails",
      figure: `${ours.condemned + ours.failed}`,
      held: ours.condemned + ours.failed === 0,
    },
    {
      what: "every PING is answered within 5 s",
      figure: `${(ours.longestPing / 1000).toFixed(1)} s`,
      held: ours.longestPing < PATIENCE,
    },
  ];
}

/** What a case must hold, if Holdfast was played in it. */
export function gates(played: Case): Gate[] {
  const ours = played.results.get("holdfast");
  const theirs = baseline(played);
  if (ours === undefined) return [];
  if (played.window > 0) return replays(ours);
  if (played.scenario === "lame-duck") return lameDuck(ours, theirs);
  if (theirs === undefined || (played.scenario !== "all" && played.scenario !== "late")) return [];
  return storm(ours, theirs);
}
