import type { Errand } from "../protocol.js";

/** What a connection does. */
export interface Duty {
  /** Begins, or goes on. */
  go(): void;
  /** Begins nothing new; resolves when what was under way is over. */
  rest(): Promise<void>;
  /** What it has to tell of requests and stored messages. */
  errands?(): Errand[];
}
