import type { Connection } from "../../index.js";
import { type Failure, overMaxMsgSize, overMaxPayload } from "./failure.js";
import type { Outgoing } from "./outgoing.js";
import { ApiCode } from "./pub-ack.js";
import type { Said, StreamInfo } from "./stream-info.js";

/** ms without a question after one that nobody has answered. */
const PAUSE = 5_000;
/** ms that an answer counts for what waited for it: it may have come while they waited for their turn behind others, for long. */
const FRESH = 1_000;
/** Bytes that a try has more when it is bound to the message before it, at most. */
const BINDING = 64;

/**
 * Knows how large a message may be, by `max_payload` of the server and `max_msg_size` of the stream, so that one that is larger need not be sent to be refused.
 *
 * The stream is first asked when it has refused a message for its size, or whoever has asked it for another reason: who may not ask it is not told so for each publisher. Nothing is
 * refused by what it has said before the message was there, or a while ago: the limit may have been raised since. So it is asked once more, all that wait share the question,
 * and what it has said is forgotten where it cannot be asked. A limit that has been lowered is learnt from its next refusal.
 */
export class SizeLimit {
  private readonly nc: Connection;
  private readonly stream: string | undefined;
  private readonly info: StreamInfo | undefined;
  private readonly newest: () => number;
  private readonly told: () => void;
  /** Bytes; Infinity: not known. */
  private maxPayload = Number.POSITIVE_INFINITY;
  /** Bytes; Infinity: none; undefined: not known. */
  private maxMsgSize: number | undefined;
  /** The newest message that was there when the stream was asked for the limit, on this link. */
  private upTo = 0;
  /** Monotonic ms of the answer to that. */
  private saidAt = 0;
  private isAsking = false;
  /** While it is asked: of this size one has been refused. */
  private suspect = Number.POSITIVE_INFINITY;
  private links = 0;
  /** Monotonic ms. */
  private quietUntil = 0;

  /**
   * @param stream and `info`: undefined when it is not known which one has the messages
   * @param newest gives the number of the newest message
   * @param told is called when what {@link refusal} was waiting for has come
   */
  constructor(
    nc: Connection,
    stream: string | undefined,
    info: StreamInfo | undefined,
    newest: () => number,
    told: () => void,
  ) {
    this.nc = nc;
    this.stream = stream;
    this.info = info;
    this.newest = newest;
    this.told = told;
    info?.hear((said) => this.hears(said));
    this.readMaxPayload();
  }

  /** There is another link. */
  linked(): void {
    this.links++;
    this.upTo = 0;
    this.quietUntil = 0;
    this.readMaxPayload();
  }

  /**
   * Why it need not be sent. `asking`: the stream is being asked. Of a message that may be stored nothing is said: as a duplicate it is not refused.
   */
  refusal(out: Outgoing): Failure | "asking" | undefined {
    if (out.maybeDelivered) return undefined;
    let large = out.over(this.maxPayload);
    if (large !== undefined) {
      // A server that has come since may take more.
      this.readMaxPayload();
      large = out.over(this.maxPayload);
      if (large !== undefined) return overMaxPayload(large, this.maxPayload);
    }
    if (out.stream !== this.stream) return undefined;
    if (out.over(this.suspect - 1) !== undefined) return "asking";
    const { maxMsgSize } = this;
    if (maxMsgSize === undefined) return undefined;
    large = out.over(maxMsgSize);
    if (large === undefined) return undefined;
    if (out.number <= this.upTo && performance.now() - this.saidAt <= FRESH)
      return overMaxMsgSize(large, maxMsgSize);
    if (!this.ask()) return undefined;
    return "asking";
  }

  /** It is there, and waits for its turn: by then the stream may have answered. */
  taken(out: Outgoing): void {
    if (this.maxMsgSize !== undefined && out.stream === this.stream && out.over(this.maxMsgSize)) this.ask();
  }

  /** A try has failed; `isBound`: it was bound to the message before it. */
  failed(out: Outgoing, { apiCode }: Failure, isBound: boolean): void {
    if (apiCode !== ApiCode.MessageTooLarge || out.stream !== this.stream) return;
    const { maxMsgSize } = this;
    // Too large by the header that has bound it: that says nothing new.
    if (isBound && maxMsgSize !== undefined && out.over(maxMsgSize - BINDING) !== undefined) return;
    if (this.ask()) this.suspect = Math.min(this.suspect, out.size);
  }

  /** False: it is no use. */
  private ask(): boolean {
    const { info } = this;
    if (info === undefined) return false;
    if (this.isAsking) return true;
    if (performance.now() < this.quietUntil) {
      this.maxMsgSize = undefined;
      return false;
    }
    this.isAsking = true;
    // For all that is published in this turn.
    queueMicrotask(() => void this.askNow(info));
    return true;
  }

  private async askNow(info: StreamInfo): Promise<void> {
    const { links } = this;
    const upTo = this.newest();
    const said = await info.look(performance.now());
    this.isAsking = false;
    this.suspect = Number.POSITIVE_INFINITY;
    if (typeof said === "string") {
      this.maxMsgSize = undefined;
      this.quietUntil = performance.now() + PAUSE;
    } else if (links === this.links) {
      this.upTo = upTo;
      this.saidAt = performance.now();
    }
    this.told();
  }

  private hears(said: Said): void {
    if (said !== "unknown") this.maxMsgSize = said === "no-stream" ? undefined : said.maxMsgSize;
  }

  private readMaxPayload(): void {
    this.maxPayload = this.nc.info?.max_payload ?? Number.POSITIVE_INFINITY;
  }
}
