import type { ClientName, Where } from "../clients/client.js";
import type { Connecting } from "../clients/connect.js";
import type { Run } from "../figures.js";
import type { Work } from "../works/work.js";

/** What one worker process is to measure. */
export interface WorkerJob extends Connecting {
  readonly work: Work;
  readonly client: ClientName;
  /** Milliseconds of one measurement; what goes by number is smaller in proportion when they are fewer than usual. */
  readonly ms: number;
  /** Which round of the case it is, for whoever begins with another part in each; default 0. */
  readonly round?: number;
}

/** What a worker tells. `subscribed`: this may come; with `waits` it stands still until the server holds all of it. */
export type FromWorker = { type: "subscribed"; feed: Feed; waits: boolean } | { type: "measured"; run: Run };

/** What another process is to publish. */
export interface Feed {
  readonly messages: number;
  readonly subjects: { readonly prefix: string; readonly count: number };
  readonly size: number;
  readonly headers: boolean;
  /** Each payload is a JSON document. Default: letters. */
  readonly json?: boolean;
}

/** Who helps, and with which server. */
export interface HelperJob {
  readonly where: Where;
}

/** A helper is ready; or the server has all of a feed. */
export type FromHelper = { type: "ready" } | { type: "fed" };

/** A subject of its own for everything that is measured. */
export const SUBJECT = "bench.work";

/** Where the responder listens. */
export const REQUESTS = `${SUBJECT}.request`;

/** Subjects of a feed or a load: the one, or so many with numbers. */
export function subjectsOf({ prefix, count }: Feed["subjects"]): string[] {
  return count === 1 ? [prefix] : Array.from({ length: count }, (_, number) => `${prefix}.${number}`);
}
