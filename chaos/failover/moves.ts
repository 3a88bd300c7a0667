import { now, sleep } from "../../demo/clock.js";
import { timeOf } from "../../demo/ledger/samples.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { Crew, type CrewSettings, type Standing } from "./crew.js";
import { type Pauses, pausesOf } from "./pauses.js";
import type { MemberPlan, MessageId, Word } from "./protocol.js";
import type { Watcher } from "./rolling.js";

/** ms of publishing before the first move, between two, and after the last. */
const LEAD = 1_000;
const REST = 50;
const TAIL = 500;
/** A message that was published so long before a move began, or after it ended, has nothing to do with it, ms. */
const MARGIN = 30;

/** What moves are run with. */
export interface MovesSettings extends CrewSettings {
  readonly moves: number;
}

/** One move of one connection. */
export interface Move {
  readonly member: string;
  readonly at: number;
  readonly how: "move" | "reconnect" | "never";
  /** From the call until the client said that it is done. */
  readonly ms: number;
  readonly overlap: number | undefined;
  readonly twins: number;
}

/** What a receiver missed, or got twice, of one publisher during one move. */
export interface Damage {
  readonly receiver: string;
  readonly publisher: string;
  readonly what: "lost" | "twice";
  readonly messages: number;
  /** The first and the last of them. */
  readonly ids: readonly [number, number];
  /** The move, by its index: the message was published during it, or came for a second time. Undefined when there was none. */
  readonly during: number | undefined;
  /** Of the second delivery: the most ms after the message was published. */
  readonly late: number;
}

/** All of them. */
export interface Moves extends MovesSettings {
  readonly name: "moves";
  readonly serverVersion: string;
  readonly results: readonly Move[];
  readonly standing: Standing;
  /** ms for which messages were published. */
  readonly lasted: number;
  readonly damages: readonly Damage[];
  readonly pauses: Pauses;
  readonly words: readonly Word[];
  readonly minutes: number;
}

/** Has one connection after the other call `reconnect()`, while messages are published and received on all nodes. */
export async function runMoves(
  settings: MovesSettings,
  keep: (name: string, close: () => Promise<void>) => void,
  watch: Watcher<Move>,
): Promise<Moves> {
  const began = performance.now();
  const cluster = await NatsCluster.start({ jetstream: true });
  keep("the cluster", () => cluster.close());
  const crew = await Crew.start(settings.client, cluster, true);
  keep("the crew", () => crew.stop());
  const results: Move[] = [];
  let lasted = 0;
  const play = async (): Promise<Standing> => {
    const began = now();
    crew.go(cluster.servers.map(() => settings.rate / cluster.servers.length));
    await sleep(LEAD);
    const order = inTurns(crew.plans);
    for (let number = 0; number < settings.moves; number++) {
      const result = await move(crew, order[number % order.length]);
      results.push(result);
      watch(result);
      await sleep(REST);
    }
    await sleep(TAIL);
    lasted = now() - began;
    const standing = await crew.rest();
    await crew.close();
    return standing;
  };
  const standing = await Promise.race([play(), crew.ended]);
  await crew.stop();
  await cluster.close();
  return {
    name: "moves",
    ...settings,
    serverVersion: crew.serverVersion,
    results,
    standing,
    lasted,
    damages: damagesOf(standing, results),
    pauses: pausesOf(standing),
    words: crew.words,
    minutes: (performance.now() - began) / 60_000,
  };
}

/** The names of all, so that few of them are one of each kind. */
export function inTurns(plans: readonly Pick<MemberPlan, "name" | "duty">[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const { name, duty } of plans) {
    const kind = duty.kind === "receive" && duty.queue !== undefined ? "group" : duty.kind;
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  const columns = [...kinds.values()];
  const longest = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: longest }, (_, row) => columns.flatMap((names) => names[row] ?? [])).flat();
}

async function move(crew: Crew, member: string): Promise<Move> {
  const words = crew.words.length;
  const at = now();
  const { how, ms } = await crew.move(member);
  const word = crew.words.slice(words).find((each) => each.member === member && each.word === "move");
  return { member, at, how, ms, overlap: word?.overlap, twins: word?.twins ?? 0 };
}

/** What was lost and what came twice, by receiver, publisher and move. */
export function damagesOf(
  { receipts, sendTimes }: Pick<Standing, "receipts" | "sendTimes">,
  moves: readonly Move[],
): Damage[] {
  const damages = new Map<string, Damage>();
  const add = (receiver: string, what: Damage["what"], { publisher, id }: MessageId, came?: number) => {
    const sent = timeOf(sendTimes[publisher] ?? new Float64Array(), id) ?? 0;
    const at = came ?? sent;
    const found = moves.findIndex((each) => at >= each.at - MARGIN && at <= each.at + each.ms + MARGIN);
    const during = found < 0 ? undefined : found;
    const key = `${receiver} ${what} ${publisher} ${during}`;
    const { ids: [first] = [id], messages = 0, late = 0 } = damages.get(key) ?? {};
    damages.set(key, {
      receiver,
      publisher: `publisher ${publisher + 1}`,
      what,
      messages: messages + 1,
      ids: [first, id],
      during,
      late: Math.max(late, at - sent),
    });
  };
  for (const { receiver, lostIds, twice } of receipts) {
    for (const one of lostIds) add(receiver, "lost", one);
    for (const one of twice) add(receiver, "twice", one, one.at);
  }
  return [...damages.values()];
}
