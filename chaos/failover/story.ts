import type { Standing } from "./crew.js";
import type { Kills } from "./kills.js";
import type { Move, Moves } from "./moves.js";
import type { Pauses } from "./pauses.js";
import type { Receipt, Word } from "./protocol.js";
import type { Restart, Rolling } from "./rolling.js";

/** Messages that each publisher publishes in a story. */
const MESSAGES = 1000;

/** A receiver that has got everything once, but for what the story tells. */
export function receipt(story: Partial<Receipt> = {}): Receipt {
  return {
    receiver: "subscriber 1",
    queue: false,
    lost: 0,
    lostIds: [],
    duplicated: 0,
    servers: 0,
    twice: [],
    disorder: 0,
    gaps: [],
    ...story,
  };
}

/** Everybody has got everything, but for what the story tells. */
export function standing(story: Partial<Standing> = {}): Standing {
  return {
    ranges: [{ publisher: 0, from: 0, to: MESSAGES }],
    receipts: [receipt()],
    errands: [],
    stalls: [],
    // One message a ms, of which each 32nd is sampled.
    sendTimes: [Float64Array.from({ length: MESSAGES / 32 }, (_, index) => 1 + index * 32)],
    rejected: 0,
    ...story,
  };
}

/** A word of a connection. */
export function word(kind: Word["word"], story: Partial<Word> = {}): Word {
  return { member: "subscriber 1", word: kind, at: 0, detail: "n1 to n2", ...story };
}

/** Nothing came to a receiver for so many ms, `machine` of them because the machine was busy. */
export function pauses(ms: number, machine = 0): Pauses {
  const pause = { at: 0, ms, receiver: "subscriber 2", machine };
  return { longest: pause, own: pause, stall: { at: 0, ms: machine, busy: 0, process: "receivers" } };
}

/** A rolling restart of one node that went well, but for what the story tells. */
export function rolling(story: Partial<Restart> = {}, client: Rolling["client"] = "holdfast"): Rolling {
  const result: Restart = {
    lame: "n1",
    from: "n2",
    at: 0,
    left: 2_500,
    clients: 3,
    standing: standing(),
    lasted: 5_000,
    pauses: pauses(12),
    before: pauses(7),
    words: [word("move", { overlap: 60, twins: 100 })],
    ...story,
  };
  return {
    name: "rolling",
    client,
    restarts: 1,
    rate: 200,
    serverVersion: "2",
    results: [result],
    minutes: 1,
  };
}

/** A move that went well, but for what the story tells. */
export function move(story: Partial<Move> = {}): Move {
  return { member: "subscriber 1", at: 100, how: "move", ms: 50, overlap: 40, twins: 10, ...story };
}

/** Moves that went well, but for what the story tells. */
export function moves(story: Partial<Moves> = {}): Moves {
  return {
    name: "moves",
    client: "holdfast",
    moves: 1,
    rate: 200,
    serverVersion: "2",
    results: [move()],
    standing: standing(),
    lasted: 5_000,
    damages: [],
    pauses: pauses(12),
    words: [],
    minutes: 1,
    ...story,
  };
}

/** Kills that took so many ms each. */
export function kills(
  holdfast: number[],
  natsjs: number[],
  behindOne: number[] = [310],
  behindTwo = behindOne,
): Kills {
  const of = (client: "holdfast" | "natsjs", hanging: number, times: number[]) =>
    times.map((ms) => ({ client, hanging, ms }));
  return {
    name: "failover",
    serverVersion: "2",
    kills: holdfast.length,
    results: [
      ...of("holdfast", 0, holdfast),
      ...of("natsjs", 0, natsjs),
      ...of("holdfast", 1, behindOne),
      ...of("holdfast", 2, behindTwo),
    ],
    minutes: 1,
  };
}
