import type { Books, BufferLevel, ClientKind } from "./protocol.js";

/** Where a run is. */
export type Phase = "waiting" | "starting" | "running" | "settling" | "done" | "failed";

/** Something worth a line. */
export interface Note {
  /** Milliseconds after publishing began. */
  readonly at: number;
  readonly text: string;
  /** A fault, a way back, or a plain remark: they are coloured differently. */
  readonly mood: "bad" | "good" | "plain";
}

/** A figure at a moment; `at` in milliseconds after publishing began. */
export interface Sample {
  readonly at: number;
  readonly delivered: number;
  readonly buffered: number;
}

/** What can be wrong with a node: no process, one that stands still, or one that accepts and says nothing. */
export type Ailment = "down" | "frozen" | "hanging";

/** A stretch in which something was wrong with a node. */
export interface Downtime {
  readonly from: number;
  to: number;
  readonly ailment: Ailment;
}

/** All that a view needs to know of one run while it goes on. The run writes it, the views only read. */
export class Progress {
  readonly client: ClientKind;
  readonly label: string;
  /** The planned length of the run, in milliseconds. */
  readonly length: number;
  phase: Phase = "waiting";
  /** Wall clock of the start of publishing; 0 before. */
  startedAt = 0;
  /** Wall clock of the end of publishing; infinity before. */
  endedAt = Number.POSITIVE_INFINITY;
  nodes: { name: string; downtimes: Downtime[] }[] = [];
  /** Where the clients were: node index, or -1 for nowhere. */
  publisherPath: { at: number; node: number }[] = [];
  subscriberPath: { at: number; node: number }[] = [];
  samples: Sample[] = [];
  notes: Note[] = [];
  accepted = 0;
  rejected = 0;
  delivered = 0;
  duplicates = 0;
  buffer: BufferLevel | undefined;
  books: Books | undefined;
  /** Address of the page that shows it, while it runs. */
  dashboard: string | undefined;
  /** Why it failed, if it did. */
  failure = "";

  constructor(client: ClientKind, label: string, length: number) {
    this.client = client;
    this.label = label;
    this.length = length;
  }

  note(at: number, text: string, mood: Note["mood"] = "plain"): void {
    this.notes.push({ at, text, mood });
  }
}
