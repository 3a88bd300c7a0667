import { CONFIRM_BOUNDS, ConfirmTimes } from "../core/confirm-times.js";
import type { Engine } from "../core/engine.js";
import { CodedError } from "../errors.js";
import { dismissPromise } from "./handled.js";

/** How long things took, as counts. */
export interface Histogram {
  /** Upper bounds of the buckets, ms, ascending; a bucket includes its bound. */
  readonly bounds: readonly number[];
  /** How many fell into each bucket, not cumulated, and behind them what is above all bounds. */
  readonly counts: readonly number[];
  /** ms of all together. */
  readonly sum: number;
  /** How many there were in all. */
  readonly count: number;
}

/** What `nc.measure()` is to count. */
export interface MeasureOptions {
  /**
   * The name under which messages to a subject are counted; called once for each subject at a look, not for each message. Default: all are
   * `other`. One that throws, or returns no text, counts as `other` too.
   */
  subject?: (subject: string) => string;
  /** Names that are told apart, at most; what comes later is `other`. Default 100. */
  subjects?: number;
}

/** What is counted for one who asked, see `nc.measure()`. */
export interface Measurements {
  /**
   * Times from the acceptance of a message to its confirmation, since somebody asked first. What one PONG confirms together counts with the
   * age of its oldest: nothing counts as quicker than it was.
   */
  publishLatency(): Histogram;
  /** Messages that were accepted, by the name of their subject; in all as many as `stats().accepted`. */
  published(): ReadonlyMap<string, number>;
  /** Ends counting by name; what was counted stays. */
  stop(): void;
}

/** The name of what has none of its own. */
const OTHER = "other";
const MOST = 100;

/** Counts for those who ask, from what the connection keeps anyway: a message costs nothing more. */
export class Measuring {
  private readonly engine: Engine;
  private readonly tallies = new Set<SubjectTally>();

  constructor(engine: Engine) {
    this.engine = engine;
    engine.outbound.window.times ??= new ConfirmTimes();
    engine.intake.subjects.onDrop = this.add;
  }

  /** @throws CodedError `INVALID_ARGUMENT` */
  open({ subject, subjects = MOST }: MeasureOptions): Measurements {
    if (subject !== undefined && typeof subject !== "function") {
      throw new CodedError(
        "INVALID_ARGUMENT",
        "measure(): subject is no function from a subject to its name",
      );
    }
    if (!Number.isInteger(subjects) || subjects < 0) {
      throw new CodedError("INVALID_ARGUMENT", "measure(): subjects is no number of names");
    }
    const { engine } = this;
    const tally = new SubjectTally(subject, subjects);
    // What was counted before belongs to those who have asked before.
    this.look();
    this.tallies.add(tally);
    return {
      publishLatency() {
        const { counts, sum, count } = engine.outbound.window.times!;
        return { bounds: CONFIRM_BOUNDS, counts: [...counts], sum, count };
      },
      published: () => {
        if (this.tallies.has(tally)) this.look();
        return tally.total(engine.books.accepted);
      },
      stop: () => {
        if (this.tallies.has(tally)) this.look();
        this.tallies.delete(tally);
      },
    };
  }

  private look(): void {
    this.engine.intake.subjects.count(this.add);
  }

  private readonly add = (subject: string, messages: number): void => {
    for (const tally of this.tallies) tally.add(subject, messages);
  };
}

/** Messages by the name of their subject. */
class SubjectTally {
  private readonly nameOf: ((subject: string) => string) | undefined;
  private readonly most: number;
  private readonly counts = new Map<string, number>();
  private named = 0;

  constructor(nameOf: ((subject: string) => string) | undefined, most: number) {
    this.nameOf = nameOf;
    this.most = most;
  }

  add(subject: string, messages: number): void {
    const { counts } = this;
    const name = this.name(subject);
    const before = counts.get(name);
    if (name === OTHER || (before === undefined && counts.size >= this.most)) return;
    counts.set(name, (before ?? 0) + messages);
    this.named += messages;
  }

  /** What was never named is what is left: subjects that no cache holds are among it. */
  total(accepted: number): ReadonlyMap<string, number> {
    const left = accepted - this.named;
    return left > 0 ? new Map([...this.counts, [OTHER, left]]) : new Map(this.counts);
  }

  private name(subject: string): string {
    try {
      const name: unknown = this.nameOf?.(subject);
      if (dismissPromise(name)) return OTHER;
      return typeof name === "string" ? name : OTHER;
    } catch {
      return OTHER;
    }
  }
}
