import type { Connection } from "../../client/connection.js";
import type { Subscription } from "../../client/subscription.js";
import type { SubscriptionOptions } from "../../client/subscription-options.js";
import type { Msg } from "../../interop/nats-core.js";
import { answeredId, isBytes, makeText, markOf, Origin } from "../sim/content.js";
import type { Listener } from "../sim/delivery-rules.js";
import type { Peer } from "../sim/peer.js";
import { demand } from "../sim/violation.js";
import type { Findings } from "./findings.js";
import type { Posts } from "./posts.js";

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
  private isLimited = false;
  /** Messages that it gets, as was said last; undefined: any number. */
  private most: number | undefined;
  /** The loop over its iterator has ended. */
  isRead = true;
  private readonly nc: Connection;
  private readonly host: ReaderHost;
  private readonly posts: Posts;
  /** Its subjects one after the other, by the number that it has had with each. */
  private readonly places = new Map<number, Place>();
  private readonly limit: number;
  /** It was told that it has ended. */
  private isOver = false;

  constructor(nc: Connection, host: ReaderHost, posts: Posts, subject: string, options: ReaderOptions) {
    const { iterates, limit, ...rest } = options;
    this.posts = posts;
    const listener = posts.delivery.listen(subject, rest.queue);
    listener.limited = rest.max !== undefined;
    this.nc = nc;
    this.host = host;
    this.limit = limit;
    this.max = rest.max;
    this.most = rest.max;
    const callback = (error: Error | null, msg: Msg) => (error === null ? this.take(msg) : undefined);
    this.subscription = nc.subscribe(subject, iterates ? rest : { ...rest, callback });
    this.settle(subject, listener);
    void this.subscription.closed.then(() => {
      this.isOver = !iterates;
      this.listener.endedAt ??= posts.clock;
    });
    if (iterates) void this.loop();
  }

  private settle(subject: string, listener: Listener): void {
    const sid = this.subscription.getID();
    this.places.set(sid, { isMatch: matcher(subject), listener });
    this.posts.listeners.set(sid, listener);
  }

  get listener(): Listener {
    return this.places.get(this.subscription.getID())!.listener;
  }

  /** Ends it after `max` messages in total. */
  end(max: number): void {
    const { subscription, most, listener } = this;
    // Its server may have ended it by the lower one already, and not have heard of this one when the next message comes.
    listener.deaf ||= most !== undefined && max > most;
    this.isLimited = true;
    this.most = max;
    subscription.unsubscribe(max);
  }

  /** Moves it to another subject, as the official packages do; `max`: messages that it gets there. */
  move(subject: string, max: number | undefined): void {
    const { subscription, posts, nc, listener } = this;
    const sid = subscription.getID();
    nc._resub(subscription, subject, max);
    if (subscription.getID() === sid) return;
    this.isLimited = true;
    this.most = max === undefined ? undefined : subscription.getReceived() + max;
    listener.endedAt ??= posts.clock;
    const next = posts.delivery.listen(subject, listener.queue);
    next.limited = max !== undefined;
    this.settle(subject, next);
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
    const place = this.places.get(msg.sid);
    demand(place !== undefined, "wrong-sid", () => `${msg.sid}`);
    demand(
      place.isMatch(msg.subject),
      "wrong-subject",
      () => `${subscription.getSubject()} got ${msg.subject}`,
    );
    demand(isIntact(msg), "wrong-content", () => `${msg.subject}, ${msg.data.length} bytes`);
    got.push(markOf(msg.subject, msg.data));
    this.posts.delivery.hear(place.listener, got[got.length - 1]);
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
   * What it got is what servers have sent to it: in their order if that was one server; of two links of a move each brings its
   * own first. And it is all that the link has sent that is in use.
   *
   * @param peers the servers' ends of all links, in order
   * @param inUse that of the link in use, when all that was on its way has arrived
   */
  conclude(peers: readonly Peer[], inUse?: Peer): void {
    const sid = this.subscription.getID();
    const { got, places } = this;
    const sentTo = (isTo: (one: number) => boolean) =>
      peers.map((peer) => peer.sent.filter((_, i) => i % 2 === 1 && isTo(peer.sent[i - 1])));
    const sent = sentTo((one) => places.has(one));
    const all = sent.flat();
    const isOne = sent.filter(({ length }) => length > 0).length <= 1;
    const found = isOne ? inOrder(got, all) : withoutOrder(got, all);
    demand(
      found === got.length,
      "receiving-order",
      () => `sid ${sid}: ${found} of ${got.length} messages came in the order in which they were sent`,
    );
    for (const { listener } of places.values()) {
      listener.deaf ||= this.subscription.getDropped() > 0;
      listener.limited ||= this.isLimited;
    }
    if (this.subscription.isClosed() || places.size > 1) this.ignore(all);
    if (inUse === undefined || this.subscription.getDropped() > 0 || this.subscription.isClosed()) return;
    const last = sentTo((one) => one === sid)[peers.indexOf(inUse)];
    const arrived = withoutOrder(last, got);
    demand(
      arrived === last.length,
      "not-received",
      () => `sid ${sid}: the last link has sent ${last.length} messages, and ${arrived} of them have arrived`,
    );
  }

  /** What was sent to it when it had ended reached nobody. */
  private ignore(sent: readonly number[]): void {
    const got = new Set(this.got);
    for (const mark of sent) if (!got.has(mark)) this.posts.delivery.tooLate(mark);
  }
}

/** How many of `some` come in `all`, in the same order. */
function inOrder(some: readonly number[], all: readonly number[]): number {
  let at = 0;
  for (const mark of all) if (mark === some[at]) at++;
  return at;
}

/** How many of `some` are among `all`. */
function withoutOrder(some: readonly number[], all: readonly number[]): number {
  const set = new Set(all);
  return some.filter((mark) => set.has(mark)).length;
}

/** What a reader is subscribed to, or was. */
interface Place {
  readonly isMatch: (subject: string) => boolean;
  readonly listener: Listener;
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
