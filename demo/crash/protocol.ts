/** What a publisher is started with; one JSON argument. */
export interface PublisherOrder {
  readonly servers: readonly string[];
  /** Folder of the outbox. */
  readonly path: string;
  readonly stream: string;
  readonly subject: string;
  /** Which life this is, from 1: the first half of a message's name. */
  readonly life: number;
  readonly rate: number;
  readonly size: number;
}

/** The promises of these messages, both included, have resolved: they are on disk. */
export interface Resolved {
  readonly type: "resolved";
  readonly from: number;
  readonly to: number;
}

/** Where the outbox stands, ten times a second. */
export interface Tick {
  readonly type: "tick";
  /** Messages that it found when it was opened. */
  readonly recovered: number;
  /** Messages that the stream has stored, in this life. */
  readonly confirmed: number;
  /** Messages on disk that are not confirmed. */
  readonly held: number;
}

/** What the last life knows at its end. */
export interface Report {
  readonly type: "report";
  readonly held: number;
  /** Messages that the stream has refused. */
  readonly parked: number;
}

/** A line that a publisher says. `open`: it has its outbox, and publishing begins; `rejected`: a promise was, which should not be. */
export type FromPublisher =
  | { readonly type: "open" }
  | Resolved
  | Tick
  | { readonly type: "rejected"; readonly error: string }
  | Report;

/** What a publisher is told on its standard input, to publish nothing more, and to end when its outbox is empty. The end of the input is its end. */
export const FINISH = "finish\n";
