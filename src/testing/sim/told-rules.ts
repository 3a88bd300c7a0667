import type { EngineEvent, LostMessage } from "../../core/events.js";
import type { BufferLevel } from "../../core/pressure.js";
import type { Client } from "./client.js";
import { isBytes, Origin } from "./content.js";
import type { Sent } from "./sent.js";
import { demand } from "./violation.js";

/** Longest reply subject of a request, which is not known when it was rejected. */
const UNKNOWN_REPLY = 24;

/** ms for which losses may be gathered. */
const TELL_EVERY = 10;

/** Checks that what is told of messages without room agrees with what has happened: each once, and in time. */
export class ToldRules {
  private readonly client: Client;
  /** Dropped messages that were told. */
  private told = 0;
  private level: BufferLevel = "normal";
  /** Since when there has been something to tell. */
  private untoldSince: number | undefined;
  private lostSince: number | undefined;
  private differsSince: number | undefined;
  /** Payloads that were reported, with copies: they must stay as they are. */
  private readonly kept: { data: Uint8Array; copy: Buffer }[] = [];

  constructor(client: Client) {
    this.client = client;
  }

  /** The engine emits an event: it is true now. */
  emitted(event: EngineEvent): void {
    if (event.type === "overflow") this.overflow(event.policy, event.messages, event.bytes);
    if (event.type !== "buffer") return;
    const { fullness } = this;
    const { level } = event;
    const fits = level === "high" ? fullness >= 0.8 : fullness < 0.6;
    demand(fits && level !== this.level, "buffer-event", () => `${level} at ${fullness}`);
    this.level = level;
    this.differsSince = undefined;
  }

  /** The application hears of an event. */
  see(event: EngineEvent): void {
    if (event.type === "messageLost") this.lostSince = undefined;
    if (event.type === "messageLost") for (const lost of event.messages) this.lost(lost);
  }

  private overflow(policy: string, messages: number, bytes: number): void {
    const { intake, profile } = this.client;
    const atMost = intake.untoldBytes + intake.untoldReplies * UNKNOWN_REPLY + intake.maybeUntoldBytes;
    const fits =
      messages >= intake.untold &&
      messages <= intake.untold + intake.maybeUntold &&
      bytes >= intake.untoldBytes &&
      bytes <= atMost;
    demand(
      fits && policy === profile.options.overflow.name,
      "overflow-event",
      () => `${messages} messages (${bytes} bytes) instead of ${intake.untold} (${intake.untoldBytes})`,
    );
    this.untoldSince = undefined;
    intake.untold = 0;
    intake.untoldBytes = 0;
    intake.untoldReplies = 0;
    intake.maybeUntold = 0;
    intake.maybeUntoldBytes = 0;
  }

  private lost(lost: LostMessage): void {
    const sent = this.client.ledger.toTell[this.told++];
    demand(sent !== undefined, "told-twice", () => `${lost.subject}, ${lost.reason}`);
    const { subject, size, reason, maybeDelivered, age, data } = lost;
    const same =
      subject === sent.draft.subject &&
      size === sent.size &&
      reason === sent.reason &&
      maybeDelivered === sent.handed > 0 &&
      age >= 0;
    demand(same, "messageLost", () => `${subject} (${size} bytes, ${reason}), really ${sent}`);
    demand(data !== undefined && holds(sent, data), "messageLost", () => `the data of ${sent}`);
    this.kept.push({ data, copy: Buffer.from(data) });
  }

  /** How full the buffer is; NaN when there is none. */
  private get fullness(): number {
    const { engine, intake, profile } = this.client;
    const { maxPending, reconnectBufSize, maxBufferedMessages } = profile.options;
    if (engine.session.connected) return engine.outbound.window.bytes / maxPending;
    const { atMostBytes: bytes, atMostMessages: messages } = intake.outage;
    if (reconnectBufSize < 0) return 0;
    return Math.max(bytes / reconnectBufSize, messages / maxBufferedMessages);
  }

  /** The end of a step: what has happened until a moment ago is told. */
  endOfStep(): void {
    const { intake, closed, ledger, now, slack } = this.client;
    const { length } = ledger.toTell;
    const { fullness, level } = this;
    const atLevel = level === "high" ? !(fullness < 0.6) : !(fullness >= 0.8);
    const limit = TELL_EVERY + slack;
    this.untoldSince = intake.untold === 0 ? undefined : (this.untoldSince ?? now);
    this.lostSince = this.told === length ? undefined : (this.lostSince ?? now);
    this.differsSince = atLevel || closed ? undefined : (this.differsSince ?? now);
    const inTime = (since: number | undefined) => since === undefined || (now <= since + limit && !closed);
    demand(inTime(this.untoldSince), "not-told", () => `${intake.untold} without room`);
    demand(inTime(this.lostSince), "not-told", () => `${length} dropped, ${this.told} told by messageLost`);
    demand(
      inTime(this.differsSince),
      "buffer-event",
      () => `the level is ${level}, it is full to ${fullness}`,
    );
  }

  /** To be called when all is told. */
  conclude(): void {
    for (const { data, copy } of this.kept) {
      demand(copy.equals(data), "lost-data", () => "the payload in messageLost has changed since");
    }
  }
}

function holds({ draft }: Sent, data: Uint8Array): boolean {
  const payload = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (draft.text !== undefined) return payload.equals(Buffer.from(draft.text));
  return isBytes(payload, Origin.client, draft.id, draft.bytes);
}
