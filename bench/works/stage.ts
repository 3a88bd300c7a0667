import type { Run } from "../figures.js";
import type { Feed, WorkerJob } from "../processes/messages.js";
import type { Work } from "./work.js";

/** What a work needs from outside its process. */
export interface Stage {
  /** Resolves when the server holds a whole feed for this process, which reads nothing meanwhile. */
  held(feed: Feed): Promise<void>;
  /** A feed begins, and goes on as fast as the server routes it; resolves at once. */
  live(feed: Feed): Promise<void>;
}

/** How a kind of work is done; it leaves its connections to the end of the process. */
export type Perform<W extends Work> = (work: W, job: WorkerJob, stage: Stage) => Promise<Run>;

/** The run of a work with one step. */
export function oneStep({ step = "" }: Work, sample: Run[string]): Run {
  return { [step]: sample };
}
