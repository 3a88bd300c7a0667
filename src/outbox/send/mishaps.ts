import { createHash } from "node:crypto";
import type { Connection, HoldfastError, LostMessage } from "../../index.js";
import type { Entry } from "../journal/entry.js";

/** Why an entry that was published has not arrived. */
export type Mishap =
  /** By a server (`PERMISSIONS_VIOLATION`), or because the server would take it from nobody. */
  | { readonly kind: "refused"; readonly reason: string; readonly code: RefusalCode }
  /** Its time had passed. */
  | { readonly kind: "expired"; readonly reason: string };

type RefusalCode = "PERMISSIONS_VIOLATION" | "MESSAGE_DROPPED";

/** What was told of messages that look alike. */
interface Told {
  /** Of the last one that was refused: its number among all that were told. */
  refused: number;
  reason: string;
  code: RefusalCode;
  /** Of each that has expired. */
  expired: number[];
}

/** What is on the way. */
export interface Traffic {
  readonly busy: boolean;
  readonly entries: readonly Entry[];
}

/** Reasons why the connection drops a message for good, in words. A message that is dropped for another one has expired, or the connection has ended. */
const FOR_GOOD: Readonly<Record<string, string>> = {
  "max-payload": "it is larger than the server's max_payload",
  headers: "it has headers, and the server takes none",
  poison: "servers end the link when they get it",
};
/** Things told that are remembered without a look at whether they can be about something that is on the way. */
export const MOST_TOLD = 8192;

/**
 * Listens for what a connection says of single messages, so that of a fence that was rejected it is known which messages have not arrived. A server names subjects, and the
 * connection subjects, sizes and payloads. Of messages that were refused all alike which were on the way then are taken for refused, since it is not known which: none is taken for
 * confirmed that was not. Of those that have expired, and have the same payload, as many as were told, the oldest first: of one that has arrived
 * nobody is to say that it has expired, and of the other that it has arrived.
 */
export class Mishaps {
  private readonly nc: Connection;
  private readonly traffic: Traffic;
  private readonly told = new Map<string, Told>();
  private count = 0;
  /** Things that are remembered, about. */
  private size = 0;
  private most = MOST_TOLD;

  constructor(nc: Connection, traffic: Traffic) {
    this.nc = nc;
    this.traffic = traffic;
    nc.on("error", this.onError);
    nc.on("messageLost", this.onLost);
  }

  /** What is told from now on may be about a message that is published now. */
  get mark(): number {
    return this.count;
  }

  /** Things that are remembered, about; for tests. */
  get remembered(): number {
    return this.size;
  }

  /** What was told since `mark` of a message like this one. Each expiry is the end of one message: it is given once. */
  of(entry: Entry, mark: number): Mishap | undefined {
    for (const key of keysOf(entry)) {
      const told = this.told.get(key);
      if (told === undefined) continue;
      if (told.refused > mark) return { kind: "refused", reason: told.reason, code: told.code };
      if (entry.expiresAt === Number.POSITIVE_INFINITY) continue;
      // Portions are looked at in their order: what was told before this one is about nothing that comes.
      while (told.expired.length > 0 && told.expired[0] <= mark) told.expired.shift();
      if (told.expired.shift() !== undefined) return { kind: "expired", reason: "ttl" };
    }
    return undefined;
  }

  /** Nothing is on the way. */
  clear(): void {
    this.told.clear();
    this.size = 0;
    this.most = MOST_TOLD;
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
    if (reply !== undefined) this.refused(replyKey(reply), error.message, code);
    else if (subject !== undefined) this.refused(subjectKey(subject), error.message, code);
  };

  private readonly onLost = (messages: readonly LostMessage[]): void => {
    for (const { subject, size, reason, data } of messages) {
      if (reason === "ttl")
        this.expired(data === undefined ? lossKey(subject, size) : dataKey(subject, size, data));
      else if (FOR_GOOD[reason] !== undefined)
        this.refused(lossKey(subject, size), FOR_GOOD[reason], "MESSAGE_DROPPED");
    }
  };

  private refused(key: string, reason: string, code: RefusalCode): void {
    const told = this.toldOf(key);
    if (told === undefined) return;
    if (told.refused === 0) this.size++;
    told.refused = ++this.count;
    told.reason = reason;
    told.code = code;
  }

  private expired(key: string): void {
    const told = this.toldOf(key);
    if (told === undefined) return;
    told.expired.push(++this.count);
    this.size++;
  }

  /** Undefined: it is about a message that somebody else has published. */
  private toldOf(key: string): Told | undefined {
    if (!this.traffic.busy) return undefined;
    if (this.size >= this.most) this.forget();
    let told = this.told.get(key);
    if (told === undefined) {
      told = { refused: 0, reason: "", code: "MESSAGE_DROPPED", expired: [] };
      this.told.set(key, told);
    }
    return told;
  }

  /** What cannot be about anything that is on the way: other publishers of the program may fail at any rate. */
  private forget(): void {
    const alike = new Map<string, number>();
    for (const entry of this.traffic.entries) {
      for (const key of keysOf(entry)) alike.set(key, (alike.get(key) ?? 0) + 1);
    }
    this.size = 0;
    for (const [key, told] of this.told) {
      const count = alike.get(key);
      if (count === undefined) {
        this.told.delete(key);
        continue;
      }
      if (told.expired.length > count) told.expired = told.expired.slice(-count);
      this.size += told.expired.length + (told.refused > 0 ? 1 : 0);
    }
    // Not with everything that is told from here on.
    this.most = Math.max(MOST_TOLD, 2 * this.size);
  }
}

function keysOf(entry: Entry): string[] {
  const keys = [subjectKey(entry.subject), lossKey(entry.subject, sizeOf(entry))];
  if (entry.reply !== "") keys.push(replyKey(entry.reply));
  if (entry.expiresAt !== Number.POSITIVE_INFINITY)
    keys.push(dataKey(entry.subject, sizeOf(entry), entry.payload));
  return keys;
}

/** Payload and headers, as `messageLost` counts them. */
function sizeOf({ payload, headers }: Entry): number {
  return payload.length + (headers?.length ?? 0);
}

const subjectKey = (subject: string): string => `s ${subject}`;
const replyKey = (reply: string): string => `r ${reply}`;
/** The payload itself may be large, and there may be many. */
const dataKey = (subject: string, size: number, data: Uint8Array): string =>
  `${size} ${subject} ${createHash("sha256").update(data).digest("base64")}`;
const lossKey = (subject: string, size: number): string => `${size} ${subject}`;
