/** Names of what the run is about. */
export const STREAM = "WORK";
export const DURABLE = "worker";
export const SUBJECT = "work.item";
export const DEAD_STREAM = "DEAD";
export const DEAD_SUBJECT = "dead.work";
/** Where the servers' own reports of acknowledgements are kept, one per acknowledgement that counted. */
export const ACKS_STREAM = "ACKS";
export const ACKS_SUBJECT = `$JS.EVENT.METRIC.CONSUMER.ACK.${STREAM}.${DURABLE}`;
/** ms that a message is out of sight when the process that has it is killed. */
export const ACK_WAIT = 3_000;

/** What the consuming process is told. */
export interface ToWorker {
  readonly type: "consume";
  readonly servers: string[];
  /** File into which it writes what it has handled, before the server hears of it. */
  readonly journal: string;
  readonly confirmAcks: boolean;
}

/** What it says. */
export type FromWorker =
  /** It is about to connect. */
  | { readonly type: "started" }
  /** The server that it is at has changed. */
  | { readonly type: "server"; readonly hostport: string }
  | { readonly type: "event"; readonly at: number; readonly text: string };

/** A line of the journal. */
export interface Entry {
  /** Number of the process that has written it. */
  readonly process: number;
  /** Wall clock, ms. */
  readonly at: number;
  readonly id: number;
  readonly sequence: number;
  readonly deliveryCount: number;
  readonly outcome: "handled" | "failed";
}

/** A line of the journal as text. */
export function entryLine({ at, id, sequence, deliveryCount, outcome }: Omit<Entry, "process">): string {
  return `${outcome} ${id} ${sequence} ${deliveryCount} ${at.toFixed(1)}\n`;
}

/** Reads a journal; its last line may have been cut off by the death of its process. */
export function readJournal(text: string, process: number): Entry[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [outcome, id, sequence, deliveryCount, at] = line.split(" ");
      return {
        process,
        outcome: outcome as Entry["outcome"],
        id: Number(id),
        sequence: Number(sequence),
        deliveryCount: Number(deliveryCount),
        at: Number(at),
      };
    });
}

/** What a message says. One of the poisoned is no JSON, the other makes its handler fail. */
export function payloadOf(id: number, poison: "unreadable" | "failing" | undefined): string {
  if (poison === "unreadable") return `{"id":${id},`;
  return JSON.stringify({ id, poison: poison !== undefined });
}

/** The id that a payload has, readable or not. */
export function idOf(payload: string): number {
  return Number(/"id":(\d+)/.exec(payload)?.[1] ?? -1);
}
