import type { Window } from "../../core/window.js";
import { Kind } from "../../wire/frame.js";
import { isBytes, Origin } from "./content.js";

/** How a message ended (promises.md §1). */
export type Outcome = "confirmed" | "refused" | "dropped" | "unconfirmed";

/** What the application hands to the engine. */
export interface Draft {
  readonly id: number;
  /** What the engine must take it for. */
  readonly kind: Kind;
  readonly subject: string;
  reply: string;
  readonly headers: Buffer | undefined;
  /** The payload, when it is text. */
  readonly text: string | undefined;
  /** Bytes of the payload. */
  readonly bytes: number;
  /** The request that it is. */
  readonly asked: Asked | undefined;
  /** Virtual ms at which it is worth nothing any more; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** A request of the application. */
export interface Asked {
  readonly id: number;
  readonly subject: string;
  readonly safe: boolean;
  /** Its answers go to a subscription of its own, and the engine watches only its frame. */
  readonly watched: boolean;
  readonly deadline: number;
  /** How it ended: `reply`, `stopped`, or the code of an error. */
  settled: string | undefined;
  maybeDelivered: boolean | undefined;
  /** Its frame; a safe one that was sent again has a new one. */
  sent: Sent | undefined;
}

/** A message that was accepted, and all that is known of it from outside. */
export class Sent {
  readonly draft: Draft;
  readonly window: Window;
  readonly seq: number;
  readonly at: number;
  /** Its number in the run's history. */
  entry = -1;
  outcome: Outcome | undefined;
  reason: string | undefined;
  confirmedAt = 0;
  /** Whether the overflow keeps it; undefined: it was not asked. */
  kept: boolean | undefined;
  /** The links that it was handed to, oldest first. */
  readonly links: number[] = [];
  /** When it was handed to the last of them. */
  handedAt = 0;
  /** The links by which servers took it, or refused it. */
  readonly takenOn: number[] = [];
  readonly deniedOn: number[] = [];
  /** The links that servers ended because of it. */
  readonly expelledOn: number[] = [];

  /** The frame that this one stands for, when a safe request was sent again. */
  readonly earlier: Sent | undefined;

  constructor(draft: Draft, window: Window, seq: number, at: number, earlier: Sent | undefined) {
    this.draft = draft;
    this.window = window;
    this.seq = seq;
    this.at = at;
    this.earlier = earlier;
  }

  /** Times that it was handed to a link. */
  get handed(): number {
    return this.links.length;
  }

  /** Times that servers took it, and refused it. */
  get taken(): number {
    return this.takenOn.length;
  }

  get denied(): number {
    return this.deniedOn.length;
  }

  /** The last link that it was handed to. */
  get link(): number {
    return this.links[this.links.length - 1] ?? 0;
  }

  get size(): number {
    return this.draft.bytes + (this.draft.headers?.length ?? 0);
  }

  /** It may be written to more than one link. */
  get repeatable(): boolean {
    return this.draft.kind === Kind.Data || this.draft.kind === Kind.SafeRequest;
  }

  /** Whether a server has received exactly what was accepted. */
  isSame(subject: string, reply: string, headers: Buffer | undefined, payload: Buffer): boolean {
    const { draft } = this;
    if (subject !== draft.subject || reply !== draft.reply) return false;
    if (headers === undefined ? draft.headers !== undefined : draft.headers?.equals(headers) !== true)
      return false;
    if (draft.text !== undefined) return payload.equals(Buffer.from(draft.text));
    return isBytes(payload, Origin.client, draft.id, draft.bytes);
  }

  toString(): string {
    const { id, kind, subject } = this.draft;
    const ended =
      this.outcome === undefined
        ? ""
        : `, ${this.outcome}${this.reason === undefined ? "" : ` (${this.reason})`}`;
    return `message ${id} to ${subject} (kind ${kind}, seq ${this.seq}, handed ${this.handed}×, to links ${this.links}, taken on ${this.takenOn}, denied on ${this.deniedOn}${ended})`;
  }
}
