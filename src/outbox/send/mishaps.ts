import type { Connection, HoldfastError, LostMessage } from "../../index.js";
import type { Entry } from "../journal/entry.js";

/** Why an entry that was published has not arrived. */
export interface Mishap {
  /** `expired`: its time had passed; `refused`: by a server, or because the server would take it from nobody. */
  readonly kind: "refused" | "expired";
  readonly reason: string;
}

interface Told extends Mishap {
  /** Among all that were told. */
  readonly no: number;
}

/** Reasons why the connection drops a message for good, in words. A message that is dropped for another one has expired, or the connection has ended. */
const FOR_GOOD: Readonly<Record<string, string>> = {
  "max-payload": "it is larger than the server's max_payload",
  headers: "it has headers, and the server takes none",
  poison: "servers end the link when they get it",
};

/**
 * Listens for what a connection says of single messages, so that of a fence that was rejected it is known which messages have not arrived. A server names subjects, and the
 * connection subjects and sizes: all messages like that which were on the way then are taken for refused. So none is taken for confirmed that was not.
 */
export class Mishaps {
  private readonly nc: Connection;
  private readonly refused = new Map<string, Told>();
  private readonly dropped = new Map<string, Told>();
  private count = 0;

  constructor(nc: Connection) {
    this.nc = nc;
    nc.on("error", this.onError);
    nc.on("messageLost", this.onLost);
  }

  /** What is told from now on may be about a message that is published now. */
  get mark(): number {
    return this.count;
  }

  /** What was told since `mark` of a message like this one. */
  of(entry: Entry, mark: number): Mishap | undefined {
    const told =
      this.refused.get(subjectKey(entry.subject)) ??
      (entry.reply === "" ? undefined : this.refused.get(replyKey(entry.reply))) ??
      this.dropped.get(lossKey(entry.subject, sizeOf(entry)));
    if (told === undefined || told.no <= mark) return undefined;
    return told.kind === "expired" && entry.expiresAt === Number.POSITIVE_INFINITY ? undefined : told;
  }

  /** Nothing is on the way. */
  clear(): void {
    this.refused.clear();
    this.dropped.clear();
  }

  end(): void {
    this.nc.off("error", this.onError);
    this.nc.off("messageLost", this.onLost);
  }

  private readonly onError = (error: Error): void => {
    const { code, operation, subject, reply } = error as Partial<HoldfastError> & {
      operation?: string;
      reply?: string;
    };
    if (code !== "PERMISSIONS_VIOLATION" || operation !== "publish") return;
    const told: Told = { no: ++this.count, kind: "refused", reason: error.message };
    if (reply !== undefined) this.refused.set(replyKey(reply), told);
    else if (subject !== undefined) this.refused.set(subjectKey(subject), told);
  };

  private readonly onLost = (messages: readonly LostMessage[]): void => {
    for (const { subject, size, reason } of messages) {
      const words = FOR_GOOD[reason];
      const isExpired = reason === "ttl";
      if (words === undefined && !isExpired) continue;
      const kind = isExpired ? "expired" : "refused";
      this.dropped.set(lossKey(subject, size), { no: ++this.count, kind, reason: words ?? "ttl" });
    }
  };
}

/** Payload and headers, as `messageLost` counts them. */
function sizeOf({ payload, headers }: Entry): number {
  return payload.length + (headers?.length ?? 0);
}

const subjectKey = (subject: string): string => `s ${subject}`;
const replyKey = (reply: string): string => `r ${reply}`;
const lossKey = (subject: string, size: number): string => `${size} ${subject}`;
