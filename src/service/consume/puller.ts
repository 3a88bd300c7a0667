import { type Connection, createInbox, type HoldfastSubscription, type Msg } from "../../index.js";
import { type AckReply, readAckReply } from "./ack-reply.js";
import { Outstanding } from "./outstanding.js";
import { meaningOf, type StatusMeaning } from "./pull-status.js";

/** ms after which a pull ends by itself. */
export const EXPIRES = 5_000;
/** ms between the server's signs of life while a pull waits. */
export const HEARTBEAT = 1_000;
/** The same for the pulls that find out whether there is anybody: short, since they may be many. */
export const PROBE = { expires: 2_000, heartbeat: 500 };
/** ms without a sign, for which a pull counts as lost. */
export const SILENCE = 2 * HEARTBEAT + 200;
/** ms after which a pull that should have ended is taken for lost. */
const LATE = 1_000;
/** ms from one pull to the next, at least, when the first one brings nothing: a consumer may end pulls after 1 ms (`max_expires`). */
export const LEAST_GAP = 50;
/** A consumer that lets so few pulls wait gets one at a time: for another one it drops the last without a word. */
const FEW = 2;

/** What the server allows a pull to ask for. */
export interface PullLimits {
  /** Messages; 0: no limit. */
  readonly maxBatch: number;
  /** ms; 0: no limit. */
  readonly maxExpires: number;
  /** Pulls that may wait; 0: no limit. */
  readonly maxWaiting: number;
}

/** Who gets what pulls bring. */
export interface PullListener {
  onMessage(msg: Msg, facts: AckReply): void;
  /** The server says that a pull waits. */
  onSign(): void;
  /** A status of a pull that counts, or one that says that the consumer is gone. */
  onStatus(meaning: StatusMeaning, text: string): void;
  /** The server does not let it pull, or get what pulls bring: for lack of permission. */
  onDenied(error: Error): void;
}

/**
 * Pulls messages of one consumer into one inbox, with its own tables: which pulls are under way, and when the server was last heard of.
 * When to pull is not its business.
 */
export class Puller {
  limits: PullLimits = { maxBatch: 0, maxExpires: 0, maxWaiting: 0 };
  /** When the server last showed that it delivers, monotonic ms: a message, a heartbeat, a pull that ended as it should. */
  lastSign = 0;
  /** How often it has. */
  signs = 0;
  /** No pull before this time, monotonic ms: the last one was ended at once, and had brought nothing. */
  notBefore = 0;
  /** Subject of the pulls. */
  readonly subject: string;
  private readonly outstanding = new Outstanding();
  private readonly nc: Connection;
  private readonly listener: PullListener;
  private readonly inbox: string;
  private subscription: HoldfastSubscription | undefined;
  private nextId = 1;

