import type { Connection } from "../../client/connection.js";
import type { Subscription } from "../../client/subscription.js";
import type { SubscriptionOptions } from "../../client/subscription-options.js";
import type { Msg } from "../../interop/nats-core.js";
import { answeredId, isBytes, makeText, markOf, Origin } from "../sim/content.js";
import type { Peer } from "../sim/peer.js";
import { demand } from "../sim/violation.js";
import type { Findings } from "./findings.js";

/** What a reader asks of the application around it. */
export interface ReaderHost {
  readonly findings: Findings;
  /** A message has come in: the application may do anything. Throws, or returns a promise, as callbacks do. */
  react(reader: Reader, msg: Msg): unknown;
  /** ms for which the loop over an iterator is at work on a message; 0: it goes on at once. */
  work(): Promise<void> | undefined;
  /** Whether the loop is left behind a message. */
  leaves(): boolean;
}

/** A subscription of the application, and what it has got. */
export class Reader {
  readonly subscription: Subscription;
  readonly max: number | undefined;
  /** Messages that it got, by their marks. */
  readonly got: number[] = [];
  /** Its `max` was changed later. */
  isLimited = false;
  /** The loop over its iterator has ended. */
  isRead = true;
  private readonly nc: Connection;
  private readonly host: ReaderHost;
  private readonly isMatch: (subject: string) => boolean;
  private readonly limit: number;
  /** It was told that it has ended. */
  private isOver = false;

  constructor(nc: Connection, host: ReaderHost, subject: string, options: ReaderOptions) {
    const { iterates, limit, ...rest } = options;
    this.nc = nc;
    this.host = host;
    this.limit = limit;
    this.max = rest.max;
    this.isMatch = matcher(subject);
    const callback = (error: Error | null, msg: Msg) => (error === null ? this.take(msg) : undefined);
    this.subscription = nc.subscribe(subject, iterates ? rest : { ...rest, callback });
    void this.subscription.closed.then(() => {
      this.isOver = !iterates;
    });
    if (iterates) void this.loop();
  }

  private take(msg: Msg): unknown {
    this.host.findings.guard(() => this.note(msg));
    return this.host.react(this, msg);
  }

  private note(msg: Msg): void {
    const { subscription, got, max } = this;
    demand(!this.isOver, "after-end", () => `${subscription.getSubject()} got a message after its end`);
    demand(
      !this.nc.isClosed() || !this.isRead,
      "after-end",
      () => "a callback is called by a closed connection",
    );
    demand(
      this.isMatch(msg.subject),
      "wrong-subject",
      () => `${subscription.getSubject()} got ${msg.subject}`,
    );
    demand(isIntact(msg), "wrong-content", () => `${msg.subject}, ${msg.data.length} bytes`);
    demand(msg.sid === subscription.getID(), "wrong-sid", () => `${msg.sid}`);
    got.push(markOf(msg.subject, msg.data));
    const within = max === undefined || this.isLimited || got.length <= max;
    demand(within, "over-max", () => `${got.length} messages instead of ${max}`);
  }

  private async loop(): Promise<void> {
    const { host, subscription } = this;
    this.isRead = false;
    try {
      for await (const msg of subscription) {
        host.findings.guard(() => this.note(msg));
        await host.work();
        if (host.leaves()) break;
      }
    } catch (error) {
      const { code } = error as { code?: string };
      // A subscription that is not permitted ends with its error; anything else is none of a reader's.
      if (code !== "PERMISSIONS_VIOLATION") host.findings.note(error);
    }
    this.isRead = true;
  }

  /** What holds at every instant. */
  check(): void {
    const { subscription, limit } = this;
    const [received, processed] = [subscription.getReceived(), subscription.getProcessed()];
    const [pending, dropped] = [subscription.getPending(), subscription.getDropped()];
    demand(
      received === processed + pending + dropped,
      "received-sum",
      () => `${received} ≠ ${processed} + ${pending} + ${dropped}`,
    );
    demand(pending <= limit, "pending-limit", () => `${pending} messages wait, ${limit} may`);
  }

  /**
   * What it got is what servers have sent to it, in their order; and when `whole`, all that the last link has sent.
   *
   * @param peers the servers' ends of all links, in order
   */
  conclude(peers: readonly Peer[], whole: boolean): void {
    const sid = this.subscription.getID();
    const { got } = this;
    let at = 0;
    let last: number[] = [];
    for (const peer of peers) {
      last = peer.sent.filter((_, i) => i % 2 === 1 && peer.sent[i - 1] === sid);
      for (const mark of last) if (mark === got[at]) at++;
    }
    demand(
      at === got.length,
      "receiving-order",
      () => `sid ${sid}: ${at} of ${got.length} messages came in the order in which they were sent`,
    );
    if (!whole || this.subscription.getDropped() > 0 || this.subscription.isClosed()) return;
    const tail = got.slice(got.length - last.length);
    demand(
      tail.length === last.length && tail.every((mark, i) => mark === last[i]),
      "not-received",
      () => `sid ${sid}: the last link has sent ${last.length} messages, the last ${tail.length} are others`,
    );
  }
}

/** Options of a reader's subscription. */
export interface ReaderOptions extends Pick<SubscriptionOptions, "queue" | "max"> {
  /** It is read with `for await`. */
  readonly iterates: boolean;
  /** Messages that may wait. */
  readonly limit: number;
}

function matcher(pattern: string): (subject: string) => boolean {
  const escaped = pattern.replace(/[.$]/g, "\\$&").replace(/\*/g, "[^.]+").replace(/>$/, ".+");
  const regex = new RegExp(`^${escaped}$`);
  return (subject) => regex.test(subject);
}

/** Whether a message is what its publisher has made, whoever that was. */
function isIntact(msg: Msg): boolean {
  const data = Buffer.from(msg.data.buffer, msg.data.byteOffset, msg.data.length);
  const mark = markOf(msg.subject, data);
  const id = mark >> 2;
  const origin = [undefined, Origin.client, Origin.outside, Origin.service][mark & 3];
  if (origin === undefined || data.length === 0) return true;
  if (isBytes(data, origin, id, data.length)) return true;
  return origin === Origin.client && data.toString().startsWith(makeText(origin, id, 0));
}

/** Whether an answer is the one to request `id`. */
export function answers(msg: Msg, id: number): boolean {
  return answeredId(markOf(msg.subject, msg.data)) === id;
}
