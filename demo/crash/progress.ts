import type { Act } from "./plan.js";

/** Where a run is. */
export type Phase = "starting" | Act | "finishing" | "reading" | "done" | "failed";

/** Something worth a line; `at` in ms after the first life began. */
export interface CrashNote {
  readonly at: number;
  readonly text: string;
  readonly mood: "bad" | "good" | "plain";
}

/** Figures at a moment. */
export interface CrashSample {
  readonly at: number;
  /** Messages on disk, unconfirmed. */
  readonly held: number;
  /** Messages in the stream. */
  readonly stored: number;
}

/** All that a view needs to know while it goes on. The run writes it, the views only read. */
export class CrashProgress {
  /** How long it takes as a rule, ms. */
  readonly length: number;
  /** How many kills are planned. */
  readonly planned: number;
  phase: Phase = "starting";
  /** Of the first life, wall clock; 0 before. */
  startedAt = 0;
  /** Infinity before. */
  endedAt = Number.POSITIVE_INFINITY;
  servers: readonly string[] = [];
  /** What they are; undefined: none has answered yet. */
  serverVersion: string | undefined;
  /** When all servers were gone; `to` is infinity as long as they are. */
  outage: { from: number; to: number } | undefined;
  /** From the start of a publisher's process to its end. */
  lives: { from: number; to: number }[] = [];
  samples: CrashSample[] = [];
  notes: CrashNote[] = [];
  kills = 0;
  resolved = 0;
  /** Messages that were found on disk at the start of lives, all together. */
  recovered = 0;
  held = 0;
  stored = 0;

  constructor(planned: number) {
    this.planned = planned;
    this.length = planned * 1500 + 5000;
  }

  note(at: number, text: string, mood: CrashNote["mood"] = "plain"): void {
    this.notes.push({ at, text, mood });
  }
}
