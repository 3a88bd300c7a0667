import { TimeSamples } from "../demo/ledger/samples.js";
import type { Books } from "../demo/protocol.js";
import type { Evidence, Subject } from "./evidence.js";
import { findTrouble } from "./faults/catalogue.js";
import type { LinkWord, PublisherReport, WitnessReport } from "./protocol.js";

/** Messages of a trial: one each ms, from {@link START} on. */
export const MESSAGES = 1000;
/** When the first one is published, in ms. */
export const START = 1_000_000;

/** What is special about a trial that is told for a test. */
export interface Story {
  readonly subject?: Partial<Subject>;
  readonly fault?: string;
  /** How often the servers passed on each message; default once. */
  readonly heard?: Record<number, number>;
  /** The same of a second server. */
  readonly elsewhere?: Record<number, number>;
  readonly words?: Partial<LinkWord>[];
  readonly injectedAt?: number[];
  readonly kills?: number[];
  readonly books?: Partial<Books>;
  readonly publisher?: Partial<PublisherReport>;
  readonly witness?: Partial<WitnessReport>;
  readonly held?: number;
  readonly inClear?: boolean;
}

/** A trial in which all went well, but for what the story tells. Times are ms after the start. */
export function tell(story: Story): Evidence {
  const { subject = {}, heard = {}, elsewhere, words = [], injectedAt = [100], kills = [] } = story;
  const trouble = findTrouble(story.fault ?? "reset")!;
  const times = new TimeSamples();
  for (let id = 0; id < MESSAGES; id += 32) times.note(id, START + id);
  const counts = [heard, ...(elsewhere ? [elsewhere] : [])].map((each) =>
    Uint8Array.from({ length: MESSAGES }, (_, id) => each[id] ?? 1),
  );
  const books = { accepted: MESSAGES, confirmed: MESSAGES, refused: 0, dropped: 0, unconfirmed: 0 };
  return {
    trouble,
    subject: { client: "holdfast", delivery: "at-least-once", ...subject },
    rate: 1000,
    startedAt: START,
    injections: injectedAt.map((at) => ({
      faults: trouble.faults,
      at: START + at,
      healedAt: START + at + 50,
    })),
    words: words.map((word) => ({
      type: "link",
      word: "down",
      accepted: 0,
      ...word,
      at: START + (word.at ?? 0),
    })),
    kills: kills.map((at) => START + at),
    heldAtStart: 0,
    heldAtMost: story.held ?? 0,
    publisher: {
      type: "report",
      accepted: MESSAGES,
      rejected: 0,
      elapsed: 1000,
      unconfirmed: [],
      dropped: [],
      books: subject.client === "natsjs" ? undefined : { ...books, pending: 0, replayed: 0, ...story.books },
      unbalanced: 0,
      errors: [],
      sendTimes: times.values(),
      heard: new Uint8Array(MESSAGES).fill(1),
      heardDamaged: 0,
      ...story.publisher,
    },
    witness: {
      type: "report",
      counts,
      firstHeard: times.values(),
      damaged: [],
      unreadable: 0,
      disorder: 0,
      serverVersion: "2",
      ...story.witness,
    },
    inClear: story.inClear ?? false,
    failures: [],
  };
}