  /** @param api prefix of JetStream's API, such as `$JS.API` */
  constructor(nc: Connection, api: string, stream: string, consumer: string, listener: PullListener) {
    this.nc = nc;
    this.subject = `${api}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.listener = listener;
    this.inbox = createInbox(nc.options.inboxPrefix);
  }

  /** Messages that may come. */
  get expected(): number {
    return this.outstanding.messages;
  }

  /** Whether no pull is under way. */
  get isIdle(): boolean {
    return this.outstanding.isEmpty;
  }

  /** Whether the consumer lets no more pulls wait. */
  get isFull(): boolean {
    const { maxWaiting } = this.limits;
    return maxWaiting > 0 && maxWaiting <= FEW && !this.isIdle;
  }

  /** Subscribes to the inbox, if that is not done, or the server has refused it. @throws an error with code `CONNECTION_CLOSED`, `CONNECTION_DRAINING` */
  open(): void {
    if (this.subscription !== undefined) return;
    const subscription = this.nc.subscribe(`${this.inbox}.*`, {
      callback: (error, msg) => {
        if (error === null) this.incoming(msg);
        else this.inboxDenied(subscription, error);
      },
    });
    this.subscription = subscription;
    this.nc.off("error", this.onError).on("error", this.onError);
  }

  /**
   * Asks for `batch` messages; false when it could not be sent. Only while there is a link: a pull is not kept for the next one.
   *
   * @param probe it only has to show whether there is anybody
   */
  pull(batch: number, now: number, probe = false): boolean {
    const { maxBatch, maxExpires } = this.limits;
    const most = maxBatch > 0 ? Math.min(batch, maxBatch) : batch;
    const wanted = probe ? PROBE.expires : EXPIRES;
    const expires = maxExpires > 0 ? Math.min(wanted, maxExpires) : wanted;
    // The server refuses more than half of `expires`.
    const heartbeat = Math.min(probe ? PROBE.heartbeat : HEARTBEAT, Math.floor(expires / 2));
    const id = this.nextId++;
    const request = { batch: most, expires: expires * 1_000_000, idle_heartbeat: heartbeat * 1_000_000 };
    if (this.outstanding.isEmpty) this.lastSign = now;
    try {
      this.nc.publish(this.subject, JSON.stringify(request), { reply: `${this.inbox}.${id}` });
    } catch {
      return false;
    }
    this.outstanding.sent(id, most, now + expires + LATE, now);
    return true;
  }

  /** Why the pulls under way do not count any longer; undefined when they do. */
  trouble(now: number): string | undefined {
    if (this.outstanding.isEmpty) return undefined;
    if (now - this.lastSign > SILENCE) return `nothing has come for ${Math.round(now - this.lastSign)} ms`;
    return this.outstanding.isOverdue(now) ? "a pull was not ended by the server" : undefined;
  }

  /** This process has stood still for `ms`: the server is not to blame. */
  forgive(ms: number): void {
    this.lastSign += ms;
    this.outstanding.extend(ms);
  }

  /** No pull under way is counted on any longer; what they bring after all is taken. */
  forget(): void {
    this.outstanding.forget();
  }

  /**
   * Ends the subscription; settles when all has come that the server had sent until then. It knows of no pull then: what is handed back does
   * not come to this process again.
   */
  async drain(): Promise<void> {
    this.forget();
    await this.subscription?.drain();
  }

  close(): void {
    this.forget();
    this.nc.off("error", this.onError);
    this.subscription?.unsubscribe();
    this.subscription = undefined;
  }

  private inboxDenied(subscription: HoldfastSubscription, error: Error): void {
    if (subscription !== this.subscription) return;
    this.subscription = undefined;
    // A connection may keep it for the next link; it is asked for again before that.
    subscription.unsubscribe();
    this.listener.onDenied(error);
  }

  /** Of what is published, only this event tells that it was refused. */
  private readonly onError = (error: Error): void => {
    const { code, operation, subject } = error as { code?: unknown; operation?: unknown; subject?: unknown };
    if (code === "PERMISSIONS_VIOLATION" && operation === "publish" && subject === this.subject)
      this.listener.onDenied(error);
  };

  private incoming(msg: Msg): void {
    const facts = readAckReply(msg.reply);
    if (facts !== undefined) {
      this.hasShown();
      this.outstanding.came();
      this.notBefore = 0;
      this.listener.onMessage(msg, facts);
      return;
    }
    const { headers, subject } = msg;
    if (headers === undefined || !subject.startsWith(this.inbox)) return;
    const meaning = meaningOf(headers.code, headers.description);
    if (meaning === "unknown") return;
    if (meaning === "alive" || meaning === "ended") this.hasShown();
    if (meaning === "alive") return this.listener.onSign();
    const pull = this.outstanding.ended(Number(subject.slice(this.inbox.length + 1)));
    if (pull !== undefined && pull.left === pull.batch) this.notBefore = pull.sentAt + LEAST_GAP;
    // What is said of the consumer itself counts, whichever pull it answers.
    if (pull !== undefined || meaning === "gone")
      this.listener.onStatus(meaning, headers.description || String(headers.code));
  }

  private hasShown(): void {
    this.lastSign = performance.now();
    this.signs++;
  }
}
