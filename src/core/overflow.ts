/** A message for which the buffer has no room. */
export interface OverflowMessage {
  /** The subject that it is published to. */
  readonly subject: string;
  /** Reply subject; empty when there is none. */
  readonly reply: string;
  /** Encoded headers (`NATS/1.0` …), or undefined. Valid during the call only. */
  readonly headers: Uint8Array | undefined;
  /** The payload as it was given. Valid during the call only: copy what is to be kept. */
  readonly payload: Uint8Array | string;
  /** Encoded size of the whole frame: what counts against the limits. */
  readonly bytes: number;
  /** ms after which it is worth nothing any more (option `ttl` of the publish); undefined: none. */
  readonly ttl?: number | undefined;
  /** False when it must not be written twice: by its own option `replay`, or option `delivery`. */
  readonly replay?: boolean | undefined;
  /** It is to be sent now or not at all (option `critical` of the publish): offered only when there is no room, with a link. */
  readonly critical?: boolean | undefined;
  /** It was published with `bypassOverflow`: the overflow's own message finds no room. */
  readonly own?: boolean | undefined;
}

/**
 * What becomes of a message that has no room:
 * - `"reject"`: `publish()` throws (`BUFFER_FULL`, `MAX_PENDING_EXCEEDED`, or `DISCONNECTED`);
 * - `"drop-oldest"`: the oldest buffered messages are dropped until it fits;
 * - `"drop-newest"`: it is accepted and dropped itself;
 * - `"taken"`: the overflow keeps it, and publishes it later; the books of the connection begin then;
 * - `"pass"`: as if there were no overflow: it is accepted where there is room, and rejected where there is none.
 */
export type OverflowDecision = "reject" | "drop-oldest" | "drop-newest" | "taken" | "pass";

/**
 * Decides about messages for which the buffer has no room: the extension point behind option `overflow`.
 * It is asked in the middle of `publish()`, so it must be quick and must not publish. One that throws is
 * reported by the `error` event, and the message is rejected.
 */
export interface Overflow {
  /** Named in `overflow` events. */
  readonly name: string;
  /**
   * While true, every message is offered, also when there is room: what the overflow holds has to go out
   * before it. Messages published with `bypassOverflow` or `critical` are not. Default false.
   */
  readonly engaged?: boolean;
  /** Decides about one message. */
  offer(message: OverflowMessage): OverflowDecision;
  /** What `publish()` throws when {@link offer} has answered `"reject"`; asked right after it. Default, and for undefined: the error of the connection's own limit. */
  refusal?(): Error | undefined;
  /**
   * At the end of the connection: a message that was accepted and will not be sent any more; called in the order in which they were accepted. `maybeDelivered`:
   * a server may have it. True: it keeps the message, which is older than all it holds; the books call it dropped for reason `"kept"`, and no
   * `messageLost` tells of it. Default: it keeps none.
   */
  keep?(message: OverflowMessage, maybeDelivered: boolean): boolean;
}

/** The policies that have a name of their own. */
export const POLICIES = ["reject", "drop-oldest", "drop-newest"] as const;
/** What becomes of a message for which there is no room, by name: see option `overflow`. */
export type OverflowPolicy = (typeof POLICIES)[number];

/** The policy that needs no look at the message. */
export const REJECT: Overflow = { name: "reject", offer: () => "reject" };

const DROP_NEWEST: Overflow = { name: "drop-newest", offer: () => "drop-newest" };
const DROP_OLDEST: Overflow = { name: "drop-oldest", offer: () => "drop-oldest" };

/** A named policy as an {@link Overflow}. */
export function namedOverflow(name: OverflowPolicy): Overflow {
  return name === "reject" ? REJECT : name === "drop-newest" ? DROP_NEWEST : DROP_OLDEST;
}

/** Whether a full buffer takes nothing more with this overflow, whatever it is. */
export function makesNoRoom(overflow: Overflow): boolean {
  return overflow === REJECT || overflow === DROP_NEWEST;
}

/** What the overflow has done since it was last told: for one `overflow` event per turn. */
export class OverflowTally {
  messages = 0;
  bytes = 0;

  add(bytes: number): void {
    this.messages++;
    this.bytes += bytes;
  }

  /** What was gathered, or undefined when there is nothing. */
  take(): { messages: number; bytes: number } | undefined {
    if (this.messages === 0) return undefined;
    const { messages, bytes } = this;
    this.messages = 0;
    this.bytes = 0;
    return { messages, bytes };
  }
}
